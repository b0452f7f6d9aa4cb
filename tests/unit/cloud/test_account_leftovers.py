"""What keeps a project of a run's users: what is in it, or could not be seen."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from keystoneauth1 import exceptions

from defcheck.cloud.accounts.leftovers import _left
from defcheck.cloud.leftovers.collection import Collection, Scope
from defcheck.cloud.leftovers.model import Kind, Thing
from defcheck.cloud.leftovers.services import Service


class Refusing(Collection):
    """Containers that answer with an error."""

    error: Exception

    def find(self, _: Scope) -> Iterator[Thing]:
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
    refusing = Refusing(Kind.CONTAINER, "object_store", "", "", "")
    object.__setattr__(refusing, "error", error)
    service = Service("object-store", frozenset({"object-store"}), (refusing,))
    found = list(_left(service, SimpleNamespace(), "p", ()))
    assert [one.startswith("containers that could not be seen") for one in found] == [True] * keeps
