"""A module whose own set-up fails."""

from tempest.api.object_storage import base
from tempest.lib import decorators


def setUpModule():
    raise RuntimeError("no module today")


class Inside(base.BaseObjectTest):
    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1e01")
    def test_never(self):
        self.capabilities_client.list_capabilities()
