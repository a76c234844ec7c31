"""Decodes one record of Avro by paperboy, avro-c, Java's SpecificRecord and Python's fastavro, in rounds.

compare.py PROGRAM FOLDER [ROUNDS [SECONDS]]: PROGRAM is paperboy_micro, FOLDER takes what the others need and outlives
the run. Prints a table: CPU ns per record, median and range over the rounds, and the ratio to avro-c's generic reader
in the same round. Who cannot be had on this machine is left out, with the reason.

PROGRAM tells the schema and the bytes of its record; order.avsc has to be the same schema. The others' contract: a
folder here with a program `prepare FOLDER`, as in bench/peers/README.md; the command that it prints gets SCHEMA RECORD
SECONDS, files and a number, decodes the record for so long twice, and of the second time prints a line of JSON:
`records`, `cpu_ns` (user and system time of the whole process) and `sum` (of the numbers id, quantity, zip and how many
tags).
"""

import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
REFERENCE = "avro-c, generic reader"
OURS = {"avro_typed<shop::order>": "paperboy, into a struct of views",
        "avro_typed<owned::order>": "paperboy, into a struct of std::string",
        "avro_typed<shop::picked>": "paperboy, three of the fields",
        "avro_c_generic": REFERENCE}
OTHERS = {"java": "Java, SpecificRecord", "fastavro": "fastavro (Python)"}
SUM = 1_234_567 + 3 + 12_345 + 3


def micro(program, seconds):
    run = subprocess.run([program, "--benchmark_filter=^avro_", f"--benchmark_min_time={seconds}",
                          "--benchmark_format=json"], check=True, stdout=subprocess.PIPE, timeout=300)
    return json.loads(run.stdout)


def prepare(folder):
    commands = {}
    for name in OTHERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        run = subprocess.run([HERE / name / "prepare", folder / name], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True, timeout=900)
        if run.returncode == 0:
            commands[name] = run.stdout.splitlines()
        else:
            reason = (run.stderr.strip().splitlines() or ["no reason given"])[-1]
            print(f"{OTHERS[name]} is left out: {reason}", file=sys.stderr)
    return commands


def decode(command, schema, record, seconds):
    run = subprocess.run([*command, schema, record, str(seconds)], check=True, stdout=subprocess.PIPE, timeout=300)
    found = json.loads(run.stdout)
    if found["sum"] != SUM:
        sys.exit(f"compare: {command[0]} decoded something else: {found}")
    return found["cpu_ns"] / found["records"]


def show(values, digits):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 2.0
    commands = prepare(folder)
    context = micro(program, 0.01)["context"]
    if json.loads(context["avro_schema"]) != json.loads((HERE / "order.avsc").read_text()):
        sys.exit(f"compare: order.avsc is not the schema of {program}: {context['avro_schema']}")
    schema, record = HERE / "order.avsc", folder / "record"
    record.write_bytes(bytes.fromhex(context["avro_record"]))

    times, ratios = {}, {}
    for _ in range(rounds):
        found = {OURS[each["name"]]: each["cpu_time"] for each in micro(program, seconds / 4)["benchmarks"]}
        for name, command in commands.items():
            found[OTHERS[name]] = decode(command, schema, record, seconds)
        for name, time in found.items():
            times.setdefault(name, []).append(time)
            ratios.setdefault(name, []).append(time / found[REFERENCE])
    print(f"A record of {record.stat().st_size} bytes, {rounds} rounds\n")
    print("| | CPU ns per record | of avro-c |\n|---|---|---|")
    for name in times:
        print(f"| {name} | {show(times[name], 0)} | {show(ratios[name], 2)} |")


main()
