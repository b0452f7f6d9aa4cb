"""Take secrets out of JSON-ready documents, text by text, and leave the rest as it is."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from defcheck.redaction.names import is_secret
from defcheck.redaction.secrets import MARK
from defcheck.redaction.values import HARMLESS


def redacted(document: Any, clean: Callable[[str], str], keep: Collection[str] = ()) -> Any:
    """Return a document with each text in it cleaned.

    What stands under a name of a secret is one; what stands under a name of
    `keep` is left as it is.
    """
    if isinstance(document, str):
        return clean(document)
    if isinstance(document, list | tuple):
        return type(document)(redacted(one, clean, keep) for one in document)
    if isinstance(document, dict):
        return {
            key: value
            if key in keep
            else MARK.decode()
            if _is_told(key, value)
            else redacted(value, clean, keep)
            for key, value in document.items()
        }
    return document


def secrets_in(document: Any) -> Iterator[str]:
    """Yield each text that stands under a name of a secret, however deep in a document."""
    if isinstance(document, dict):
        for key, value in document.items():
            if _is_told(key, value):
                yield value
            else:
                yield from secrets_in(value)
    elif isinstance(document, list | tuple):
        for one in document:
            yield from secrets_in(one)


def _is_told(key: object, value: object) -> bool:
    """Return whether a value is a secret, by its key, and not only the lack of one."""
    return (
        isinstance(key, str)
        and isinstance(value, str)
        and is_secret(key.encode("utf-8", "surrogatepass"))
        and not HARMLESS.match(value.encode("utf-8", "surrogatepass"))
    )
