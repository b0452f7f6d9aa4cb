"""Tests that expect to fail."""

import unittest

from tempest.api.object_storage import base
from tempest.lib import decorators, exceptions


class Expectations(base.BaseObjectTest):
    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1b01")
    @unittest.expectedFailure
    def test_expected_failure(self):
        self.container_client.list_container_objects("no-such-container")

    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1b02")
    @unittest.expectedFailure
    def test_unexpected_success(self):
        self.capabilities_client.list_capabilities()

    @decorators.idempotent_id("0d6a7cf2-2f3c-4a52-9a4e-6f0b6e1f1b03")
    def test_pass(self):
        self.assertRaises(  # noqa: PT027
            exceptions.NotFound, self.container_client.list_container_objects, "no-such-container"
        )
