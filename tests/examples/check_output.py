#!/usr/bin/env python3
"""Runs an example and compares what it prints with what it should.

    check_output.py PROGRAM EXPECTED_FILE
"""

import difflib
import pathlib
import subprocess
import sys


def main():
    program, expected_file = sys.argv[1:]
    expected = pathlib.Path(expected_file).read_text()
    run = subprocess.run([program], stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    if run.stdout != expected:
        sys.exit("".join(difflib.unified_diff(expected.splitlines(True), run.stdout.splitlines(True), "expected",
                                              "printed")))


if __name__ == "__main__":
    main()
