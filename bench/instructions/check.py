"""Counts the instructions and allocations per record of PROGRAM, and compares them with what was recorded.

    check.py PROGRAM RECORDED FOLDER [--record]

Counted is the thread that handles the records, by callgrind, in three parts:
- own: the program's code, which is the library's and the handlers'. Compared with RECORDED when the compiler, which it
  depends on, is the recorded one.
- librdkafka: no more than the raw loop takes for its records.
- system: all else, which is the libraries of C and C++ and whatever is linked. Compared with RECORDED when the compiler
  and the C library are the recorded ones.
Clocks that are read and locks that are taken count by call, not by instruction: hardly more than in the raw loop.
What the allocators do is left out: it is librdkafka's, and depends on when another thread frees what.
--record writes RECORDED anew. Ends with 77, which ctest takes for skipped, where nothing can be compared.
"""

import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

# Where compiler and C library are the recorded ones two runs of plain hooks, bulks or coroutines differ by three
# instructions at most. Other versions of Boost may cost a little. So this passes as well: of our instructions, about 3
# more for a plain hook, 10 for a coroutine and 45 for a decoded record; and an atomic operation, which is one instruction
# however long it takes.
TOLERANCE = 1.03
SLACK = 2
# Elsewhere, and of what librdkafka takes.
LOOSE_TOLERANCE = 1.08
LOOSE_SLACK = 3
# With the processor the C library chooses other ways to copy and to compare.
SYSTEM_SLACK = 10
# One a record would be 1. What is read or taken for a block of records or for those whose hooks are timed is far less.
CALLS = 0.5
# Twice what the blocks of these paths do.
ALLOCATIONS = 0.01
# Slow as they are under callgrind, nearly all of these hooks are timed: clocks are read for that.
TIMED = {"json"}
SKIPPED = 77
FEW, MANY = 4000, 24000
OWN, LIBRDKAFKA, SYSTEM, ALLOCATORS = "own", "librdkafka", "system", "allocators"
CLOCKS, LOCKS = "clocks", "locks"
ALLOCATING = re.compile(
    r"(libc_)?(malloc|malloc_consolidate|calloc|realloc|free|cfree|memalign|posix_memalign|aligned_alloc|tcache\w*|"
    r"arena_get\w*|unlink_chunk|sysmalloc\w*|systrim|default_morecore|s?brk)([.'].*)?$|"
    r"int_(malloc|free|realloc|memalign)|operator (new|delete)")
CALLED = {CLOCKS: re.compile(r"clock_gettime(64|_2)?$|gettimeofday$|time$|std::chrono::.*::now\(\)$"),
          LOCKS: re.compile(r"pthread_(mutex|rwlock|spin)_\w*lock|lll_lock|mtx_(un)?lock$")}
# Of those, the ones that are a call each; the others are called by them, or end what they began.
COUNTED = {CLOCKS: re.compile(r"clock_gettime$|gettimeofday$|time$"),
           LOCKS: re.compile(r"pthread_(mutex_lock|mutex_trylock|rwlock_rdlock|rwlock_wrlock|spin_lock)$")}


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


def plain(function):
    """Without the version and the underscores that libraries put around a name."""
    return function.split("@")[0].lstrip("_")


def part_of(object_file, function, program):
    name = pathlib.Path(object_file).name
    if object_file == program or name.startswith("libpaperboy"):
        return OWN
    if name.startswith("librdkafka"):
        return LIBRDKAFKA
    if re.match(r"lib(tcmalloc|jemalloc|mimalloc)", name) or ALLOCATING.match(plain(function)):
        return ALLOCATORS
    return next((what for what, names in CALLED.items() if names.match(plain(function))), SYSTEM)


def costs(dump, program):
    """What one dump counts: the instructions of each part, without those of functions that it calls, and calls."""
    names, here, of_call, sums = {}, {}, False, collections.Counter()
    for line in dump.splitlines():
        if match := re.match(r"(c?)(ob|fn)=\((\d+)\)(?: (.*))?", line):
            called, what, number, name = match.groups()
            names.setdefault((what, number), name)
            here[called + what] = names[what, number]
        elif match := re.match(r"calls=(\d+)", line):
            of_call = True
            for what, functions in COUNTED.items():
                sums[what] += int(match[1]) if functions.match(plain(here["cfn"])) else 0
        elif match := re.match(r"[\d+*-]\S* (\d+)$", line):
            if not of_call and (part := part_of(here["ob"], here["fn"], program)) not in COUNTED:
                sums[part] += int(match[1])
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


def paths_of(phases):
    return sorted({phase.rsplit("-", 1)[0] for phase in phases})


def check_paths(phases, expected):
    """Ends with these not measured or not recorded: a path that is left out would pass for ever."""
    wanted = {f"{path}-{records}" for path in expected for records in (FEW, MANY)}
    for phase in sorted(wanted ^ set(phases)):
        print(f"{phase}: {'recorded, but not measured' if phase in wanted else 'measured, but not recorded'}")
    if wanted != set(phases):
        sys.exit("other paths are measured than recorded (--record writes those that are measured)")


