"""results.json as tables in Markdown: tables.py results.json"""

import json
import sys


def cell(of, decimals):
    return f"{of['median']:.{decimals}f} ({of['min']:.{decimals}f}–{of['max']:.{decimals}f})"


def table(title, head, lines):
    rows = [f"**{title}**", "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*rows, *("| " + " | ".join(line) + " |" for line in lines)]) + "\n"


def ratio(of):
    return cell(of["ratio_to_raw"], 3) if "ratio_to_raw" in of else ""


def throughput(measured):
    for pinned in sorted({each["pinned"] for each in measured}, reverse=True):
        lines = []
        for topic in dict.fromkeys(each["topic"] for each in measured):
            rows = [each for each in measured if each["topic"] == topic and each["pinned"] == pinned]
            lines += [(topic if each is rows[0] else "", each["label"], cell(each["cpu_us_per_record"], 3),
                       cell(each["million_records_per_second"], 2), f"{each['rss_mb']['median']:.0f}", ratio(each))
                      for each in rows]
        yield table("Pinned to one core" if pinned else "On all cores",
                    ("topic", "", "CPU µs/record", "M records/s", "RSS MB", "CPU by librdkafka's"), lines)


def latency(measured):
    for rate in sorted({each["rate"] for each in measured}):
        yield table(f"{rate} records a second, µs", ("", "p50", "p99", "p99.9", "p50 by librdkafka's"),
                    [(each["label"], cell(each["p50"], 0), cell(each["p99"], 0), cell(each["p999"], 0), ratio(each))
                     for each in measured if each["rate"] == rate])


def scale(measured):
    yield table("Partitions and sizes, pinned",
                ("topic", "partitions", "with records", "", "CPU µs/record", "M records/s", "RSS MB", "CPU by librdkafka's"),
                [(each["topic"], str(each["partitions"]), str(each["active"]), each["label"],
                  cell(each["cpu_us_per_record"], 3), cell(each["million_records_per_second"], 2),
                  f"{each['rss_mb']['median']:.0f}", ratio(each)) for each in measured])


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


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        print("\n".join(all_tables(json.load(file))), end="")
