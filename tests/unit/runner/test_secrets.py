"""What the runner writes holds no secret: not the stream, not the log, however it is said."""

import os
import re
import stat
import time
from pathlib import Path

import pytest

from defcheck.redaction.redactor import PROCESS_SECRETS, Redactor, SecretRegister
from defcheck.results.models import Event, Outcome
from defcheck.results.readers.subunit_packets import (
    Packet,
    PacketParser,
    measure_whole_packets,
    read_packet,
)
from defcheck.runner.engine.client import run_tests
from defcheck.runner.engine.protocol import FrameReader
from defcheck.runner.engine.server import split_complete_text
from defcheck.runner.engine.worker import PacketOutput, _RedactingStream
from defcheck.runner.run_directory import RunDirectory
from defcheck.tempest.workspace import Workspace
from tests.evidence import RECORD
from tests.records import change_record

CANARY = "C4nary-kd92-Gh7q"
KNOWN = "kn0wn-Pa55-zzq1"

LOUD = f"""
import os
import subprocess
import sys
import testtools
from testtools.content import Content, text_content
from testtools.content_type import UTF8_TEXT

CANARY, KNOWN = {CANARY!r}, {KNOWN!r}
PEM = "-----BEGIN RSA PRIVATE KEY-----\\n" + CANARY + "\\n-----END RSA PRIVATE KEY-----\\n"


class Loud(testtools.TestCase):
    def say(self):
        pieces = [b"{{'X-Auth-Tok", b"en': '" + CANARY.encode()[:5], CANARY.encode()[5:] + b"'}} " +
                  KNOWN.encode()[:3], KNOWN.encode()[3:], b" kept"]
        self.addDetail("pythonlogging", Content(UTF8_TEXT, lambda: pieces))
        self.addDetail("large", text_content("x" * 1_500_000 + " password=" + CANARY + " kept"))
        print("adminPass:", CANARY, KNOWN)
        print(PEM + "kept")
        sys.stderr.write("the known one is " + KNOWN + " kept\\n")
        subprocess.run(["/bin/sh", "-c", "echo said by another: $0 kept", KNOWN], check=True)
        os.write(1, b"past Python, password=" + CANARY.encode())
        os.write(1, b"\\n")

    def test_fails(self):
        self.say()
        raise ValueError({{"adminPass": CANARY, "note": KNOWN}})

    def test_skips(self):
        self.say()
        self.skipTest("with Authorization: Basic " + CANARY + "\\n " + KNOWN)

    def test_passes(self):
        self.say()


class LoudSetUp(testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        raise RuntimeError("http://u:" + CANARY + "@host and " + KNOWN)

    def test_one(self):
        pass
"""


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process know a password of its own."""
    register = SecretRegister()
    register.add_secrets(KNOWN)
    monkeypatch.setattr("defcheck.runner.engine.client.PROCESS_SECRETS", register)


def test_nothing_that_a_test_says_is_written_with_a_secret(
    workspace: Workspace, tmp_path: Path, known: None
) -> None:
    (workspace.folder / "small/test_small.py").write_text(LOUD)
    names = [f"small.test_small.Loud.test_{name}" for name in ("fails", "skips", "passes")]
    events: list[Event] = []
    results, log = tmp_path / "results.subunit", tmp_path / "log"
    run_tests(
        workspace,
        [*names, "small.test_small.LoudSetUp.test_one"],
        2,
        results=results,
        log=log,
        on_event=events.append,
    )
    assert sorted(event.outcome for event in events) == sorted(
        (Outcome.FAILED, Outcome.FAILED, Outcome.SKIPPED, Outcome.PASSED)
    )
    for path in (results, log, tmp_path / "made.jsonl"):
        data = path.read_bytes()
        for secret in (CANARY, KNOWN, CANARY[5:], KNOWN[3:]):
            assert secret.encode() not in data, path
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert measure_whole_packets(results.read_bytes()) == results.stat().st_size
    said = log.read_text()
    assert said.count("said by another: *** kept") == said.count("one is *** kept") == 3
    assert len(re.findall(r"^\*\*\*\nkept$", said, re.MULTILINE)) == 3
    with results.open("rb") as stream:
        packets = [one for one in PacketParser(stream) if isinstance(one, Packet)]
    kept = b"".join(one.content for one in packets if one.file_name == "pythonlogging")
    assert kept == b"{'X-Auth-Token': '***'} *** kept" * 3
    large = [one for one in packets if one.file_name == "large"]
    assert len(large) == 6
    assert all(len(one.content) <= 1024 * 1024 for one in large)


def test_an_attachment_that_nobody_ended_is_written(tmp_path: Path) -> None:
    said, saying = os.pipe()
    pieces = _RedactingStream(PacketOutput(saying), Redactor())
    pieces.status(test_id="a.B.c", test_status="inprogress")
    pieces.status(test_id="a.B.c", file_name="log", file_bytes=b"token=", mime_type="text/plain")
    pieces.status(test_id="a.B.c", file_name="log", file_bytes=b"abc1", mime_type="text/plain")
    pieces.stopTestRun()
    os.close(saying)
    with os.fdopen(said, "rb") as stream:
        frames = FrameReader().feed_data(stream.read())
    packets = [read_packet(content, 0)[0] for _, content in frames]
    assert [packet.content for packet in packets if packet] == [b"", b"token=***"]


@pytest.mark.parametrize(
    ("said", "ready", "held"),
    [
        (b"a\nb", b"a\n", b"b"),
        (b"a", b"", b"a"),
        (b"a\n-----BEGIN X-----\nb\n", b"a\n", b"-----BEGIN X-----\nb\n"),
        (
            b"-----BEGIN X-----\nb\n-----END X-----\nc",
            b"-----BEGIN X-----\nb\n-----END X-----\n",
            b"c",
        ),
        (b"x" * 1_100_000, b"x" * 1_100_000, b""),
    ],
)
def test_half_a_line_and_half_a_key_wait_for_the_rest(
    said: bytes, ready: bytes, held: bytes
) -> None:
    assert split_complete_text(said) == (ready, held)


def test_a_record_tells_no_secret_and_keeps_its_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = SecretRegister()
    register.add_secrets(KNOWN)
    monkeypatch.setattr("defcheck.runner.run_directory.PROCESS_SECRETS", register)
    directory = RunDirectory.create(tmp_path / "run")
    record = change_record(
        RECORD,
        cloud={**RECORD.inputs.cloud, "name": f"cloud {KNOWN}"},
        foreseen={"a.B.test_x": {"outcome": "skipped", "reason": f"password={CANARY}"}},
    )
    directory.write_record(record)
    text = (directory.path / "run.json").read_text()
    assert KNOWN not in text
    assert CANARY not in text
    assert directory.read_record().inputs.planned == RECORD.inputs.planned
    assert stat.S_IMODE(directory.path.stat().st_mode) == 0o700


def test_what_is_learned_under_the_names_of_secrets() -> None:
    register = SecretRegister()
    register.add_from_document(
        {"auth": {"password": KNOWN, "username": "someone-known"}, "x": [1, None]}
    )
    register.add_secrets(None, "", 3)
    assert register.values == [KNOWN]
    assert register.redact_text(f"{KNOWN} of someone-known") == "*** of someone-known"


def test_this_process_knows_what_it_reads(tmp_path: Path) -> None:
    from defcheck.cloud.accounts.accounts_file import load_account_entries
    from defcheck.cloud.tempest_conf import read_conf

    accounts, conf = tmp_path / "accounts.yaml", tmp_path / "tempest.conf"
    accounts.write_text(f"- {{username: u, password: {KNOWN}1, project_name: p}}\n")
    conf.write_text(f"[auth]\nadmin_password = {KNOWN}2\nadmin_project_name = the-project-x\n")
    load_account_entries(accounts)
    read_conf(conf)
    assert {f"{KNOWN}1", f"{KNOWN}2"} <= set(PROCESS_SECRETS.values)
    assert (
        PROCESS_SECRETS.redact_text(f"{KNOWN}1 {KNOWN}2 the-project-x") == "*** *** the-project-x"
    )


def test_a_worker_is_not_slowed_by_what_it_looks_for() -> None:
    """A log of 10 kB, as a test has, is looked through in a few milliseconds."""
    redactor = Redactor([f"{KNOWN}{number}" for number in range(40)])
    log = (
        b"Request (A:test_b): 200 GET http://h/v3/auth/tokens {'X-Auth-Token': '<omitted>'}\n" * 120
    )
    began = time.process_time()
    for _ in range(20):
        redactor.redact_bytes(log)
    assert time.process_time() - began < 2
