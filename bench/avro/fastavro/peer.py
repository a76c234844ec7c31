"""fastavro's reader of single records, as bench/avro/compare.py asks for."""

import io
import json
import sys
import time

import fastavro


def decode(schema, record, seconds):
    records, found, start = 0, None, time.process_time_ns()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(1000):
            found = fastavro.schemaless_reader(io.BytesIO(record), schema)
        records += 1000
    return records, time.process_time_ns() - start, found


def main():
    with open(sys.argv[1]) as text, open(sys.argv[2], "rb") as data:
        schema, record = fastavro.parse_schema(json.load(text)), data.read()
    seconds = float(sys.argv[3])
    decode(schema, record, seconds)
    records, cpu, found = decode(schema, record, seconds)
    total = found["id"] + found["quantity"] + found["to"]["zip"] + len(found["tags"])
    print(json.dumps({"records": records, "cpu_ns": cpu, "sum": total}))


main()
