#!/usr/bin/env python3
"""The command at brokers that want TLS, certificates and passwords: the ways in, and the errors of who gets them wrong.

    login_test.py PAPERBOY [TEST...]
"""

import ctypes
import pathlib
import subprocess
import tempfile
import unittest

from command import BROKER_TOOL, DEADLINE, lines, new_name, run

PASSWORD, KEY_PASSWORD, WRONG = "open-sesame-1", "close-sesame-2", "shut-sesame-3"
SECRETS = [PASSWORD, KEY_PASSWORD, WRONG]


class Authority:
    """Signs certificates of the server and of a client, whose key is encrypted."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test-ca -keyout ca.key -out "
                 "ca.crt")
        self.sign("server", "subjectAltName=DNS:localhost")
        self.sign("client", "extendedKeyUsage=clientAuth")
        self.run(f"pkey -aes256 -passout pass:{KEY_PASSWORD} -in client.key -out client.encrypted.key")

    def __getitem__(self, name):
        return str(self.folder / name)

    def sign(self, name, extension):
        (self.folder / "extension").write_text(extension)
        self.run(f"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr")
        self.run(f"x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile extension "
                 f"-out {name}.crt")

    def run(self, arguments):
        subprocess.run(["openssl", *arguments.split()], check=True, cwd=self.folder, capture_output=True)


class Logins(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = pathlib.Path(scratch.name)
        cls.authority, cls.stranger = Authority(cls.scratch / "authority"), Authority(cls.scratch / "stranger")
        cls.broker = cls.scratch / "broker"
        cls.addClassCleanup(subprocess.run, [BROKER_TOOL, "stop", "--dir", cls.broker], check=True)
        subprocess.run([BROKER_TOOL, "start", "--dir", cls.broker, "--sasl", f"alice:{PASSWORD}", "--tls",
                        cls.authority.folder], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([BROKER_TOOL, "topic", "--dir", cls.broker, "secured", "1"], check=True, stdout=subprocess.DEVNULL)
        plain = {"security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN", "sasl.username": "alice",
                 "sasl.password": PASSWORD}
        cls.trust = {"ssl.ca.location": cls.authority["ca.crt"]}
        cls.login = {**plain, **cls.trust}
        cls.certified = {"security.protocol": "ssl", **cls.trust, "ssl.certificate.location": cls.authority["client.crt"],
                         "ssl.key.location": cls.authority["client.encrypted.key"], "ssl.key.password": KEY_PASSWORD}
        # Of a group first: a new broker has to load its groups, which the command waits for.
        run("offsets", "show", "-g", "first", "--timeout", 50, brokers=(cls.broker / "bootstrap").read_text().strip())

    def address(self, listener):
        return (self.broker / f"bootstrap{listener and '.' + listener}").read_text().strip()

    def file_of(self, listener, properties):
        path = self.scratch / new_name("properties")
        path.write_text("".join(f"{name}={value}\n" for name, value in
                                {"bootstrap.servers": self.address(listener), **properties}.items()))
        return path

    def comes_in(self, listener, properties):
        """All that talks to a cluster: an admin, a writer, a reader, an engine."""
        by_file, by_options = ["-F", self.file_of(listener, properties)], ["-b", self.address(listener)]
        for name, value in properties.items():
            by_options += ["-X", f"{name}={value}"]
        for how in by_file, by_options:
            value, group = new_name("value"), new_name("group")
            run("produce", *how, "-t", "secured", brokers="", text=f"{value}\n")
            self.assertEqual(lines("consume", *how, "-t", "secured", "-o", -1, "-e", brokers=""), [value])
            self.assertEqual(lines("consume", *how, "-G", group, "secured", "-e", brokers="")[-1], value)
            self.assertIn(group, run("lag", *how, "-g", group, brokers="")[0])
            out, err = run("consume", *how, "-t", "secured", "-e", "-d", "all", brokers="")
            self.assertIn("librdkafka", err)
            self.hides_secrets(out + err)

    def is_kept_out(self, listener, properties, expected, patience=10 * DEADLINE):
        """At once, with a line that says why, from whichever command; `patience` is what it would wait otherwise. Where that
        is short, each does wait so long."""
        how = ["-F", self.file_of(listener, properties), "--timeout", patience]
        commands = (["consume", "-t", "secured", "-e"], ["consume", "-G", "g", "secured"], ["lag", "-g", "g"],
                    ["produce", "-t", "secured"], ["topics"], ["offsets", "show", "-g", "g"])
        for command in commands if patience > DEADLINE else commands[:1]:
            out, err = run(*command, *how, brokers="", text="a\n", status=1)
            self.assertEqual((out, err.count("\n")), ("", 1), err)
            self.assertIn(expected, err)
            self.assertRegex(err, "^paperboy: cannot ")
            self.assertNotIn("config::", err)
            self.hides_secrets(err)
        self.hides_secrets("".join(run("lag", "-g", "g", *how, "-v", "-d", "all", brokers="", status=1)))

    def hides_secrets(self, text):
        for secret in SECRETS:
            self.assertNotIn(secret, text)

    def test_tls_and_a_password_let_in(self):
        self.comes_in("sasl_ssl", self.login)

    def test_a_password_without_tls_lets_in(self):
        self.comes_in("sasl", {**self.login, "security.protocol": "sasl_plaintext"})

    def test_a_certificate_lets_in(self):
        self.comes_in("mtls", self.certified)

    def test_an_unsecured_token_lets_in(self):
        self.comes_in("sasl", {"security.protocol": "sasl_plaintext", "sasl.mechanism": "OAUTHBEARER",
                               "enable.sasl.oauthbearer.unsecure.jwt": "true", "sasl.oauthbearer.config": "principal=alice"})

    def test_scram_lets_in_or_says_what_is_wrong(self):
        scram = {**self.login, "sasl.mechanism": "SCRAM-SHA-256"}
        if ctypes.CDLL("librdkafka.so.1").rd_kafka_version() >= 0x02060100:
            self.comes_in("sasl_ssl", scram)
        else:
            self.is_kept_out("sasl_ssl", scram, "librdkafka before 2.6.1 cannot log in")

    def test_a_wrong_password(self):
        self.is_kept_out("sasl_ssl", {**self.login, "sasl.password": WRONG},
                         "check sasl.mechanism, sasl.username and sasl.password (-X NAME=VALUE, or in the file of -F)")

    def test_a_wrong_authority(self):
        self.is_kept_out("sasl_ssl", {**self.login, "ssl.ca.location": self.stranger["ca.crt"]},
                         f"is not signed by an authority in ssl.ca.location ({self.stranger['ca.crt']})")

    def test_no_certificate(self):
        self.is_kept_out("mtls", {"security.protocol": "ssl", **self.trust},
                         "the brokers demand a client's certificate: set ssl.certificate.location")

    def test_a_certificate_of_a_stranger(self):
        self.is_kept_out("mtls", {**self.certified, "ssl.certificate.location": self.stranger["client.crt"],
                                  "ssl.key.location": self.stranger["client.encrypted.key"]},
                         "the brokers refuse the client's certificate")

    def test_the_wrong_protocol(self):
        self.is_kept_out("mtls", {}, "set security.protocol to ssl or sasl_ssl", patience=8)
        self.is_kept_out("", {**self.login}, "the listener seems not to speak TLS", patience=8)

    def test_what_is_wrong_before_there_is_a_connection(self):
        for wrong, expected in [({"ssl.ca.location": "/no/such/file"}, "/no/such/file"),
                                ({"ssl.key.password": WRONG}, "ssl.key.location"), ({"sasl.mechanism": "NONE"}, "NONE")]:
            properties = {**self.certified, **wrong}
            if "sasl.mechanism" in wrong:
                properties = {**self.login, **wrong}
            out, err = run("lag", "-g", "g", "-F", self.file_of("mtls", properties), brokers="", status=2)
            self.assertIn(expected, out + err)
            self.hides_secrets(out + err)


if __name__ == "__main__":
    unittest.main()
