"""results.json as tables in Markdown.

    tables.py results.json                    all of it, to the standard output
    tables.py results.json bench/README.md    the tables of throughput there, each between its two comments
"""

import json
import pathlib
import re
import sys

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
    for pinned in sorted({each["pinned"] for each in measured}, reverse=True):
        title = "Pinned to one core" if pinned else "On all cores"
        yield title, [each for each in measured if each["pinned"] == pinned]


def throughput(measured):
    for title, shown in pins(measured):
        lines = []
        for topic in dict.fromkeys(each["topic"] for each in shown):
            rows = [each for each in shown if each["topic"] == topic]
            lines += [(topic if each is rows[0] else "", each["label"], cell(each["cpu_us_per_record"], 3),
                       cell(each["million_records_per_second"], 2), memory(each),
                       ratio(each) + (" of by hand" if counts(each) else ""))
                      for each in rows]
        yield table(title, ("topic", "", "CPU µs/record", "M records/s", "RSS MB", "CPU by librdkafka's"), lines)


def latency(measured):
    for rate in sorted({each["rate"] for each in measured}):
        yield table(f"{rate} records a second, µs", ("", "p50", "p99", "p99.9", "p50 by librdkafka's"),
                    [(each["label"], cell(each["p50"], 0), cell(each["p99"], 0), cell(each["p999"], 0), ratio(each))
                     for each in measured if each["rate"] == rate])


def scale(measured):
    yield table("Partitions and sizes, pinned",
                ("topic", "partitions", "with records", "", "CPU µs/record", "M records/s", "RSS MB", "CPU by librdkafka's"),
                [(each["topic"], str(each["partitions"]), str(each["active"]), each["label"],
                  cell(each["cpu_us_per_record"], 3), cell(each["million_records_per_second"], 2), memory(each),
                  ratio(each)) for each in measured])


def all_tables(results):
    load = results["load"]
    machine = results["machine"]
    yield (f"{machine['cores']} cores, {machine['processor']}, {machine['system']}; load {load['min']:.1f} to "
           f"{load['max']:.1f}; median (range)\n")
    for note in results["notes"]:
        yield note + "\n"
    for name, of in (("throughput", throughput), ("latency", latency), ("scale", scale)):
        if name in results:
            rounds = max(len(each["runs"]) for each in results[name])
            yield f"{name}, {rounds} round{'s' if rounds > 1 else ''}\n"
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
