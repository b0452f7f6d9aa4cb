"""How many examples a property is tried with."""

from hypothesis import settings


def scale_examples(count: int) -> int:
    """Return `count`, and ten times as many in the profile `search` (tox -e search)."""
    assert settings.default is not None
    return count * settings.default.max_examples // 100
