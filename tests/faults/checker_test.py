"""The checker finds each violation in journals made by hand, and nothing in those without."""

import unittest

from types import SimpleNamespace

from checker import Findings, check, check_end, check_table, longest_gap, revocations
from journal import merge, parse
from row import Row
from scenarios import Scenario


def events(*logs):
    """Logs as "NAME: TIME WHAT …; TIME WHAT …"."""
    parsed = []
    for log in logs:
        who, text = log.split(": ", 1)
        parsed.append(parse(who, "".join(line.strip() + "\n" for line in text.split(";"))))
    return merge(*parsed)


def violated(*logs):
    return [invariant for invariant, _ in check(events(*logs)).violations]


class Clean(unittest.TestCase):
    def test_a_run_and_its_end(self):
        log = "a: 1 assigned 0; 2 start 0 0; 3 done 0 0; 4 start 0 1; 5 done 0 1; 6 committed 0 2; 7 revoked 0; 8 ended Success"
        found = check(events(log))
        self.assertEqual(found.violations, [])
        self.assertEqual((found.duplicates, found.open_work, found.lost({0: 2})), (0, 0, 0))

    def test_a_killed_process_and_its_heir(self):
        found = check(
            events(
                "a: 1 assigned 0; 2 start 0 0; 3 done 0 0; 4 committed 0 1; 5 start 0 1; 6 done 0 1; 7 start 0 2",
                "b: 9 assigned 0; 10 start 0 1; 11 done 0 1; 12 start 0 2; 13 done 0 2; 14 committed 0 3",
            )
        )
        self.assertEqual(found.violations, [])
        self.assertEqual((found.duplicates, found.open_work), (2, 2))

    def test_a_commit_on_its_way_at_the_kill(self):
        self.assertEqual(
            violated("a: 1 assigned 0; 2 start 0 0; 3 done 0 0", "b: 4 assigned 0; 5 start 0 1; 6 done 0 1"), []
        )

    def test_a_line_that_death_cut_off(self):
        self.assertEqual([e.offset for e in parse("a", "1 start 0 15\n2 start 0 1")], [15])

    def test_a_bulk(self):
        self.assertEqual(
            violated("a: 1 assigned 0; 2 start 0 0; 3 start 0 1; 4 done 0 0; 5 done 0 1; 6 committed 0 2"), []
        )

    def test_an_answer_that_was_overtaken(self):
        log = "a: 1 assigned 0; 2 start 0 0; 3 done 0 0; 5 committed 0 1"
        self.assertEqual(violated(log, "driver: 4 asked 0 0; 6 observed 0 0"), [])

    def test_an_offset_that_was_moved(self):
        log = "a: 1 assigned 0; 2 start 0 0; 3 done 0 0; 4 start 0 1; 5 done 0 1; 6 committed 0 2; 7 revoked 0"
        heir = "b: 9 assigned 0; 10 start 0 0; 11 done 0 0; 12 committed 0 1"
        self.assertEqual(violated(log, "driver: 8 moved 0 0", heir), [])

    def test_a_commit_on_its_way_at_a_loss(self):
        self.assertEqual(violated("a: 1 assigned 0; 2 start 0 0; 3 done 0 0; 4 lost 0; 5 committed 0 1"), [])

    def test_an_answer_that_a_halted_process_reads_after_the_takeover(self):
        heir = "b: 5 assigned 0; 6 start 0 1; 7 done 0 1; 8 committed 0 2"
        for loss in ("9 committed 0 1; 10 lost 0", "9 lost 0; 10 committed 0 1"):
            self.assertEqual(violated("a: 1 assigned 0; 2 start 0 0; 3 done 0 0; " + loss, heir), [])

    def test_a_hook_that_outlives_its_partition(self):
        self.assertEqual(violated("a: 1 assigned 0; 2 start 0 0; 3 lost 0; 4 done 0 0"), [])


