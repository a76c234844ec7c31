#!/usr/bin/env python3
"""15_avro ends with an error where the schema registry refuses it.

    avro_refused_test.py PROGRAM
"""

import http.server
import sys
import threading
import unittest

import program as support

PROGRAM = sys.argv.pop(1)


class Refusal(http.server.BaseHTTPRequestHandler):
    def refuse(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = refuse  # noqa: N815

    def log_message(self, *_):
        pass


class Refused(unittest.TestCase):
    def test_ends_with_an_error(self):
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as registry:
            threading.Thread(target=registry.serve_forever, daemon=True).start()
            with support.Program(PROGRAM, f"http://127.0.0.1:{registry.server_port}") as run:
                self.assertEqual(run.end(), 2, run.output)
            registry.shutdown()
        self.assertIn("answered 401", "\n".join(run.output))


if __name__ == "__main__":
    unittest.main()
