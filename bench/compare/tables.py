"""results.json as tables in Markdown.

    tables.py results.json       all of it, to the standard output
    tables.py bench/README.md    what is between comments there anew: of each results*.json beside it, and of
                                 instructions/recorded.json
"""

import json
import pathlib
import re
import sys

import standing
from results import MANY_PARTITIONS, completed

GOAL_OF_MANY_PARTITIONS = 1.1
PARTS_OF_README = re.compile(r"(<!-- tables.py: (\w+) -->\n).*?(<!-- end of tables.py -->\n)", re.DOTALL)


def cell(of, decimals):
    median, least, most = (f"{of[name]:.{decimals}f}".replace("-", "−") for name in ("median", "min", "max"))
    return f"{median} ({least}–{most})"


def markdown(head, lines):
    rows = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*rows, *("| " + " | ".join(line) + " |" for line in lines)]) + "\n"


def table(title, head, lines):
    return f"**{title}**\n\n" + markdown(head, lines)


def ratio(of):
    return cell(of["ratio_to_raw"], 3) if "ratio_to_raw" in of else ""


def memory(of):
    return f"{of['rss_mb']['median']:.0f}" if "rss_mb" in of else ""


def counts(of):
    """Whether it is compared with the same by hand, not with librdkafka's loop."""
    return of.get("against", "raw") != "raw"


def pins(measured):
    """Results of earlier versions have layouts pinned only, and do not say so."""
    for pinned in sorted({each.get("pinned", True) for each in measured}, reverse=True):
        title = "Pinned to one core" if pinned else "On all cores"
        yield title, [each for each in measured if each.get("pinned", True) == pinned]


def optional(of, name, decimals):
    """What results of earlier versions lack, and rows with nothing to be compared with."""
    return cell(of[name], decimals) if name in of else ""


def table_without_empty(title, head, lines):
    """Leaves out the columns in which no line has anything."""
    used = [column for column in range(len(head)) if any(line[column] for line in lines)]
    return table(title, [head[each] for each in used], [[line[each] for each in used] for line in lines])


def throughput_line(each, first):
    return (each["topic"] if first else "", each["label"], cell(each["cpu_us_per_record"], 3),
            cell(each["million_records_per_second"], 2), memory(each),
            ratio(each) + (" of by hand" if counts(each) else ""), optional(each, "ns_over_raw", 0))


def throughput(measured):
    head = ("topic", "", "CPU µs/record", "M records/s", "RSS MB", "CPU by librdkafka's", "ns more than librdkafka's")
    for title, shown in pins(measured):
        lines = []
        for topic in dict.fromkeys(each["topic"] for each in shown):
            rows = [each for each in shown if each["topic"] == topic]
            lines += [throughput_line(each, each is rows[0]) for each in rows]
        yield table_without_empty(title, head, lines)


def latency_line(each):
    return (each["label"], cell(each["p50"], 0), cell(each["p99"], 0), cell(each["p999"], 0), ratio(each),
            optional(each, "p50_us_over_raw", 0), optional(each, "p99_ratio_to_raw", 3))


def latency(measured):
    head = ("", "p50", "p99", "p99.9", "p50 by librdkafka's", "p50 more than librdkafka's", "p99 by librdkafka's")
    for rate in sorted({each["rate"] for each in measured}):
        yield table_without_empty(f"{rate} records a second, µs", head,
                                  [latency_line(each) for each in measured if each["rate"] == rate])


def layout_line(each):
    topics = f"{each['topics']} × " if each.get("topics", 1) > 1 else ""
    return (topics + each["topic"], str(each["partitions"]), str(each["active"]), each["label"],
            cell(each["cpu_us_per_record"], 3), cell(each["million_records_per_second"], 2), memory(each), ratio(each),
            optional(each, "ratio_to_8_partitions", 3))


def many_partitions(measured):
    for each in measured:
        if each["partitions"] == MANY_PARTITIONS and "ratio_to_8_partitions" in each:
            where = "pinned" if each["pinned"] else "on all cores"
            times = cell(each["ratio_to_8_partitions"], 2)
            yield (f"{each['label']}, {MANY_PARTITIONS} partitions, {where}: {times} times the CPU of 8 "
                   f"(goal {GOAL_OF_MANY_PARTITIONS}), {memory(each)} MB\n")


