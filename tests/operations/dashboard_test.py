#!/usr/bin/env python3
"""The page in a real browser, while an engine goes from state to state.

    dashboard_test.py STAGED_ENGINE [--screenshot FILE]

FILE gets a picture of it, for the README. Without chromium and chromedriver (tools/dependencies operations) it is
skipped, and says so.
"""

import os
import signal
import sys
import tempfile
import time
import unittest

import browser
import staged

PROGRAM = sys.argv.pop(1)
SCREENSHOT = None
if "--screenshot" in sys.argv:
    place = sys.argv.index("--screenshot")
    SCREENSHOT = sys.argv[place + 1]
    del sys.argv[place:place + 2]

TEXT = "return document.getElementById('{}').textContent"
HIDDEN = "return document.getElementById('{}').hidden"
ROWS = """return Array.from(document.querySelectorAll('#{} tr'),
    row => Array.from(row.cells).filter(cell => cell.offsetParent).map(cell => cell.innerText.trim()))"""
# How far the curve of a chart reaches, and how many points it has.
CURVE = """const line = document.querySelector('#{} polyline');
    return line ? line.getAttribute('points').split(' ').map(each => each.split(',').map(Number)) : []"""
BACKGROUND = "return getComputedStyle(document.body).backgroundColor"
OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


