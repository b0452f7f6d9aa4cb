"""What keeps a project of a run's users: what is in it, or could not be seen."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from keystoneauth1 import exceptions

from defcheck.cloud.accounts.removal import _list_service_leftovers
from defcheck.cloud.cleanup.collection import ListingScope, ResourceCollection
from defcheck.cloud.cleanup.ownership import CloudResource, ResourceKind
from defcheck.cloud.cleanup.services import ScannedService


class Refusing(ResourceCollection):
    """Containers that answer with an error."""

    error: Exception

    def list_resources(self, _: ListingScope) -> Iterator[CloudResource]:
        raise self.error


@pytest.mark.parametrize(
    ("error", "keeps"),
    [
        (exceptions.Forbidden(), False),
        (exceptions.Unauthorized(), False),
        (exceptions.ServiceUnavailable(), True),
        (exceptions.NotFound(), True),
        (ConnectionError(), True),
    ],
)
def test_what_a_user_may_not_even_list_it_has_not_created(error: Exception, keeps: bool) -> None:
    refusing = Refusing(ResourceKind.CONTAINER, "object_store", "", "", "")
    object.__setattr__(refusing, "error", error)
    service = ScannedService("object-store", frozenset({"object-store"}), (refusing,))
    found = list(_list_service_leftovers(service, SimpleNamespace(), "p", ()))
    assert [one.startswith("containers that could not be listed") for one in found] == [
        True
    ] * keeps
