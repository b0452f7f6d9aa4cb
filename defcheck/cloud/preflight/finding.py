"""What the preflight finds: fine, harmful to named tests, or not to be seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What something in a cloud means for a run."""

    FINE = "fine"
    HARMS = "harms tests"
    """It will make the named tests fail or skip."""

    UNSEEN = "not seen"
    """It could not be seen, although the tests depend on it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    topic: str
    """Under which heading it stands, such as compute."""

    subject: str
    """What was looked at, such as flavors."""

    state: State
    what: str
    """What was seen, or why it could not be."""

    advice: str = ""
    tests: tuple[str, ...] = ()
    """Names of the demanded tests that will fail or skip, or may where it was not seen; sorted."""

    hopeless: bool = False
    """Whether a run proves nothing about those tests until it is mended."""

    given: bool = False
    """Whether it is a file of the user's that is wrong, not the cloud."""

    skips: bool = False
    """Whether the tests are skipped, which some guidelines allow."""


def fine(topic: str, subject: str, what: str) -> Finding:
    """Return what is as the tests need it."""
    return Finding(topic, subject, State.FINE, what)


def harm(
    topic: str,
    subject: str,
    what: str,
    advice: str,
    tests: Iterable[str],
    *,
    hopeless: bool = False,
    given: bool = False,
) -> Finding:
    """Return what is not as tests need it; fine where none of them is demanded."""
    named = tuple(sorted(set(tests)))
    if not named:
        return Finding(topic, subject, State.FINE, f"{what}; no demanded test needs it")
    return Finding(topic, subject, State.HARMS, what, advice, named, hopeless, given)


def unseen(
    topic: str, subject: str, why: str, advice: str = "", tests: Iterable[str] = ()
) -> Finding:
    """Return what the tests depend on and could not be seen; `tests` may suffer from it."""
    return Finding(topic, subject, State.UNSEEN, why, advice, tuple(sorted(tests)))
