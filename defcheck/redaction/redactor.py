"""Redact texts and documents: what is known to be secret, and what looks like a secret."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from defcheck.redaction.known_secrets import KnownSecrets
from defcheck.redaction.pseudonyms import Pseudonyms
from defcheck.redaction.secret_names import is_secret_name
from defcheck.redaction.secrets import HARMLESS, MARK, redact_secrets


def redact_document(
    document: Any, redact_text: Callable[[str], str], keep: Collection[str] = ()
) -> Any:
    """Return a document with every text redacted.

    A value whose key names a secret is a secret; values under the keys `keep` stay
    unchanged.
    """
    if isinstance(document, str):
        return redact_text(document)
    if isinstance(document, list | tuple):
        return type(document)(redact_document(one, redact_text, keep) for one in document)
    if isinstance(document, dict):
        return {
            key: value
            if key in keep
            else MARK.decode()
            if _is_secret_value(key, value)
            else redact_document(value, redact_text, keep)
            for key, value in document.items()
        }
    return document


def find_document_secrets(document: Any) -> Iterator[str]:
    """Yield each text whose key names a secret, at any depth of a document."""
    if isinstance(document, dict):
        for key, value in document.items():
            if _is_secret_value(key, value):
                yield value
            else:
                yield from find_document_secrets(value)
    elif isinstance(document, list | tuple):
        for one in document:
            yield from find_document_secrets(one)


def _is_secret_value(key: object, value: object) -> bool:
    """Return whether a value is a secret by its key, and not a placeholder for none."""
    return (
        isinstance(key, str)
        and isinstance(value, str)
        and is_secret_name(key.encode("utf-8", "surrogatepass"))
        and not HARMLESS.match(value.encode("utf-8", "surrogatepass"))
    )


MAX_ROUNDS = 4
"""Passes over a text in which something was replaced; more than one is rarely needed."""

__all__ = ["MARK", "Redactor"]


class Redactor:
    """Removes secrets from texts; never raises, and is idempotent.

    `known` are secret values, replaced wherever they occur; `pseudonyms` also replaces the
    addresses and names that it has learned with placeholders.
    """

    def __init__(self, known: Iterable[str] = (), pseudonyms: Pseudonyms | None = None) -> None:
        self._known = KnownSecrets(known)
        self._pseudonyms = pseudonyms

    def redact_text(self, text: str) -> str:
        """Return the text, redacted."""
        data = text.encode("utf-8", "surrogatepass")
        clean = self.redact_bytes(data)
        return text if clean == data else clean.decode("utf-8", "surrogatepass")

    def redact_bytes(self, data: bytes) -> bytes:
        """Return bytes of text, UTF-8 or not, redacted."""
        for _ in range(MAX_ROUNDS):
            before = data
            data = redact_secrets(self._known.redact_bytes(data))
            if data == before:
                break
        return self._pseudonyms.replace_in_bytes(data) if self._pseudonyms else data


class SecretRegister:
    """The known secrets, and their redaction from texts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self._redactor = Redactor()

    def add_secrets(self, *values: object) -> None:
        """Add secret values; anything empty or not a text is ignored."""
        new = {value for value in values if isinstance(value, str) and value}
        with self._lock:
            if not new <= self._values:
                self._values |= new
                self._redactor = Redactor(self._values)

    def add_from_document(self, document: Any) -> None:
        """Add the values of keys that name secrets, at any depth of a mapping."""
        self.add_secrets(*find_document_secrets(document))

    @property
    def values(self) -> list[str]:
        """All known secrets, for another process that must redact them too."""
        with self._lock:
            return sorted(self._values)

    def redact_text(self, text: str) -> str:
        """Return a text without secrets: the known ones, and those of known names and forms."""
        return self._redactor.redact_text(text)


PROCESS_SECRETS = SecretRegister()
"""What this process knows."""
