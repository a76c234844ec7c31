"""All that was measured, as it is kept in results.json."""

import json
import operator
import os
import platform
import statistics
from dataclasses import dataclass
from typing import Callable

import runs

HEAD = ("machine", "notes", "load", "origins")


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def machine():
    with open("/proc/cpuinfo") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), "unknown")
    return {"processor": model, "cores": len(os.sched_getaffinity(0)),
            "system": platform.freedesktop_os_release()["PRETTY_NAME"]}


@dataclass(frozen=True)
class Comparison:
    """Of a figure of two runs in the same round: its name in results.json, where median and range over rounds stand."""

    name: str
    figure: str
    of: Callable


def nanoseconds_more(ours, theirs):
    return (ours - theirs) * 1000


THROUGHPUT = (Comparison("ratio_to_raw", "cpu_us_per_record", operator.truediv),
              Comparison("ns_over_raw", "cpu_us_per_record", nanoseconds_more))
LATENCY = (Comparison("ratio_to_raw", "p50", operator.truediv),
           Comparison("p50_us_over_raw", "p50", operator.sub),
           Comparison("p99_ratio_to_raw", "p99", operator.truediv))
LAYOUTS = Comparison("ratio_to_8_partitions", "cpu_us_per_record", operator.truediv)
COMPARISONS = {"throughput": THROUGHPUT, "latency": LATENCY}
SETTING = ("topic", "pinned", "rate")
USUAL_LAYOUT = {"topics": 1, "partitions": 8, "active": 8}
MANY_PARTITIONS = 1000


class Series:
    """The runs of one row in one setting, one a round."""

    def __init__(self, row, **setting):
        self.row = row
        self.setting = setting
        self.runs = {}

    def values(self, name):
        return [run[name] for run in self.runs.values()]

    def compared(self, others, comparison):
        figure = comparison.figure
        both = sorted(self.runs.keys() & others.runs.keys()) if others else ()
        found = [comparison.of(self.runs[each][figure], others.runs[each][figure]) for each in both]
        return {comparison.name: spread(found)} if found else {}

    def as_json(self, figures):
        return {"row": self.row.name, "label": self.row.label, "ours": self.row.ours, "against": self.row.against,
                **self.setting, **{name: spread(self.values(name)) for name in figures}}


class Part:
    """One part of the benchmark: its series, and how they are compared."""

    def __init__(self, figures, comparisons):
        self.figures = figures
        self.comparisons = comparisons
        self.series = []
        self.notes = []
        self.loads = []

    def note(self, text):
        """What a reader of this part has to know."""
        self.notes.append(text)

    def add(self, row, **setting):
        self.series.append(Series(row, **setting))
        return self.series[-1]

    def find(self, name, setting):
        return next((each for each in self.series if each.row.name == name and each.setting == setting), None)

    def layout(self, of):
        """The same row where partitions are the usual ones; none for those, and where layouts are no setting."""
        usual = {**of.setting, **USUAL_LAYOUT}
        return None if of.setting == usual else self.find(of.row.name, usual)

    def series_as_json(self, of):
        baseline = self.find(of.row.against, of.setting)
        out = of.as_json(self.figures)
        for each in self.comparisons:
            out |= of.compared(baseline, each)
        return out | of.compared(self.layout(of), LAYOUTS) | {"runs": [of.runs[each] for each in sorted(of.runs)]}

    def as_json(self):
        return [self.series_as_json(each) for each in self.series if each.runs]


def read(file):
    try:
        return json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        raise runs.Failed(f"the {file.name} that is there is damaged: remove it, or choose another folder") from None


def parts_of(everything):
    return {name: part for name, part in everything.items() if name not in HEAD}


def origin_of(everything, name):
    """What is told of one part; results of earlier versions tell the same of all."""
    return everything.get("origins", {}).get(name) or {each: everything[each] for each in ("machine", "notes", "load")}


def baseline_of(each, part):
    def setting(of):
        return [of.get(name) for name in SETTING]

    return next((other for other in part if other["row"] == each.get("against", "raw")
                 and setting(other) == setting(each)), None)


def with_comparisons(each, part, comparisons):
    """With those that results of earlier versions have in their runs only. These do not tell their round: they are of
    the same ones where both rows have as many as any other has."""
    baseline = baseline_of(each, part)
    rounds = max(len(other["runs"]) for other in part)
    if baseline is None or {len(each["runs"]), len(baseline["runs"])} != {rounds}:
        return each
    found = {comparison.name: spread([comparison.of(ours[comparison.figure], theirs[comparison.figure])
                                      for ours, theirs in zip(each["runs"], baseline["runs"])])
             for comparison in comparisons}
    return found | each


def completed(results):
    """As they would be of the present version, as far as their runs tell."""
    parts = {name: [with_comparisons(each, results[name], comparisons) for each in results[name]]
             for name, comparisons in COMPARISONS.items() if name in results}
    return results | parts


class Results:
    """What the folder has from earlier runs stays, unless this one makes it anew."""

    def __init__(self, folder, origin, notes):
        self.file = folder / "results.json"
        self.earlier = read(self.file)
        self.origin = {**origin, "machine": machine(), "notes": notes}
        self.parts = {}

    def own_origin(self, part):
        return {**self.origin, "notes": [*self.origin["notes"], *part.notes], "load": spread(part.loads)}

    def everything(self):
        kept = {name: part for name, part in parts_of(self.earlier).items() if name not in self.parts}
        origins = {name: origin_of(self.earlier, name) for name in kept}
        origins |= {name: self.own_origin(part) for name, part in self.parts.items()}
        notes = list(dict.fromkeys(note for each in origins.values() for note in each["notes"]))
        loads = [load for part in self.parts.values() for load in part.loads]
        head = {"machine": self.origin["machine"], "notes": notes, "load": spread(loads), "origins": origins}
        return head | kept | {name: part.as_json() for name, part in self.parts.items()}

    def save(self):
        """After each round, so that an interrupted run has something to show."""
        everything = self.everything()
        self.file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.file.with_suffix(".new")
        unfinished.write_text(json.dumps(everything, indent=1) + "\n")
        unfinished.replace(self.file)
        return everything