def scale(measured):
    head = ("topic", "partitions", "with records", "", "CPU µs/record", "M records/s", "RSS MB", "CPU by librdkafka's",
            "CPU by 8 partitions'")
    for title, shown in pins(measured):
        title = "Partitions and sizes, " + ("pinned" if title.startswith("Pinned") else "on all cores")
        yield table_without_empty(title, head, [layout_line(each) for each in shown])
    yield from many_partitions(measured)


def of_machine(machine):
    return f"{machine['cores']} cores, {machine['processor']}, {machine['system']}"


def of_load(load):
    return f"load {cell(load, 1)}"


def how_measured(origin):
    allocators = ", ".join(f"{row} {allocator}" for row, allocator in origin["allocators"].items())
    return [origin["date"], f"records {origin['options']['records']}", f"librdkafka {origin['librdkafka']}",
            f"commit {origin['commit']}", of_load(origin["load"]), f"allocators: {allocators}"]


def how_made(results, name):
    """Of one part: by what, and where, when that is not what the head says. Results of earlier versions do not tell."""
    origin = results.get("origins", {}).get(name)
    if origin is None:
        return ""
    words = how_measured(origin) if "date" in origin else []
    if origin["machine"] != results["machine"]:
        words.append("on another machine, " + of_machine(origin["machine"]))
    return "".join("; " + each for each in words)


def rounds_of(measured):
    rounds = max(len(each["runs"]) for each in measured)
    return f"{rounds} round{'s' if rounds > 1 else ''}"


def all_tables(results):
    yield f"{of_machine(results['machine'])}; {of_load(results['load'])}; median (range)\n"
    for note in results["notes"]:
        yield note + "\n"
    for name, of in (("throughput", throughput), ("latency", latency), ("scale", scale)):
        if results.get(name):
            yield f"{name}, {rounds_of(results[name])}{how_made(results, name)}\n"
            yield from of(results[name])


# ---- those of bench/README.md: a line for each row, beside each other its figures on each topic

def short(of, large, decimals):
    """With fewer decimals where the number is large."""
    wanted = decimals if of["median"] < large else 1
    return f"{of['median']:.{wanted}f}"


def short_ratio(of):
    found = of.get("ratio_to_raw")
    if found is None:
        return ""
    return "1" if found["min"] == found["max"] == 1 else cell(found, 2 if found["median"] < 10 else 1)


def figures(of):
    return (short(of["cpu_us_per_record"], 1, 3), short_ratio(of), f"{of['million_records_per_second']['median']:.2f}",
            memory(of))


def readme_line(label, by_topic, topics):
    shown = [figures(by_topic[topic]) if topic in by_topic else [""] * 4 for topic in topics]
    return (label, *(figure for each in shown for figure in each))


def readme_peers(measured):
    for title, shown in pins([each for each in measured if not counts(each)]):
        topics = list(dict.fromkeys(each["topic"] for each in shown))
        head = ["", *(name for topic in topics for name in (f"{topic}: CPU", "ratio", "M/s", "RSS"))]
        by_row = {each["label"]: {} for each in shown}
        for each in shown:
            by_row[each["label"]][each["topic"]] = each
        yield table(title, head, [readme_line(label, by_topic, topics) for label, by_topic in by_row.items()])


def readme_counting(measured):
    lines = [(title if each is shown[0] else "", each["label"], *figures(each))
             for title, shown in pins([each for each in measured if counts(each)]) for each in shown]
    if lines:
        yield table("Counting json400 per key, with a changelog", ("", "", "CPU", "ratio", "M/s", "RSS"), lines)


def readme_latency_line(each, first):
    rate = f"{each['rate']:,}/s" if first else ""
    is_baseline = each["row"] == each.get("against", "raw")
    more, times = ("0", "1") if is_baseline else (optional(each, "p50_us_over_raw", 0),
                                                  optional(each, "p99_ratio_to_raw", 2))
    return rate, each["label"], cell(each["p50"], 0), more, cell(each["p99"], 0), times, cell(each["p999"], 0)


def readme_latency(measured):
    lines = []
    for rate in sorted({each["rate"] for each in measured}):
        rows = [each for each in measured if each["rate"] == rate]
        lines += [readme_latency_line(each, each is rows[0]) for each in rows]
    if lines:
        yield table("Latency, µs", ("", "", "p50", "more than the poll's", "p99", "by the poll's", "p99.9"), lines)


