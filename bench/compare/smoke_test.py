"""Runs tools/bench without peers on few records: does it work, and are its results well-formed?

smoke_test.py PROGRAMS RESULTS, with the broker at PAPERBOY_TEST_BOOTSTRAP.
"""

import json
import os
import pathlib
import subprocess
import sys
import xml.dom.minidom

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
programs, results = sys.argv[1], pathlib.Path(sys.argv[2])
servers = os.environ.get("PAPERBOY_TEST_BOOTSTRAP") or sys.exit("PAPERBOY_TEST_BOOTSTRAP is not set; see tools/test")

for old in ("results.json", "tables.md", "chart.svg"):
    (results / old).unlink(missing_ok=True)
subprocess.run([ROOT / "tools/bench", "--programs", programs, "--bootstrap-servers", servers, "--results", results,
                "--peers", "none", "--topics", "json400", "--records", "20000", "--rounds", "1", "--pin",
                "--seconds", "0.2", "--rates", "500"], check=True, timeout=240)

measured = json.loads((results / "results.json").read_text())
throughput = {each["row"]: each for each in measured["throughput"]}
counting = {"count-raw", "count-memory"} & set(throughput)
assert len(counting) in (0, 2), counting  # none without RocksDB
assert set(throughput) == {"raw", "void", "awaitable", "bulk", "json"} | counting, throughput.keys()
for each in throughput.values():
    assert each["cpu_us_per_record"]["median"] > 0 and each["ratio_to_raw"]["median"] > 0, each
    assert each["rss_mb"]["median"] > 5, each
for own in {each["against"] for each in throughput.values()}:
    assert throughput[own]["ratio_to_raw"]["median"] == 1, own

latency = {each["row"]: each for each in measured["latency"]}
assert set(latency) == {"raw", "void", "awaitable"}, latency.keys()
for each in latency.values():
    assert each["runs"][0]["records"] == 100 and 0 < each["p50"]["median"] <= each["p99"]["median"], each

assert "ns_over_raw" in throughput["json"], throughput["json"]
assert {"p50_us_over_raw", "p99_ratio_to_raw"} <= latency["void"].keys()
for part in ("throughput", "latency"):
    origin = measured["origins"][part]
    assert origin["rounds"] == 1 and origin["librdkafka"] and origin["allocators"]["paperboy_throughput"], origin
    assert servers not in json.dumps(origin) and str(results) not in json.dumps(origin), origin

tables = (results / "tables.md").read_text()
chart = xml.dom.minidom.parse(str(results / "chart.svg"))
texts = [each.firstChild.data for each in chart.getElementsByTagName("text")]
for each in throughput.values():
    assert each["label"] in tables, each["label"]
    assert (each["label"] in texts) == (each["row"] not in counting), each["label"]

readme = results / "README.md"
readme.write_text("<!-- tables.py: recorded -->\nbefore\n<!-- end of tables.py -->\n")
subprocess.run([sys.executable, "-B", ROOT / "bench/compare/tables.py", readme], check=True)
written = readme.read_text()
assert "before" not in written and "### `results.json`" in written, written
assert ("**Counting" in written) == bool(counting) and "**Latency" in written, written
for each in throughput.values():
    assert f"| {each['label']} |" in written and f" {each['rss_mb']['median']:.0f} |" in written, each["label"]
