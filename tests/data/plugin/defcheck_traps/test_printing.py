"""Tests that print whole lines to the standard output, on which the stream goes too."""

from tempest.api.object_storage import base
from tempest.lib import decorators


class Printing(base.BaseObjectTest):
    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1c01")
    def test_1_ascii(self):
        print("asking what the cloud can")
        self.capabilities_client.list_capabilities()

    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1c02")
    def test_2_utf8(self):
        print("región: 5 m³", flush=True)
        self.capabilities_client.list_capabilities()

    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1c03")
    def test_3_fails(self):
        print("ó³ó³", flush=True)
        self.container_client.list_container_objects("no-such-container")

    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1c04")
    def test_4_after_it(self):
        self.capabilities_client.list_capabilities()
