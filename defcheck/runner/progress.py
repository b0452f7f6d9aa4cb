"""How far a class of tests has come, as the packets of its worker tell."""

from collections.abc import Collection
from io import BytesIO

from defcheck.results.packets import Packet, Packets

ENDINGS = ("success", "uxsuccess", "skip", "fail", "xfail")


class Progress:
    """Which tests of a class have begun and ended."""

    def __init__(self, owner: str, tests: Collection[str]) -> None:
        self.owner = owner
        self._left = set(tests)
        self._running: dict[str, None] = {}
        self._begun = False

    def take(self, packets: bytes) -> None:
        """Take whole packets."""
        for packet in Packets(BytesIO(packets)):
            if not isinstance(packet, Packet) or packet.test_id is None:
                continue
            if packet.status == "inprogress":
                self._begun = True
                self._running[packet.test_id] = None
            elif packet.status in ENDINGS:
                self._begun = True
                self._running.pop(packet.test_id, None)
                self._left.discard(packet.test_id)

    @property
    def fixture(self) -> str:
        """The fixture that the class must be in where no test is, empty where one is.

        Empty also between two tests, where those that never began tell enough.
        """
        if not self._begun:
            return f"setUpClass ({self.owner})"
        return "" if self._running or self._left else f"tearDownClass ({self.owner})"

    @property
    def doing(self) -> tuple[str, ...]:
        """What the class is in the middle of: its tests, else a fixture."""
        return tuple(self._running) or (self.fixture or f"tearDownClass ({self.owner})",)
