"""Parse XML safely, piece by piece, within bounds; what was read before damage is kept."""

from collections.abc import Mapping
from typing import Protocol

from defcheck.errors import InputError
from defcheck.results.interface import Stream, UnlikeError, holds_nothing
from defcheck.results.ledger import Ledger
from defcheck.results.model import ResultSet

MAX_BYTES = 256 * 1024 * 1024
CHUNK = 256 * 1024
MAX_TOKEN = 4 * 1024 * 1024
"""Bytes of one tag or comment; expat looks at it anew with each chunk."""


class Document(Protocol):
    """What is called for each part of a document; it raises `UnlikeError` for a foreign root."""

    ledger: Ledger
    begun: bool
    """Whether it has the root that it must have."""

    calls: int
    """How many parts it has seen."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""

    def end(self, tag: str) -> None:
        """Take the end of an element."""

    def data(self, text: str) -> None:
        """Take some of the text of an element."""

    def comment(self, text: str) -> None:
        """Take a comment."""

    def close(self) -> None:
        """End the document."""

    def break_off(self) -> None:
        """Take that the document is cut off or damaged here."""


def read_document(document: Document, stream: Stream, where: str, kind: str) -> ResultSet:
    """Read XML to its end or its damage, and return what the ledger of `document` holds then.

    Raises `InputError` where it declares a type or entities or holds no
    result, `UnlikeError` where it is not XML with the right root.
    """
    # The whole XML machinery is loaded only where there is XML.
    from xml.parsers.expat import ExpatError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, XMLParser

    parser = XMLParser(target=document, forbid_dtd=True)
    try:
        _feed(parser, document, stream, where)
        parser.close()
    except DefusedXmlException as error:
        raise InputError(
            f"{where} is XML with a document type or entities, which no result file needs.",
            "Take the declaration out, or give the stream that it was made from.",
        ) from error
    except (ParseError, ExpatError, ValueError, LookupError) as error:
        if not document.begun:
            raise UnlikeError(f"{where} looks like XML and is not: {error}.") from error
        document.ledger.complain(f"the XML is cut off or damaged: {error}")
        document.break_off()
    found = document.ledger.results(kind)
    if not found.events:
        raise holds_nothing(where, found.problems)
    return found


def _feed(parser: object, document: Document, stream: Stream, where: str) -> None:
    size = silent = 0
    feed = parser.feed  # type: ignore[attr-defined]
    while chunk := stream.read1(CHUNK):
        calls = document.calls
        feed(chunk)
        size += len(chunk)
        silent = silent + len(chunk) if document.calls == calls else 0
        if size > MAX_BYTES or silent > MAX_TOKEN:
            what = MAX_BYTES if size > MAX_BYTES else MAX_TOKEN
            raise InputError(
                f"{where} is XML of more than {what // 2**20} MiB"
                + (".", " in one tag or comment.")[size <= MAX_BYTES],
                "Give the results of one run.",
            )
