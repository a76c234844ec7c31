"""What is committed of results is what the scripts make of results*.json, whatever else they can show by now."""

import json
import pathlib
import re
import tempfile
import unittest

import chart
import results
import standing
import tables

BENCH = pathlib.Path(__file__).resolve().parent.parent
PARTS = ("throughput", "latency", "scale")


class Committed(unittest.TestCase):
    def setUp(self):
        self.files = {file.name: json.loads(file.read_text()) for file in tables.recorded_files(BENCH)}
        self.readme = (BENCH / "README.md").read_text()

    def test_tables(self):
        self.assertEqual(tables.into_readme(self.readme, BENCH), self.readme)

    def test_chart(self):
        rows = re.search(r"chart\.py bench/results\.json (\S+) > bench/chart\.svg", self.readme)[1]
        self.assertEqual(chart.draw(self.files["results.json"], rows.split(",")), (BENCH / "chart.svg").read_text())

    def test_what_has_no_origin_is_called_older(self):
        without = {f"`{name}` ({part})" for name, of in self.files.items() for part in PARTS
                   if part in of and "commit" not in of.get("origins", {}).get(part, {})}
        older = re.search(r"Older than origins: (.*)", self.readme)
        self.assertEqual(set(re.findall(r"`\S+` \(\w+\)", older[1]) if older else ()), without)

    def test_what_results_of_earlier_versions_lack_takes_no_column(self):
        for of in self.files.values():
            text = "\n".join(tables.all_tables(of))
            for each in of.get("throughput", []):
                self.assertIn(f"| {each['label']} |", text)
            if "origins" not in of:
                self.assertNotIn("more than librdkafka's", text)


def spread(*values):
    return results.spread(values)


def row(name, cpu, rate=1.0, **other):
    return {"row": name, "label": name.upper(), "ours": name in standing.OURS, "topic": "raw100", "pinned": True,
            "cpu_us_per_record": spread(cpu), "million_records_per_second": spread(rate), "rss_mb": spread(30),
            "runs": [{"cpu_us_per_record": cpu}], **other}


def age(name, rate, p50, p99):
    runs = [{"p50": middle, "p99": late, "p999": 9000} for middle, late in zip(p50, p99)]
    return {"row": name, "label": name.upper(), "ours": name in standing.OURS, "rate": rate, "p50": spread(*p50),
            "p99": spread(*p99), "p999": spread(9000), "runs": runs}


def measured(throughput, latency=()):
    return {"machine": {"processor": "Z80", "cores": 1, "system": "CP/M"}, "notes": [], "load": spread(1, 2, 4),
            "throughput": throughput, "latency": list(latency)}


class Readme(unittest.TestCase):
    def recorded(self, **files):
        """What the README has of such files."""
        with tempfile.TemporaryDirectory() as folder:
            for name, of in files.items():
                (pathlib.Path(folder) / f"results{name}.json").write_text(json.dumps(of))
            return tables.into_readme("<!-- tables.py: recorded -->\nbefore\n<!-- end of tables.py -->\n",
                                      pathlib.Path(folder))

    def text(self, *throughput, latency=()):
        return self.recorded(_of=measured(throughput, latency))

    def test_all_files(self):
        text = self.recorded(**{"_a": measured([row("raw", 1)]), "": measured([row("raw", 2)])})
        self.assertEqual(re.findall("### (.*)", text), ["`results.json`", "`results_a.json`"])
        self.assertNotIn("before", text)

    def test_peers_that_are_ahead(self):
        text = self.text(row("raw", 0.1, 9.0), row("void", 0.3, 2.0), row("bulk", 0.2, 3.0), row("fast", 0.25, 2.5))
        self.assertIn("| raw100, pinned | CPU, µs | FAST 0.250 | VOID 0.300 |\n", text)
        self.assertIn("| raw100, pinned | M/s | FAST 2.50 | VOID 2.00 |\n", text)
        self.assertNotIn("BULK 0.200 |", text)
        self.assertNotIn("RAW 0.100", text)

    def test_a_peer_that_is_ahead_of_several(self):
        text = self.text(row("void", 0.3), row("awaitable", 0.4), row("fast", 0.25))
        self.assertIn("| FAST 0.250 | VOID 0.300; AWAITABLE 0.400 |", text)

    def test_a_peer_is_compared_in_its_own_setting(self):
        text = self.text(row("void", 0.3), row("fast", 0.25, pinned=False), row("fast", 0.25, topic="raw1k"))
        self.assertIn("no peer is ahead of plain hooks, coroutines or bulks", text)

    def test_latency_is_compared_within_rounds(self):
        poll = age("raw", 500, (100, 200, 300), (1000, 2000, 3000))
        void = age("void", 500, (310, 195, 110), (1500, 4000, 2400))
        text = self.text(row("raw", 1), latency=[poll, void])
        self.assertIn("|  | VOID | 195 (110–310) | −5 (−190–210) | 2400 (1500–4000) | 1.50 (0.80–2.00) |",
                      text)
        self.assertIn("| 500/s | RAW | 200 (100–300) | 0 | 2000 (1000–3000) | 1 |", text)

    def test_rounds_that_are_not_all_there_are_not_compared(self):
        poll = age("raw", 500, (100, 200, 300), (1000, 2000, 3000))
        self.assertIn("|  | VOID | 150 (100–200) |  | 1500 (1000–2000) |  |",
                      self.text(row("raw", 1), latency=[poll, age("void", 500, (100, 200), (1000, 2000))]))

    def test_goals_that_are_missed(self):
        latency = [age("raw", rate, (100,), (1000,)) for rate in (500, 10_000)]
        latency += [age("void", rate, (121,), (1200,)) for rate in (500, 10_000)]
        text = self.text(row("raw", 1), row("void", 1.04), row("bulk", 1.02), latency=latency)
        self.assertIn("| VOID: CPU by librdkafka's | 1.03 | raw100, pinned: 1.04 (1.04–1.04) |", text)
        self.assertIn("| VOID: p50 more than the poll's, µs | 20 | 500/s: 21 (21–21) |", text)
        self.assertIn("| VOID: p99 by the poll's | 1.1 | 10,000/s: 1.20 (1.20–1.20) |", text)
        self.assertNotIn("BULK: CPU", text)

    def test_captions(self):
        origin = {"date": "2026-11-30T23:04+00:00", "options": {"records": "0.5", "seconds": 10}, "commit": "abc",
                  "librdkafka": "2.0.2", "versions": {"fast": "1.0, librdkafka 2"}, "load": spread(2),
                  "machine": {"processor": "Z81", "cores": 1, "system": "CP/M"}}
        of = measured([row("raw", 1)], [age("raw", 500, (1,), (1,))]) | {"origins": {"throughput": origin}}
        text = self.recorded(_of=of)
        self.assertIn("Throughput: 1 round; `--records 0.5`; load 2.0 (2.0–2.0); commit abc; 2026-11-30; librdkafka "
                      "2.0.2; fast 1.0 with librdkafka 2; on another machine, 1 cores, Z81, CP/M.\n", text)
        self.assertIn("Latency: 1 round; load 2.0 (1.0–4.0); of a version of the scripts that told neither", text)

    def test_tables_have_their_memory(self):
        counting = {"against": "count-raw", "topic": "json400"}
        text = self.text(row("count-raw", 1, **counting), row("count-memory", 1.5, **counting))
        self.assertIn("|  | COUNT-MEMORY | 1.5 | 1.50 (1.50–1.50) | 1.00 | 30 |", text)


if __name__ == "__main__":
    unittest.main()
