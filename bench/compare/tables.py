"""results.json as tables in Markdown.

    tables.py results.json                    all of it, to the standard output
    tables.py results.json bench/README.md    the tables of throughput there, each between its two comments
"""

import json
import pathlib
import re
import sys

from results import MANY_PARTITIONS

GOAL_OF_MANY_PARTITIONS = 1.1
PARTS_OF_README = re.compile(r"(<!-- tables.py: (\w+) -->\n).*?(<!-- end of tables.py -->\n)", re.DOTALL)


def cell(of, decimals):
    return f"{of['median']:.{decimals}f} ({of['min']:.{decimals}f}–{of['max']:.{decimals}f})"


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
    return f"load {load['min']:.1f} to {load['max']:.1f}"


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


def all_tables(results):
    yield f"{of_machine(results['machine'])}; {of_load(results['load'])}; median (range)\n"
    for note in results["notes"]:
        yield note + "\n"
    for name, of in (("throughput", throughput), ("latency", latency), ("scale", scale)):
        if results.get(name):
            rounds = max(len(each["runs"]) for each in results[name])
            yield f"{name}, {rounds} round{'s' if rounds > 1 else ''}{how_made(results, name)}\n"
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


README = {"peers": readme_peers, "counting": readme_counting}


def into_readme(results, text):
    def replaced(found):
        return found[1] + "".join("\n" + each for each in README[found[2]](results["throughput"])) + "\n" + found[3]

    return PARTS_OF_README.sub(replaced, text)


def main():
    with open(sys.argv[1]) as file:
        results = json.load(file)
    if len(sys.argv) < 3:
        print("\n".join(all_tables(results)), end="")
        return
    readme = pathlib.Path(sys.argv[2])
    readme.write_text(into_readme(results, readme.read_text()))


if __name__ == "__main__":
    main()
