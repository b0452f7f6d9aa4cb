"""Services are found again, and they and nothing else are ended."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from defcheck.errors import UnusableError
from defcheck.lab import processes
from defcheck.lab.processes import LabService, ProcessIdentity, identify_process
from tests.unit.lab.conftest import MakeService

SLEEP = "import time; time.sleep(60)"

WITH_CHILD = "import os, time; os.fork(); time.sleep(60)"

STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.fork()
time.sleep(60)
"""


def wait_for(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def pids(service: LabService) -> list[int]:
    return processes.find_pids([service])[service.name]


def own_identity() -> ProcessIdentity:
    identity = identify_process(os.getpid())
    assert identity
    return identity


def write_record(service: LabService, identity: ProcessIdentity) -> None:
    service.record.parent.mkdir(parents=True)
    service.record.write_text(json.dumps(dataclasses.asdict(identity)))


def test_a_running_process_has_an_identity_that_stays() -> None:
    assert own_identity() == own_identity()
    assert own_identity().pid == os.getpid()
    assert own_identity().is_alive


def test_an_unburied_process_is_not_alive() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        # Nobody has waited for it yet, so that it stays in /proc as a zombie.
        stat = Path(f"/proc/{process.pid}/stat")
        wait_for(lambda: ") Z " in stat.read_text())
        assert identify_process(process.pid) is None


@pytest.mark.parametrize("change", [{"start": 1}, {"boot": "11111111-2222-3333-4444-555555555555"}])
def test_a_reused_pid_is_not_ours(make_service: MakeService, change: dict[str, Any]) -> None:
    service = make_service(SLEEP)
    write_record(service, dataclasses.replace(own_identity(), **change))

    assert service.leader is None
    # Were it taken for ours, the test itself would end here.
    assert processes.stop_services([service]) == []
    assert not service.record.exists()


def test_a_record_of_a_process_that_still_runs_is_believed(make_service: MakeService) -> None:
    service = make_service(SLEEP)
    write_record(service, own_identity())
    assert service.leader == own_identity()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_broken_record_is_no_record(make_service: MakeService, text: str) -> None:
    service = make_service(SLEEP)
    service.record.parent.mkdir()
    service.record.write_text(text)
    assert service.leader is None


def test_a_started_service_is_found_again(make_service: MakeService) -> None:
    service = make_service(SLEEP)
    service.start_process()

    again = dataclasses.replace(service)
    wait_for(lambda: pids(again))
    assert again.leader
    assert pids(again) == [again.leader.pid]
    assert os.getsid(again.leader.pid) == again.leader.pid
    assert service.record.stat().st_mode & 0o777 == 0o600


def test_stop_ends_the_children_too(make_service: MakeService) -> None:
    service = make_service(WITH_CHILD)
    service.start_process()
    wait_for(lambda: len(pids(service)) == 2)
    started = pids(service)

    assert processes.stop_services([service]) == sorted(started)
    assert pids(service) == []
    assert [pid for pid in started if identify_process(pid)] == []


def test_children_that_a_killed_service_left_are_found_and_ended(make_service: MakeService) -> None:
    service = make_service(WITH_CHILD)
    service.start_process()
    wait_for(lambda: len(pids(service)) == 2)
    assert service.leader
    os.kill(service.leader.pid, signal.SIGKILL)
    wait_for(lambda: service.leader is None)

    (left,) = pids(service)
    assert processes.stop_services([service]) == [left]
    assert identify_process(left) is None


def test_what_does_not_end_by_itself_is_killed(make_service: MakeService) -> None:
    service = make_service(STUBBORN)
    service.start_process()
    wait_for(lambda: len(pids(service)) == 2)
    started = time.monotonic()

    assert len(processes.stop_services([service], grace=0.3)) == 2
    assert pids(service) == []
    assert time.monotonic() - started >= 0.3


def test_the_same_service_of_another_lab_survives(
    make_service: MakeService, tmp_path: Path
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = make_service(SLEEP, home=tmp_path / "one")
    two = make_service(SLEEP, home=tmp_path / "two")
    one.start_process()
    two.start_process()
    wait_for(lambda: pids(one) and pids(two))

    processes.stop_services([one])
    assert pids(one) == []
    assert two.leader
    assert pids(two) == [two.leader.pid]


def test_a_process_with_the_same_command_survives(make_service: MakeService) -> None:
    service = make_service(SLEEP)
    service.start_process()
    with subprocess.Popen(service.command) as stray:
        wait_for(lambda: pids(service))
        processes.stop_services([service])
        alive = stray.poll() is None
        stray.kill()
    assert alive


def test_a_service_does_not_get_the_users_environment(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")
    monkeypatch.setenv("OS_PASSWORD", "secret")
    service = make_service("import os; print(dict(os.environ), flush=True)")
    service.start_process()
    wait_for(lambda: service.log.read_text())
    assert "192.0.2.1" not in service.log.read_text()
    assert "OS_PASSWORD" not in service.log.read_text()


def test_a_service_that_died_is_told_with_its_log(make_service: MakeService) -> None:
    service = make_service("raise SystemExit('no such configuration')")
    service.start_process()
    wait_for(lambda: service.leader is None and service.log.read_text())

    with pytest.raises(UnusableError) as told:
        service.require_alive()
    assert "sleeper died" in told.value.message
    assert "no such configuration" in told.value.message
    assert str(service.log) in told.value.advice


def test_memory_is_that_of_real_processes() -> None:
    # A Python is more than 2 MB, and a pid that does not exist adds nothing.
    mine = processes.measure_memory_mb([os.getpid()])
    assert 2 < mine < 4000
    assert processes.measure_memory_mb([2**30]) == 0
