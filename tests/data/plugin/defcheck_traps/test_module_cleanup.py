"""A module whose own tear-down fails."""

from tempest.api.object_storage import base
from tempest.lib import decorators


def tearDownModule():
    raise RuntimeError("cannot clean up")


class Inside(base.BaseObjectTest):
    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1f01")
    def test_pass(self):
        self.capabilities_client.list_capabilities()
