"""How many capabilities are proved, and how many no test can prove."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

STATES = {"pass": "passed", "fail": "failed", "incomplete": "incomplete"}
"""Judgements of capabilities that tests can prove, and what their number is called."""

UNPROVABLE = {"flagged": "with only flagged tests", "untested": "without tests"}
"""Judgements of the others, and why."""


def count_capabilities(capabilities: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Return how many capabilities are in which state.

    The total is that of those that tests can prove: passed, failed and
    incomplete add up to it. `flagged` and `untested` come on top of it.
    """
    found = Counter(item["judgement"] for item in capabilities)
    return {
        "total": sum(found[judgement] for judgement in STATES),
        **{name: found[judgement] for judgement, name in STATES.items()},
        **{judgement: found[judgement] for judgement in UNPROVABLE},
    }


def describe_unprovable(counts: dict[str, int]) -> str:
    """Return how many capabilities are not in the total and why; nothing where all are."""
    return ", ".join(
        f"{counts[judgement]} {why}" for judgement, why in UNPROVABLE.items() if counts[judgement]
    )


def describe_proved(capabilities: Iterable[dict[str, Any]]) -> str:
    """Return how many of some capabilities are proved, as `16 of 18 proved, 1 without tests`."""
    counts = count_capabilities(capabilities)
    proved = f"{counts['passed']} of {counts['total']} proved"
    return ", ".join(filter(None, (proved, describe_unprovable(counts))))