class Violations(unittest.TestCase):
    def test_A_committed_and_not_done(self):
        self.assertEqual(violated("a: 1 assigned 0; 2 start 0 0; 3 committed 0 1; 4 done 0 0"), ["A"])

    def test_A_as_the_brokers_say(self):
        self.assertEqual(violated("a: 1 assigned 0; 2 start 0 0; 3 done 0 0", "driver: 4 observed 0 2"), ["A"])

    def test_A_a_gap_below(self):
        self.assertIn("A", violated("a: 1 assigned 0; 2 start 0 1; 3 done 0 1; 4 committed 0 2"))

    def test_B_out_of_order(self):
        log = "a: 1 assigned 0; 2 start 0 0; 3 done 0 0; 4 start 0 2; 5 done 0 2; 6 start 0 1; 7 done 0 1"
        self.assertEqual(set(violated(log)), {"B"})

    def test_B_done_falls(self):
        self.assertEqual(violated("a: 1 assigned 0; 2 start 0 0; 3 start 0 1; 4 done 0 1; 5 done 0 0"), ["B"])

    def test_B_done_without_start(self):
        self.assertEqual(violated("a: 1 assigned 0; 2 done 0 0"), ["B"])

    def test_B_the_heir_leaves_something_out(self):
        self.assertEqual(
            violated("a: 1 assigned 0; 2 start 0 0; 3 done 0 0", "b: 4 assigned 0; 5 start 0 2; 6 done 0 2"), ["B"]
        )

    def test_B_the_heir_does_not_start_where_the_group_was_moved_to(self):
        log = "a: 1 assigned 0; 2 start 0 0; 3 done 0 0; 4 start 0 1; 5 done 0 1; 6 committed 0 2; 7 revoked 0"
        self.assertEqual(violated(log, "driver: 8 moved 0 0", "b: 9 assigned 0; 10 start 0 2; 11 done 0 2"), ["B"])
        self.assertEqual(violated(log, "driver: 8 moved 0 0", "b: 9 assigned 0; 10 start 0 1; 11 done 0 1"), ["B"])
        self.assertIn("B", violated(log, "driver: 8 moved 0 5", "b: 9 assigned 0; 10 start 0 2; 11 done 0 2"))

    def test_C_the_heir_starts_below_what_was_committed(self):
        found = violated(
            "a: 1 assigned 0; 2 start 0 0; 3 done 0 0; 4 committed 0 1; 5 revoked 0", "b: 6 assigned 0; 7 start 0 0"
        )
        self.assertEqual(found, ["C"])

    def test_D_the_committed_offset_falls(self):
        log = "a: 1 assigned 0; 2 start 0 0; 3 done 0 0; 4 start 0 1; 5 done 0 1; 6 committed 0 2; 7 committed 0 1"
        self.assertEqual(violated(log), ["D"])

    def test_D_as_the_brokers_say(self):
        log = "a: 1 assigned 0; 2 start 0 0; 3 done 0 0; 4 committed 0 1"
        self.assertEqual(violated(log, "driver: 5 asked 0 0"), ["D"])

    def test_E_a_table_that_its_changelog_does_not_make(self):
        found = Findings()
        check_table(found, {"x": 1, "y": 2}, [("x", 0), ("x", 1), ("y", 2), ("y", None), ("z", 3)])
        self.assertEqual([invariant for invariant, _ in found.violations], ["E", "E"])
        clean = Findings()
        check_table(clean, {"x": 1}, [("x", 0), ("y", 2), ("x", 1), ("y", None)])
        self.assertEqual(clean.violations, [])

    def test_F_status_deadline_and_line(self):
        ended = events("a: 1 ended Success")
        for status, took, lines in ((1, 1.0, ended), (0, 31.0, ended), (0, 1.0, []), (0, 1.0, ended + ended)):
            found = Findings()
            check_end(found, lines, "a", status, took)
            self.assertEqual([invariant for invariant, _ in found.violations], ["F"])
        found = Findings()
        check_end(found, ended, "a", 0, 1.0)
        self.assertEqual(found.violations, [])

    def test_G_start_after_loss(self):
        self.assertEqual(violated("a: 1 assigned 0; 2 lost 0; 3 start 0 0"), ["G"])

    def test_G_commit_after_revocation(self):
        self.assertEqual(violated("a: 1 assigned 0; 2 start 0 0; 3 done 0 0; 4 revoked 0; 5 committed 0 1"), ["G"])

    def test_G_commit_after_loss_of_what_was_done_later(self):
        log = "a: 1 assigned 0; 2 start 0 0; 3 done 0 0; 4 start 0 1; 5 lost 0; 6 done 0 1; 7 committed 0 2"
        self.assertEqual(violated(log), ["G"])

    def test_D_and_G_commit_of_what_was_done_after_the_takeover(self):
        heir = "b: 4 assigned 0; 5 start 0 1; 6 done 0 1; 7 start 0 2; 8 done 0 2; 9 committed 0 3"
        late = "a: 1 assigned 0; 2 start 0 0; 3 done 0 0; 10 start 0 1; 11 done 0 1; 12 "
        self.assertEqual(violated(late + "committed 0 2", heir)[:1], ["D"])
        self.assertEqual(violated(late + "lost 0; 13 committed 0 2", heir)[:2], ["G", "D"])


def row_by_output(found):
    """That of a scenario whose processes do not tell of every record, with nothing missing in the output."""
    row = Row(Scenario("by_output", None, "a fault", "a promise"))
    row.judge(SimpleNamespace(output_counts=(100, 0, 0)), found, 0.0)
    return row


class Verdicts(unittest.TestCase):
    def test_the_output_has_everything(self):
        self.assertEqual(row_by_output(Findings()).verdict, "ok")

    def test_F_beside_it(self):
        found = Findings()
        check_end(found, events("a: 1 ended Success"), "a", 1, 1.0)
        self.assertEqual(row_by_output(found).verdict, "FAILED")

    def test_E_beside_it(self):
        found = Findings()
        check_table(found, {"x": 1}, [("x", 2)])
        self.assertEqual(row_by_output(found).verdict, "FAILED")


class Numbers(unittest.TestCase):
    def test_lost_records(self):
        self.assertEqual(check(events("a: 1 assigned 0; 2 start 0 0; 3 done 0 0")).lost({0: 2, 1: 1}), 2)

    def test_revocations(self):
        log = "a: 1 assigned 0 1 2 3; 2 revoked 2 3; 3 revoked 0 1; 4 assigned 0 1; 5 revoked 0; 6 revoked 1; 7 ended Success"
        self.assertEqual(revocations(events(log)), [(2, 4), (2, 2), (1, 2)])
        self.assertEqual(revocations(events("a: 1 assigned 0 1; 2 revoked 0 1")), [(2, 2)])
        self.assertEqual(revocations(events("a: 1 assigned; 2 revoked; 3 ended Success")), [])

    def test_the_longest_gap(self):
        log = events("a: 1000000 done 0 0; 2000000 done 0 1; 5000000 done 0 2")
        self.assertEqual(longest_gap(log, 500000), 3.0)
        self.assertEqual(longest_gap(log, 4000000), 1.0)


if __name__ == "__main__":
    unittest.main()
