"""What a server tells of a result, in words that are safe to show."""

from typing import Any

from defcheck.report.clean import clean_line


def verified(item: dict[str, Any]) -> str:
    """Return whether the foundation marked a result as verified (RefStack: status 1)."""
    return "yes" if item.get("verification_status") == 1 else "no"


def meta(item: dict[str, Any]) -> str:
    """Return what was said of a result, as `key=value, …`."""
    said = item.get("meta")
    pairs = sorted(said.items()) if isinstance(said, dict) else []
    return clean_line(", ".join(f"{key}={value}" for key, value in pairs))
