"""What is committed of results is what the scripts make of results.json, whatever else they can show by now."""

import json
import pathlib
import re
import unittest

import chart
import tables

BENCH = pathlib.Path(__file__).resolve().parent.parent


class Committed(unittest.TestCase):
    def setUp(self):
        self.results = json.loads((BENCH / "results.json").read_text())
        self.readme = (BENCH / "README.md").read_text()

    def test_tables(self):
        self.assertEqual(tables.into_readme(self.results, self.readme), self.readme)

    def test_chart(self):
        rows = re.search(r"chart\.py bench/results\.json (\S+) > bench/chart\.svg", self.readme)[1]
        self.assertEqual(chart.draw(self.results, rows.split(",")), (BENCH / "chart.svg").read_text())

    def test_what_results_of_earlier_versions_lack_takes_no_column(self):
        text = "\n".join(tables.all_tables(self.results))
        for each in self.results["throughput"]:
            self.assertIn(f"| {each['label']} |", text)
        if "origins" not in self.results:
            self.assertNotIn("more than librdkafka's", text)


if __name__ == "__main__":
    unittest.main()
