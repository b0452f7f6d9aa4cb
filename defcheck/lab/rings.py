"""Creates Swift's rings: `rings.py FOLDER HOST KIND=PORT...`.

Run as a program by the lab's own Python, since only that one has Swift installed.
"""

import importlib
import sys
from pathlib import Path

DEVICE = "disk"
"""The only device: a folder with this name."""

PART_POWER = 6
"""2**6 = 64 partitions, which is plenty for one device."""


def main(folder: Path, host: str, ports: dict[str, int]) -> None:
    """Write a ring with one device and one replica for each kind of storage."""
    builder_class = importlib.import_module("swift.common.ring").RingBuilder
    for kind, port in ports.items():
        builder = builder_class(PART_POWER, replicas=1, min_part_hours=0)
        place = {"ip": host, "port": port, "replication_ip": host, "replication_port": port}
        builder.add_dev(
            {"region": 1, "zone": 1, "device": DEVICE, "weight": 1.0, "meta": "", **place}
        )
        builder.rebalance()
        builder.get_ring().save(str(folder / f"{kind}.ring.gz"))


if __name__ == "__main__":
    pairs = (argument.split("=") for argument in sys.argv[3:])
    main(Path(sys.argv[1]), sys.argv[2], {kind: int(port) for kind, port in pairs})