def per_record(phases):
    """By path: the difference of its two phases, so that beginning and end drop out."""
    return {path: (phases[f"{path}-{MANY}"] - phases[f"{path}-{FEW}"]) / (MANY - FEW) for path in paths_of(phases)}


def part_per_record(phases, part):
    return per_record({phase: counted[part] for phase, counted in phases.items()})


def compiler_of(program):
    """The compiler, with its major version."""
    comment = subprocess.run(["readelf", "-p", ".comment", program], capture_output=True, text=True).stdout
    clang = re.search(r"clang version (\d+)", comment)
    gcc = re.search(r"GCC: \([^)]*\) (\d+)", comment)
    return f"clang {clang[1]}" if clang else f"gcc {gcc[1]}" if gcc else "unknown"


def libc():
    return os.confstr("CS_GNU_LIBC_VERSION") or "unknown"


def too_much(path, what, count, before, tolerance=LOOSE_TOLERANCE, slack=LOOSE_SLACK):
    """Whether it is, and tells."""
    exceeds = count > before * tolerance + slack
    fewer = count < before / tolerance - slack
    verdict = "TOO MANY" if exceeds else "fewer: record them anew with --record" if fewer else "ok"
    print(f"{path:10} {what:10} {count:8.1f} instructions per record, against {before:.1f}: {verdict}")
    return exceeds


def called_too_often(path, what, count, by_raw):
    timed = what == CLOCKS and path in TIMED
    exceeds = not timed and count > by_raw + CALLS
    verdict = "TOO MANY" if exceeds else "not compared" if timed else "ok"
    print(f"{path:10} {what:10} {count:8.2f} calls per record, against {by_raw:.2f} in the raw loop: {verdict}")
    return exceeds


def allocations(output):
    """By phase."""
    return {phase: int(count) for phase, count in re.findall(r"^(\S+) allocations (\d+)$", output, re.M)}


def allocating(counts):
    """The paths whose records allocate. A block of a thousand may, a few times; a record may not. The phase with few
    records only warms up: taken off, what it allocates once would hide some of what the others allocate each time."""
    each = {path: counts[f"{path}-{MANY}"] / MANY for path in paths_of(counts)}
    found = {path: count for path, count in each.items() if count > ALLOCATIONS}
    for path, count in found.items():
        print(f"{path:10} {count} allocations per record")
    return bool(found)


def beyond_raw(phases):
    """Whether a path takes more than the raw loop does of what that loop does for its records as well."""
    theirs = part_per_record(phases, LIBRDKAFKA)
    found = [too_much(path, LIBRDKAFKA, count, theirs["raw"]) for path, count in theirs.items()]
    for what in COUNTED:
        calls = part_per_record(phases, what)
        found += [called_too_often(path, what, count, calls["raw"]) for path, count in calls.items()]
    return any(found)


def beyond_recorded(phases, known, compiler):
    """Likewise what was recorded, where that can be compared."""
    compared = {}
    same_libc = known.get("libc") == libc()
    if known["compiler"] == compiler:
        compared[OWN] = (TOLERANCE, SLACK) if same_libc else (LOOSE_TOLERANCE, LOOSE_SLACK)
    if compared and SYSTEM in known and same_libc:
        compared[SYSTEM] = (LOOSE_TOLERANCE, SYSTEM_SLACK)
    found = []
    for part in (OWN, SYSTEM):
        for path, count in part_per_record(phases, part).items():
            if part in compared:
                found.append(too_much(path, part, count, known[part][path], *compared[part]))
            else:
                print(f"{path:10} {part:10} {count:8.1f} instructions per record, not compared")
    return any(found)


def recordable(phases, compiler):
    rounded = {part: {path: round(count, 1) for path, count in part_per_record(phases, part).items()}
               for part in (OWN, SYSTEM)}
    return {"compiler": compiler, "libc": libc(), **rounded}


def main(program, recorded_file, folder, record=False):
    if not shutil.which("valgrind"):
        skip("valgrind is not installed (tools/dependencies test)")
    program = str(pathlib.Path(program).resolve())
    recorded = pathlib.Path(recorded_file)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    allocated = allocations(run(program, folder))
    phases = count_phases(folder, program)
    check_paths(allocated, paths_of(allocated) if record else json.loads(recorded.read_text())[OWN])
    failed = allocating(allocated)
    if not phases:
        if failed:
            sys.exit("a record allocates")
        skip("built without valgrind's header")
    check_paths(phases, paths_of(allocated))
    compiler = compiler_of(program)
    if record:
        recorded.write_text(json.dumps(recordable(phases, compiler), indent=2) + "\n")
    known = json.loads(recorded.read_text())
    failed |= beyond_raw(phases)
    failed |= beyond_recorded(phases, known, compiler)
    if failed:
        sys.exit("a record costs more than it did")
    if known["compiler"] != compiler:
        skip(f"compiled by {compiler}, recorded with {known['compiler']}")


if __name__ == "__main__":
    main(*sys.argv[1:4], record="--record" in sys.argv[4:])
