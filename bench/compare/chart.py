"""Draws results.json as an SVG that can be read on light and dark pages.

chart.py results.json [ROW,...] > chart.svg
"""

import json
import sys
from xml.sax.saxutils import escape

LABELS = 230  # width of what is left of the bars
PANEL = 190
BAR = 118  # the longest
LINE = 24
TOP = 64

TOPICS = {"raw100": "100 bytes", "json400": "JSON, 353 bytes, lz4", "raw1k": "1000 bytes"}

STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .page { fill: #ffffff }
  .title { font-size: 15px; font-weight: 600 }
  .small { font-size: 12px; fill: #59636e }
  .ours { fill: #0969da } .raw { fill: #818b98 } .peer { fill: #c8cfd8 }
  .strong { font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .page { fill: #0d1117 }
    .small { fill: #9198a1 }
    .ours { fill: #4493f8 } .raw { fill: #7d8590 } .peer { fill: #3d444d }
  }
"""


def text(x, y, content, style=""):
    return f'<text x="{x}" y="{y}" class="{style}">{escape(content)}</text>'


def per_cpu_second(each):
    return 1 / each["cpu_us_per_record"]["median"]


def panel(left, topic, measured, order):
    most = max(map(per_cpu_second, measured.values()))
    yield text(left, TOP - 10, TOPICS.get(topic, topic), "small")
    for line, name in enumerate(order):
        y = TOP + line * LINE
        if name not in measured:
            yield text(left, y + 15, "–", "small")
            continue
        each = measured[name]
        width = max(1, round(BAR * per_cpu_second(each) / most))
        style = "ours" if each["ours"] else "raw" if name == "raw" else "peer"
        yield f'<rect x="{left}" y="{y + 2}" width="{width}" height="{LINE - 7}" rx="2" class="{style}"/>'
        yield text(left + width + 6, y + 15, f"{per_cpu_second(each):.2f}", "strong" if each["ours"] else "")


def draw(results, rows=()):
    # Rows that do something else as well are compared with the same by hand, in a table of their own.
    consuming = [each for each in results["throughput"] if each.get("against", "raw") == "raw"]
    measured = [each for each in consuming if not rows or each["row"] in rows]
    shown = [each for each in measured if each["pinned"]] or measured
    topics = list(dict.fromkeys(each["topic"] for each in shown))
    labels = {each["row"]: each for each in shown}
    height = TOP + len(labels) * LINE + 14
    width = LABELS + PANEL * len(topics) + 10
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
           'role="img">', "<title>Million records per second of CPU time, by consumer and topic</title>",
           f"<style>{STYLE}</style>", '<rect width="100%" height="100%" rx="6" class="page"/>',
           text(12, 24, "Million records consumed per second of CPU time; longer is better", "title")]
    for line, (name, each) in enumerate(labels.items()):
        out.append(text(12, TOP + line * LINE + 15, each["label"], "strong" if each["ours"] else ""))
    for column, topic in enumerate(topics):
        out += panel(LABELS + column * PANEL, topic, {each["row"]: each for each in shown if each["topic"] == topic}, labels)
    return "\n".join([*out, "</svg>"]) + "\n"


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        print(draw(json.load(file), sys.argv[2].split(",") if len(sys.argv) > 2 else ()), end="")
