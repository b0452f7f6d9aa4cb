"""What holds for all tests: how properties are tried, and which signals processes receive."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Texts are of one width: in a worker of pytest-xdist, GNU readline sets that of a terminal.
for name in ("COLUMNS", "LINES"):
    os.environ.pop(name, None)

# No test asserts a time, and what failed once fails again: the same examples each time.
settings.register_profile(
    "same",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# Other examples each time, and ten times as many, to search for faults: tox -e search
settings.register_profile(
    "search", settings.get_profile("same"), max_examples=1000, derandomize=False, print_blob=True
)
settings.load_profile("same")


@pytest.fixture(scope="session", autouse=True)
def default_signals() -> Iterator[None]:
    """Give every process that a test starts the default signal handlers.

    A background job of a shell ignores SIGINT, nohup ignores SIGHUP, and
    processes inherit that. A signal with a handler is reset to its default
    instead; the handler here does nothing, so that pytest goes on ignoring it.
    """
    ignored = [
        number
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is signal.SIG_IGN
    ]
    for number in ignored:
        signal.signal(number, lambda *_: None)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
