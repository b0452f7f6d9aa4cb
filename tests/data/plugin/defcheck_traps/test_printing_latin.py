"""A test that prints bytes of another encoding: a lone one begins a packet of subunit."""

import os

from tempest.api.object_storage import base
from tempest.lib import decorators


class PrintingLatin(base.BaseObjectTest):
    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1d01")
    def test_1_before(self):
        self.capabilities_client.list_capabilities()

    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1d02")
    def test_2_latin(self):
        os.write(1, "regi\xf3n, 5 m\xb3 ".encode("latin-1"))
        self.capabilities_client.list_capabilities()

    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1d03")
    def test_3_after(self):
        self.container_client.list_container_objects("no-such-container")
