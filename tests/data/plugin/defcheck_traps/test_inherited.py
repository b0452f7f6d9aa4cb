"""A class that inherits tests of Tempest's, and their ids with them."""

from tempest.api.object_storage import test_container_quotas


class DerivedQuotasTest(test_container_quotas.ContainerQuotasTest):
    pass
