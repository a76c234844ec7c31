"""Counts the instructions and allocations per record of PROGRAM, and compares them with what was recorded.

    check.py PROGRAM RECORDED FOLDER [--record]

Counted is the thread that handles the records, by callgrind, in two parts:
- the program's own code, which is the library's and the handlers': compared with RECORDED. It depends on the compiler, so
  only when that is the recorded one; --record writes RECORDED anew.
- librdkafka: no more than the raw loop takes for its records.
What the allocators do is left out: it is librdkafka's, and depends on when another thread frees what.
Ends with 77, which ctest takes for skipped, where nothing can be compared.
"""

import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys

# Other versions of Boost and of the standard library may cost a little; a call, a copy or an atomic more per record
# costs more than this.
TOLERANCE = 1.08
SLACK = 3
SKIPPED = 77
FEW, MANY = 4000, 24000
OWN, LIBRDKAFKA = "own", "librdkafka"


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


def run(program, folder):
    """The program under callgrind; its output."""
    for old in folder.glob("callgrind*"):
        old.unlink()
    command = ["valgrind", "--tool=callgrind", "--separate-threads=yes", "--instr-atstart=no",
               f"--callgrind-out-file={folder}/callgrind", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    if done.returncode:
        sys.exit(f"the program failed: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def part_of(object_file, program):
    name = pathlib.Path(object_file).name
    if object_file == program or name.startswith("libpaperboy"):
        return OWN
    return LIBRDKAFKA if name.startswith("librdkafka") else "other"


def costs(dump, program):
    """The instructions of each part in one dump, without those of functions that it calls."""
    names, here, of_call, sums = {}, None, False, collections.Counter()
    for line in dump.splitlines():
        if match := re.match(r"(c?)ob=\((\d+)\)(?: (.*))?", line):
            called, number, name = match.groups()
            names.setdefault(number, name)
            here = here if called else number
        elif line.startswith("calls="):
            of_call = True
        elif match := re.match(r"[\d+*-]\S* (\d+)$", line):
            if not of_call:
                sums[part_of(names[here], program)] += int(match[1])
            of_call = False
    return sums


def count_phases(folder, program):
    """By phase, the costs on the first thread."""
    phases = {}
    for file in folder.glob("callgrind.*"):
        dump = file.read_text()
        phase = re.search(r"^desc: Trigger: Client Request: (.+)$", dump, re.M)
        if phase and re.search(r"^thread: 1$", dump, re.M):
            phases[phase[1]] = costs(dump, program)
    return phases


def per_record(phases):
    """By path: the difference of its two phases, so that beginning and end drop out."""
    paths = sorted({phase.rsplit("-", 1)[0] for phase in phases})
    return {path: (phases[f"{path}-{MANY}"] - phases[f"{path}-{FEW}"]) / (MANY - FEW) for path in paths}


def compiler_of(program):
    """The compiler, with its major version."""
    comment = subprocess.run(["readelf", "-p", ".comment", program], capture_output=True, text=True).stdout
    clang = re.search(r"clang version (\d+)", comment)
    gcc = re.search(r"GCC: \([^)]*\) (\d+)", comment)
    return f"clang {clang[1]}" if clang else f"gcc {gcc[1]}" if gcc else "unknown"


def too_much(path, what, count, before):
    """Whether it is, and tells."""
    exceeds = count > before * TOLERANCE + SLACK
    fewer = count < before / TOLERANCE - SLACK
    verdict = "TOO MANY" if exceeds else "fewer: record them anew with --record" if fewer else "ok"
    print(f"{path:10} {what:10} {count:8.1f} instructions per record, against {before:.1f}: {verdict}")
    return exceeds


def allocating(output):
    """The paths whose records allocate. A block of a thousand may, a few times; a record may not."""
    counts = {phase: int(count) for phase, count in re.findall(r"^(\S+) allocations (\d+)$", output, re.M)}
    found = {path: count for path, count in per_record(counts).items() if count > 0.01}
    for path, count in found.items():
        print(f"{path:10} {count} allocations per record")
    return bool(found)


def main(program, recorded_file, folder, record=False):
    if not shutil.which("valgrind"):
        skip("valgrind is not installed (tools/dependencies test)")
    program = str(pathlib.Path(program).resolve())
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    failed = allocating(run(program, folder))
    phases = count_phases(folder, program)
    if not phases and not failed:
        skip("built without valgrind's header")
    own = per_record({phase: parts[OWN] for phase, parts in phases.items()})
    theirs = per_record({phase: parts[LIBRDKAFKA] for phase, parts in phases.items()})
    compiler = compiler_of(program)
    if record:
        known = {"compiler": compiler, OWN: {path: round(count, 1) for path, count in own.items()}}
        pathlib.Path(recorded_file).write_text(json.dumps(known, indent=2) + "\n")
    known = json.loads(pathlib.Path(recorded_file).read_text())
    for path, count in theirs.items():
        failed |= too_much(path, LIBRDKAFKA, count, theirs["raw"])
    if known["compiler"] == compiler:
        for path, count in own.items():
            failed |= too_much(path, OWN, count, known[OWN][path])
    if failed:
        sys.exit("a record costs more than it did")
    if known["compiler"] != compiler:
        skip(f"compiled by {compiler}, recorded with {known['compiler']}")


if __name__ == "__main__":
    main(*sys.argv[1:4], record="--record" in sys.argv[4:])
