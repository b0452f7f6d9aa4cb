"""A fact about a cloud: what was seen, or why it could not be."""

from dataclasses import KW_ONLY, dataclass
from typing import TypeAlias, TypeGuard, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unseen:
    """Stands where a fact could not be seen."""

    why: str
    """In words for a person, such as "this login may not ask (HTTP 403)"."""

    _: KW_ONLY
    refused: bool = False
    """Whether the service answers, but does not let this login see it (HTTP 401 or 403)."""

    unavailable: bool = False
    """Whether there was no answer, however often it was asked: it may be anything."""

    status: int = 0
    """The HTTP status of the answer, 0 where none came."""

    @property
    def absent(self) -> bool:
        """Whether the service answered that there is no such thing."""
        return self.status in (404, 405, 410)


Fact: TypeAlias = T | Unseen
"""A value, or why there is none."""


def seen(fact: Fact[T]) -> TypeGuard[T]:
    """Return whether there is a value."""
    return not isinstance(fact, Unseen)


def known(fact: Fact[T], otherwise: T) -> T:
    """Return the value, `otherwise` where it could not be seen."""
    return otherwise if isinstance(fact, Unseen) else fact
