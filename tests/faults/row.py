"""What a scenario has come to, as a row of the table."""


class Row:
    def __init__(self, scenario):
        self.scenario = scenario
        self.cells = ("-",) * 5
        self.notes = []
        self.trouble = []

    def judge(self, world, found, stall):
        self.trouble += [f"{invariant}: {sentence}" for invariant, sentence in found.violations[:10]]
        if world.output_counts:
            self.judge_output(*world.output_counts, stall)
            return
        bound = 0 if self.scenario.duplicates == "none" else found.open_work
        lost = found.lost(world.ends) - sum(world.left_out.values())
        order = found.count("BG")
        self.cells = (
            f"{sum(world.ends.values()):,}",
            str(lost),
            f"{found.duplicates} (at most {bound})",
            str(order),
            f"{stall:.1f} s",
        )
        if lost:
            self.trouble.append(f"{lost} records are lost")
        if found.duplicates > bound:
            self.trouble.append(f"{found.duplicates} records are handled twice, at most {bound} may be")

    def judge_output(self, records, missing, again, stall):
        """Where processes do not tell of every record, what came of them is in the output."""
        self.cells = (f"{records:,}", str(missing), f"{again} (not limited)", "-", f"{stall:.1f} s")
        if missing:
            self.trouble.append(f"{missing} records are lost")

    @property
    def verdict(self):
        if not self.trouble:
            return "ok"
        return "known to fail" if self.scenario.failing else "FAILED"

    def line(self):
        return "| " + " | ".join((f"{self.scenario.name}: {self.scenario.fault}", *self.cells, self.verdict)) + " |"