def contrast(one, other):
    """WCAG's contrast of two colours as the browser writes them."""
    def luminance(colour):
        parts = [int(each) / 255 for each in colour.removeprefix("rgb(").removesuffix(")").split(",")[:3]]
        red, green, blue = [each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


class Dashboard(unittest.TestCase):
    def text(self, of):
        return self.page.run(TEXT.format(of))

    def await_text(self, of, wanted):
        return self.page.await_page(TEXT.format(of), wanted)

    def rows(self, of):
        return self.page.run(ROWS.format(of))

    def test_a_run(self):
        with staged.Staged(PROGRAM) as self.engine, browser.Browser() as self.page:
            self.page.show(1200, 1100, "light")
            self.engine.reach("starting")
            self.page.open(self.engine.base + "/")
            self.await_text("status", lambda text: text == "starting")
            self.assertEqual(self.text("group"), "billing")
            self.assertFalse(self.page.run(HIDDEN.format("none")))
            self.check_nothing_is_assigned()

            self.engine.reach("restoring")
            self.check_restore()
            self.engine.reach("waiting for a step")
            self.page.await_page(HIDDEN.format("restore"))
            self.assertRegex(self.await_text("step-title", lambda text: text.startswith("Step 1")), "0 of 1 partitions")
            self.engine.reach("running")
            self.check_running()
            self.check_widths_and_colours()
            self.engine.reach("stuck")
            self.check_stuck()
            self.engine.reach("stopping")
            self.await_text("status", lambda text: text == "stopping")
            self.engine.reach("stopped")
            self.await_text("status", lambda text: text == "stopped")
            self.page.await_page(HIDDEN.format("alarm"))
            self.check_nothing_is_assigned()
            errors = [each for each in self.page.complaints() if each["level"] == "SEVERE"]
            self.assertEqual(errors, [])
            self.assertEqual(self.engine.quit(), 0, self.engine.output)
            self.await_text("status", lambda text: text == "unreachable")

    def check_nothing_is_assigned(self):
        """Then nobody here knows how far the group is behind: that is not 0."""
        self.assertEqual(self.await_text("lag-of", lambda text: "assigned" in text), "records behind: nothing is assigned")
        self.assertEqual([self.text(each) for each in ("lag", "lag-now", "age", "drain")], ["–"] * 4)

    def check_restore(self):
        title = self.await_text("tables-title", lambda text: text.startswith("Tables: 2 of 4"))
        self.assertIn("partitions are restored", title)
        self.assertFalse(self.page.run(HIDDEN.format("restore")))
        self.assertEqual(self.page.run("return document.getElementById('restore-bar').style.width"), "50%")
        states = {row[0]: (row[1], row[2].split()[0]) for row in self.rows("shards")}
        self.assertEqual(states, {"totals 0": ("ready", "100"), "totals 1": ("ready", "100"),
                                  "totals 2": ("restoring", "0"), "totals 3": ("restoring", "0")})
        self.assertEqual(self.page.run("return document.querySelectorAll('#shards .bar').length"), 2)
        self.assertIn("restoring table", self.text("reason"))

    def check_running(self):
        self.await_text("status", lambda text: text == "running")
        self.assertEqual(self.text("lag-of"), "records behind")
        self.page.await_page(HIDDEN.format("steps"))
        self.assertTrue(self.page.run(HIDDEN.format("alarm")))
        self.assertEqual([row[0] for row in self.rows("partitions")],
                         ["customers 0", "orders 0", "orders 1", "orders 2", "orders 3"])
        self.assertEqual({row[3] for row in self.rows("partitions")}, {"single"})
        # It goes on by itself: the numbers of one look are not those of a later one.
        records = self.text("counts")
        self.await_text("counts", lambda text: text != records)
        self.await_text("rate", lambda text: text[0] in "123456789")
        for chart in ("rate-chart", "lag-chart"):
            few = self.page.await_page(CURVE.format(chart), lambda points: len(points) > 4)
            more = self.page.await_page(CURVE.format(chart), lambda points: len(points) > len(few))
            self.assertTrue(all(0 <= x and 0 <= y <= 150 for x, y in more), more)
        sends = self.rows("sends")
        self.assertEqual(len(sends), 1)
        self.assertNotEqual(sends[0][-1], "–")

    def check_stuck(self):
        alarm = self.await_text("alarm", lambda text: "orders 2: its hooks have been running for" in text)
        self.assertIn("orders 2", alarm)
        self.assertFalse(self.page.run(HIDDEN.format("alarm")))
        row = next(row for row in self.rows("partitions") if row[0] == "orders 2")
        self.assertEqual(row[3], "stuck")
        self.assertRegex(row[6], r"^[\d.]+ (s|ms|min)$")
        self.assertEqual([row[0] for row in self.rows("partitions") if row[3] == "stuck"], ["orders 2"])
        self.assertIn("the hooks of handler \"orders\" have been running for", self.text("reason"))
        self.page.await_page("return Array.from(document.querySelectorAll('#partitions tr'), row => row.cells[1].innerText)",
                             lambda lags: int(lags[3].replace(",", "")) > 10)

    def check_widths_and_colours(self):
        backgrounds = []
        for scheme in ("light", "dark"):
            for width, phone in ((1200, False), (390, True)):
                self.page.show(width, 844, scheme, 2 if phone else 1, phone)
                self.assertEqual(self.page.run(OVERFLOW), 0, (scheme, width))
                self.assertEqual(self.page.run("return innerWidth"), width)
            background = self.page.run(BACKGROUND)
            backgrounds.append(background)
            for chosen in ("body", "#reason", "#alarm", ".tile span", "th"):
                colour = self.page.run(f"return getComputedStyle(document.querySelector('{chosen}')).color")
                self.assertGreater(contrast(colour, background), 4.5, (scheme, chosen, colour, background))
        self.assertNotEqual(*backgrounds)
        self.page.show(390, 844, "light", 2, True)
        # What is left out on a phone is not what one looks for there.
        heads = self.page.run("return Array.from(document.querySelectorAll('#partitions, thead')[0].querySelectorAll('th'))"
                              ".filter(each => each.offsetParent).map(each => each.innerText)")
        self.assertEqual(heads[:4], ["Partition", "Lag", "Age", "Mode"])
        with tempfile.TemporaryDirectory() as folder:
            self.assertGreater(self.page.screenshot(os.path.join(folder, "phone.png")), 10_000)
        self.page.show(1200, 1100, "light")
        if SCREENSHOT:
            time.sleep(40)  # something to be seen in the charts
            self.page.show(1120, 860, "light")
            self.page.screenshot(SCREENSHOT)


if __name__ == "__main__":
    if missing := browser.is_missing():
        print(f"skipped: no {missing} here; tools/dependencies operations installs them")
        sys.exit(77)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as an exception, which ends the browser
    unittest.main()
