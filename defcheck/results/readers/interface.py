"""What the readers share: the reader interface, its errors, and safe parsing of XML."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from defcheck.errors import InputError
from defcheck.results.models import ResultSet
from defcheck.results.result_set import ResultBuilder

SOURCE_ADVICE = (
    "Give a run directory, a subunit stream (version 1 or 2), a stestr or testr repository, "
    "a JUnit XML file, a rally verification report (JSON or JUnit XML), a RefStack JSON file, "
    "or - for standard input."
)


class Stream(Protocol):
    """Unpacked content from its beginning."""

    def read1(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none only at the end."""


class WrongFormatError(Exception):
    """The content is not in this format; another reader may accept it."""


@dataclass(frozen=True, slots=True)
class ResultReader:
    """How to read one format."""

    looks_like: Callable[[bytes], bool]
    """Whether content that begins with these bytes, none of them blank at the
    beginning, may be of the format."""

    read: Callable[[Stream, str], ResultSet]
    """Reads content that the second argument names in messages. Raises `WrongFormatError`
    where it is of another format, `InputError` where it is of this one and
    cannot be used."""


def read_all(stream: Stream, limit: int) -> bytes | None:
    """Return everything, None where that is more than `limit` bytes."""
    content = bytearray()
    while chunk := stream.read1(128 * 1024):
        content += chunk
        if len(content) > limit:
            return None
    return bytes(content)


def build_no_results_error(where: str, problems: Sequence[str] = ()) -> InputError:
    """Return the error for content in a known format without results."""
    return InputError(describe_no_results(where, problems), SOURCE_ADVICE)


def describe_no_results(where: str, problems: Sequence[str] = ()) -> str:
    """Return the message that there is no result, with the first problem as the cause."""
    cause = f": {problems[0]}" if problems else ""
    return f"{where} contains no test result{cause}."


MAX_BYTES = 256 * 1024 * 1024
CHUNK = 256 * 1024
MAX_TOKEN = 4 * 1024 * 1024
"""Bytes of one tag or comment; expat looks at it anew with each chunk."""


class XmlDocument(Protocol):
    """Handlers for the parts of a document; raises `WrongFormatError` for a foreign root."""

    builder: ResultBuilder
    begun: bool
    """Whether it has the root that it must have."""

    parts_seen: int
    """How many parts it has seen."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Handle the start of an element."""

    def end(self, tag: str) -> None:
        """Handle the end of an element."""

    def data(self, text: str) -> None:
        """Handle a piece of the text of an element."""

    def comment(self, text: str) -> None:
        """Handle a comment."""

    def close(self) -> None:
        """End the document."""

    def break_off(self) -> None:
        """Handle a document that is truncated or damaged here."""


def read_xml(document: XmlDocument, stream: Stream, where: str, result_format: str) -> ResultSet:
    """Read XML to its end or its damage, and return what the ledger of `document` holds then.

    Raises `InputError` where it declares a type or entities or holds no
    result, `WrongFormatError` where it is not XML with the right root.
    """
    # The whole XML machinery is loaded only where there is XML.
    from xml.parsers.expat import ExpatError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, XMLParser

    parser = XMLParser(target=document, forbid_dtd=True)
    try:
        _feed_parser(parser, document, stream, where)
        parser.close()
    except DefusedXmlException as error:
        raise InputError(
            f"{where} is XML with a document type or entities, which no result file needs.",
            "Remove the declaration, or give the original stream.",
        ) from error
    except (ParseError, ExpatError, ValueError, LookupError) as error:
        if not document.begun:
            raise WrongFormatError(f"{where} looks like XML but is not: {error}.") from error
        document.builder.add_problem(f"the XML is cut off or damaged: {error}")
        document.break_off()
    found = document.builder.build_results(result_format)
    if not found.events:
        raise build_no_results_error(where, found.problems)
    return found


def _feed_parser(parser: object, document: XmlDocument, stream: Stream, where: str) -> None:
    size = silent = 0
    feed = parser.feed  # type: ignore[attr-defined]
    while chunk := stream.read1(CHUNK):
        calls = document.parts_seen
        feed(chunk)
        size += len(chunk)
        silent = silent + len(chunk) if document.parts_seen == calls else 0
        if size > MAX_BYTES or silent > MAX_TOKEN:
            what = MAX_BYTES if size > MAX_BYTES else MAX_TOKEN
            raise InputError(
                f"{where} is XML of more than {what // 2**20} MiB"
                + (".", " in one tag or comment.")[size <= MAX_BYTES],
                "Give the results of one run.",
            )
