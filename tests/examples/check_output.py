#!/usr/bin/env python3
"""Runs an example and compares what it prints with what it should.

    check_output.py PROGRAM EXPECTED_FILE [ARGUMENT...]

$NAME in an argument stands for a variable of the environment.
"""

import difflib
import os
import pathlib
import subprocess
import sys


def main():
    program, expected_file, *arguments = sys.argv[1:]
    command = [program, *map(os.path.expandvars, arguments)]
    expected = pathlib.Path(expected_file).read_text()
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    if run.stdout != expected:
        sys.exit("".join(difflib.unified_diff(expected.splitlines(True), run.stdout.splitlines(True), "expected",
                                              "printed")))


if __name__ == "__main__":
    main()
