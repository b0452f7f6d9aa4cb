"""Tests that exist once for each scenario."""

import testscenarios
from tempest.api.object_storage import base
from tempest.lib import decorators

load_tests = testscenarios.load_tests_apply_scenarios


class Objects(base.BaseObjectTest):
    scenarios = [("empty", {"data": b""}), ("one byte", {"data": b"x"})]  # noqa: RUF012

    @classmethod
    def resource_cleanup(cls):
        cls.delete_containers()
        super().resource_cleanup()

    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1a01")
    @decorators.attr(type="smoke")
    def test_store(self):
        name, _ = self.create_object(self.create_container(), data=self.data)
        _, stored = self.object_client.get_object(self.containers[-1], name)
        self.assertEqual(self.data, stored)  # noqa: PT009

    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1a02")
    @decorators.attr(type="smoke")
    def test_store_something(self):
        name, _ = self.create_object(self.create_container(), data=self.data)
        _, stored = self.object_client.get_object(self.containers[-1], name)
        self.assertNotEqual(b"", stored)  # noqa: PT009
