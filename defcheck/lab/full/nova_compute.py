"""Runs nova-compute with a driver that boots nothing: `nova_compute.py --config-file FILE`.

Run as a program by the lab's own Python, since only that one has Nova installed. The
driver is Nova's own fake driver with two additions: a snapshot results in a usable
image, and the node keeps its id, so that the service can be restarted.
"""

import importlib
import io
import sys
from types import ModuleType
from typing import Any

MODULE, CLASS = "defcheck_lab", "LabDriver"

DRIVER = f"{MODULE}.{CLASS}"
"""As in nova.conf. Nova finds drivers only in its own package nova.virt."""

SNAPSHOT_CONTENT = bytes(65536)
"""The content of a server's image."""


def make_driver() -> type:
    """Return the driver's class."""
    fake: Any = importlib.import_module("nova.virt.fake")
    node: Any = importlib.import_module("nova.virt.node")
    glance: Any = importlib.import_module("nova.image.glance")

    class LabDriver(fake.FakeDriver):  # type: ignore[misc]
        """A driver with fake servers."""

        def get_available_resource(self, nodename: str) -> Any:
            """Return the node's resources, under its persistent id."""
            resources = super().get_available_resource(nodename)
            if resources:
                resources["uuid"] = node.get_local_node_uuid()
            return resources

        def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
            """Return the node's persistent id and its name."""
            return {node.get_local_node_uuid(): name for name in self.get_available_nodes()}

        def snapshot(self, context: Any, instance: Any, image_id: str, update_state: Any) -> None:
            """Upload an image of zeros."""
            super().snapshot(context, instance, image_id, update_state)
            api = glance.API()
            image = {
                "name": api.get(context, image_id).get("name"),
                "disk_format": "raw",
                "container_format": "bare",
                "status": "active",
                "properties": {},
            }
            api.update(context, image_id, image, io.BytesIO(SNAPSHOT_CONTENT), purge_props=False)

    return LabDriver


def main() -> None:
    """Run nova-compute."""
    # Must come first, since it replaces parts of the standard library.
    command: Any = importlib.import_module("nova.cmd.compute")
    module = ModuleType(f"nova.virt.{MODULE}")
    setattr(module, CLASS, make_driver())
    sys.modules[module.__name__] = module
    sys.argv[0] = "nova-compute"
    command.main()


if __name__ == "__main__":
    main()