def readme_json(measured):
    found = [f"{title.lower()} {cell(each['ns_over_raw'], 0)}" for title, shown in pins(measured)
             for each in shown if each["row"] == "json" and "ns_over_raw" in each]
    if found:
        yield f"JSON decoded took more than librdkafka's loop in the same round, ns: {', '.join(found)}.\n"


def readme_memory(measured):
    """The highest median of each row over all topics."""
    most = {}
    for each in measured:
        most[each["label"]] = max(most.get(each["label"], 0), each["rss_mb"]["median"])
    if most:
        yield "Highest median of RSS, MB: " + "; ".join(f"{label} {mb:.0f}" for label, mb in most.items()) + ".\n"


def with_figure(each, of):
    return f"{each['label']} {each[of.figure]['median']:.{of.decimals}f}"


def readme_ahead(results):
    lines = [(standing.where(peer), measure.label, with_figure(peer, measure),
              "; ".join(with_figure(each, measure) for each in ours))
             for measure, peer, ours in standing.ahead(results)]
    if lines:
        yield table("Where the median of a peer is ahead of one of ours", ("", "", "peer", "behind it"), lines)
    else:
        yield "By the medians no peer is ahead of plain hooks, coroutines or bulks.\n"


def readme_goals(results):
    lines = [(f"{found[0]['label']}: {goal.label}", str(goal.most),
              "; ".join(f"{standing.where(each)}: {cell(each[goal.figure], goal.decimals)}" for each in found))
             for goal, found in standing.missed(results)]
    if lines:
        yield table("Goals missed by the median", ("", "goal", "measured"), lines)
    else:
        yield "By the medians all goals are met.\n"


def asked_for(origin, name):
    """What a part's options say of its length."""
    option = "seconds" if name == "latency" else "records"
    return f"`--{option} {origin['options'][option]}`"


def caption_of(origin, name):
    if "date" not in origin:
        return [of_load(origin["load"]), "of a version of the scripts that told neither commit nor options"]
    versions = ", ".join(f"{peer} {version.replace(', ', ' with ')}" for peer, version in origin["versions"].items())
    return [asked_for(origin, name), of_load(origin["load"]), f"commit {origin['commit']}", origin["date"][:10],
            f"librdkafka {origin['librdkafka']}", *([versions] if versions else [])]


def caption(results, name):
    origin = results.get("origins", {}).get(name) or results
    words = [rounds_of(results[name]), *caption_of(origin, name)]
    if origin["machine"] != results["machine"]:
        words.append("on another machine, " + of_machine(origin["machine"]))
    return f"{name.capitalize()}: {'; '.join(words)}.\n"


def readme_file(file):
    results = completed(json.loads(file.read_text()))
    yield f"### `{file.name}`\n"
    yield of_machine(results["machine"]) + ".\n"
    yield from (caption(results, name) for name in ("throughput", "latency") if results.get(name))
    yield from (note + ".\n" for note in results["notes"])
    throughput_rows = results.get("throughput", [])
    for of in (readme_peers, readme_counting, readme_json, readme_memory):
        yield from of(throughput_rows)
    yield from readme_latency(results.get("latency", []))
    yield from readme_ahead(results)
    yield from readme_goals(results)


def recorded_files(folder):
    """The one without a machine in its name first."""
    return sorted(folder.glob("results*.json"), key=lambda file: (file.name != "results.json", file.name))


def readme_recorded(folder):
    for file in recorded_files(folder):
        yield from readme_file(file)


def readme_instructions(folder):
    recorded = json.loads((folder / "instructions/recorded.json").read_text())
    paths = sorted(recorded["own"], key=lambda path: (path != "raw", path))
    lines = [(f"{what} ({recorded[with_what]})", *(f"{recorded[part][path]:.0f}" for path in paths))
             for what, part, with_what in (("our code, the handler's included", "own", "compiler"),
                                           ("other libraries", "system", "libc"))]
    yield markdown(("per record, on the handling thread", *paths), lines)


README = {"recorded": readme_recorded, "instructions": readme_instructions}


def into_readme(text, folder):
    """With what the files in the folder say."""
    def replaced(found):
        return found[1] + "".join("\n" + each for each in README[found[2]](folder)) + "\n" + found[3]

    return PARTS_OF_README.sub(replaced, text)


def main():
    file = pathlib.Path(sys.argv[1])
    if file.suffix == ".md":
        file.write_text(into_readme(file.read_text(), file.parent))
    else:
        print("\n".join(all_tables(json.loads(file.read_text()))), end="")


if __name__ == "__main__":
    main()
