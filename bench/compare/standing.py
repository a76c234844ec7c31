"""Where a peer is ahead of ours, and which goals are missed, by the medians of results.json."""

import operator
from dataclasses import dataclass
from typing import Callable

OURS = ("void", "awaitable", "bulk")


@dataclass(frozen=True)
class Measure:
    figure: str
    label: str
    decimals: int
    better: Callable = operator.lt


MEASURES = {"throughput": (Measure("cpu_us_per_record", "CPU, µs", 3),
                           Measure("million_records_per_second", "M/s", 2, operator.gt)),
            "latency": (Measure("p50", "p50, µs", 0), Measure("p99", "p99, µs", 0))}


@dataclass(frozen=True)
class Goal:
    """The most that a figure of a row may be; of latency at one rate."""

    row: str
    figure: str
    most: float
    label: str
    decimals: int = 2
    part: str = "throughput"
    rate: int | None = None


BY_RAW = "CPU by librdkafka's"
GOALS = (Goal("void", "ratio_to_raw", 1.03, BY_RAW),
         Goal("awaitable", "ratio_to_raw", 1.12, BY_RAW),
         Goal("bulk", "ratio_to_raw", 1.03, BY_RAW),
         Goal("json", "ns_over_raw", 80, "ns more than librdkafka's", 0),
         Goal("count-memory", "ratio_to_raw", 1.25, "CPU by the same by hand"),
         *(Goal(row, "rss_mb", 64, "RSS, MB", 0) for row in OURS),
         *(Goal(row, "p50_us_over_raw", 20, "p50 more than the poll's, µs", 0, "latency", 500)
           for row in OURS[:2]),
         *(Goal(row, "p99_ratio_to_raw", 1.1, "p99 by the poll's", 2, "latency", 10_000) for row in OURS[:2]))


def where(each):
    """The setting of a row, in words."""
    if "rate" in each:
        return f"{each['rate']:,}/s"
    return f"{each['topic']}, {'pinned' if each['pinned'] else 'on all cores'}"


def is_peer(each):
    return not each["ours"] and each["row"] != each.get("against", "raw")


def behind(measured, peer, measure):
    """Our rows in the peer's setting whose median is the worse one."""
    return [each for each in measured if each["row"] in OURS and where(each) == where(peer)
            and measure.better(peer[measure.figure]["median"], each[measure.figure]["median"])]


def ahead(results):
    """Each setting and measure in which a peer is ahead of a row of ours: the measure, the peer, and all such rows."""
    for part, measures in MEASURES.items():
        measured = results.get(part, [])
        for measure in measures:
            for peer in filter(is_peer, measured):
                if found := behind(measured, peer, measure):
                    yield measure, peer, found


def missed(results):
    """Each goal that is missed, and the rows of the settings in which it is."""
    for goal in GOALS:
        found = [each for each in results.get(goal.part, []) if each["row"] == goal.row and goal.figure in each
                 and goal.rate in (None, each.get("rate")) and each[goal.figure]["median"] > goal.most]
        if found:
            yield goal, found
