"""What is taken out of documents before they are shown: secrets always, names where asked."""

from collections.abc import Collection
from typing import Any

import click

from defcheck.errors import InputError
from defcheck.secrecy import PROCESS

KEPT = frozenset(
    {
        *("format", "defcheck", "verdict", "guideline", "target", "policy", "sha256", "cpid"),
        *("idempotent_id", "aliases", "found", "worker", "started", "finished", "tempest"),
        *("python", "description", "component", "flag", "origin"),
    }
)
"""Keys of what is left as it is: facts that are published, sums and times."""


def parse_kinds(
    ctx: click.Context | None, param: click.Parameter | None, value: str
) -> tuple[str, ...]:
    """Split the kinds of `--redact`; raise `InputError` for an unknown one."""
    from defcheck.redaction.pseudonyms import KINDS

    kinds = tuple(dict.fromkeys(word.strip() for word in value.split(",") if word.strip()))
    for kind in kinds:
        if kind not in KINDS:
            raise InputError(
                f"There is nothing called {kind} to redact.", f"Known are {', '.join(KINDS)}."
            )
    return kinds


redact_option = click.option(
    "--redact",
    "kinds",
    default="",
    metavar="KINDS",
    callback=parse_kinds,
    help="Put others in the place of addresses (IP addresses and hosts), of names (of hosts, "
    "projects, users, domains, clouds), or with a comma of both, the same for the same one. "
    "Secrets are never shown.",
)


def shown(document: dict[str, Any], kinds: Collection[str] = ()) -> dict[str, Any]:
    """Return a document without what this process knows to be secret.

    What `kinds` names has other names in it; its verdict stays.
    """
    from defcheck.redaction.documents import redacted

    if PROCESS.values:
        document = redacted(document, PROCESS.text, KEPT)
    if not kinds:
        return document
    from defcheck.redaction.pseudonyms import Pseudonyms, texts

    names = Pseudonyms(kinds, _clouds(document))
    for text in texts({key: document[key] for key in document if key not in KEPT}):
        names.learn(text)
    found: dict[str, Any] = redacted(document, names.text, KEPT)
    return found


def _clouds(document: object) -> list[str]:
    """Return the names of clouds in a document, however deep."""
    if isinstance(document, dict):
        own = document.get("cloud")
        named = own.get("name") if isinstance(own, dict) else own
        found = [named] if isinstance(named, str) else []
        return [*found, *(name for value in document.values() for name in _clouds(value))]
    if isinstance(document, list):
        return [name for value in document for name in _clouds(value)]
    return []
