"""Find out by its content which format a source has."""

from dataclasses import replace

from defcheck.errors import InputError
from defcheck.results import jenkins, json_file, junit, subunit
from defcheck.results.intake import Source
from defcheck.results.interface import KINDS, UnlikeError, describe_no_results
from defcheck.results.lookalikes import recognise
from defcheck.results.model import ResultSet

READERS = (json_file.READER, junit.READER, jenkins.READER, subunit.VERSION_2, subunit.VERSION_1)
"""In the order in which they are asked; each may find out that it is another format.

Text of a version 1 stream may hold the byte that begins a packet of version 2
by chance, but no whole packet."""


def read(source: Source) -> ResultSet:
    """Read a source; raise `InputError` when there is no test in it.

    What can be unpacked of a damaged gzip file is read, with a problem.
    """
    head = source.head()
    if not head and not source.damage:
        raise InputError(f"{source.where} is empty.", KINDS)
    try:
        return _read(source, head)
    except InputError as error:
        known = recognise(head, source.where)
        if known is None:
            raise
        raise known from error


def _read(source: Source, head: bytes) -> ResultSet:
    said = ""
    for reader in READERS:
        if not reader.looks_like(head):
            continue
        try:
            with source.reading() as stream:
                found = reader.read(stream, source.where)
        except UnlikeError as unlike:
            said = said or str(unlike)
            continue
        if source.damage:
            damage = f"the gzip file is damaged: {source.damage}"
            found = replace(found, problems=(*found.problems, damage))
        return found
    if source.damage:
        raise InputError(f"{source.where} is damaged: {source.damage}.", KINDS)
    raise InputError(said or describe_no_results(source.where), KINDS)
