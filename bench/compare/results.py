"""All that was measured, as it is kept in results.json."""

import json
import os
import platform
import statistics


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def machine():
    with open("/proc/cpuinfo") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), "unknown")
    return {"processor": model, "cores": os.cpu_count(), "system": platform.freedesktop_os_release()["PRETTY_NAME"]}


class Series:
    """The runs of one row in one setting, one a round."""

    def __init__(self, row, **setting):
        self.row = row
        self.setting = setting
        self.runs = {}

    def values(self, name):
        return [run[name] for run in self.runs.values()]

    def as_json(self, baseline, figures, ratio_of):
        out = {"row": self.row.name, "label": self.row.label, "ours": self.row.ours, "against": self.row.against, **self.setting}
        for name in figures:
            out[name] = spread(self.values(name))
        both = self.runs.keys() & baseline.runs.keys() if baseline else ()
        if both:
            ratios = [self.runs[each][ratio_of] / baseline.runs[each][ratio_of] for each in sorted(both)]
            out["ratio_to_raw"] = spread(ratios)
        out["runs"] = [self.runs[each] for each in sorted(self.runs)]
        return out


class Part:
    """One part of the benchmark: its series, and what their ratios are of."""

    def __init__(self, figures, ratio_of):
        self.figures = figures
        self.ratio_of = ratio_of
        self.series = []

    def add(self, row, **setting):
        self.series.append(Series(row, **setting))
        return self.series[-1]

    def baseline(self, of):
        return next((each for each in self.series if each.row.name == of.row.against and each.setting == of.setting), None)

    def as_json(self):
        return [each.as_json(self.baseline(each), self.figures, self.ratio_of) for each in self.series if each.runs]


class Results:
    def __init__(self, folder, notes):
        self.folder = folder
        self.head = {"machine": machine(), "notes": notes}
        self.loads = []
        self.parts = {}

    def note(self, text):
        """What a reader of the results has to know."""
        self.head["notes"].append(text)

    def save(self):
        """After each round, so that an interrupted run has something to show."""
        self.loads.append(os.getloadavg()[0])
        everything = {**self.head, "load": spread(self.loads)}
        everything |= {name: part.as_json() for name, part in self.parts.items()}
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "results.json", "w") as out:
            json.dump(everything, out, indent=1)
            out.write("\n")
        return everything
