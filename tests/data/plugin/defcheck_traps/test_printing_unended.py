"""A test that prints without an end of line; the last byte of ³ begins a packet of subunit."""

from tempest.api.object_storage import base
from tempest.lib import decorators


class PrintingUnended(base.BaseObjectTest):
    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1d11")
    def test_1_before(self):
        self.capabilities_client.list_capabilities()

    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1d12")
    def test_2_unended(self):
        print("³", end="", flush=True)
        self.capabilities_client.list_capabilities()

    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1d13")
    def test_3_fails(self):
        self.container_client.list_container_objects("no-such-container")
