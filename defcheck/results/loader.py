"""Load results from a path, standard input or bytes; detect the format by its content.

Each lookalike was tested with files that the programs themselves wrote; they are
checked only if no reader accepts the content.
"""

import io
import re
from dataclasses import dataclass, replace
from pathlib import Path

from defcheck.errors import InputError
from defcheck.results import source_files
from defcheck.results.models import ResultSet
from defcheck.results.readers import jenkins, json_files, junit, subunit
from defcheck.results.readers.interface import SOURCE_ADVICE, WrongFormatError, describe_no_results
from defcheck.results.source_files import ResultSource

SUBUNIT_ADVICE = (
    "Give the results themselves: `stestr last --subunit > results.subunit` writes them, in the "
    "folder in which Tempest ran (`testr last --subunit` with testrepository)."
)
RALLY_ADVICE = "Give its results as JSON: `rally verify report --type json --to results.json`."
JUNIT_ADVICE = "Give the JUnit XML file that it was made from, or better the subunit stream."

MAX_HEAD = 16 * 1024
"""Bytes from the beginning that are searched for a sign."""


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A kind of file without readable results."""

    description: str
    """Completes the sentence `FILE is …`."""

    advice: str
    sign: re.Pattern[str]
    """Found at the beginning of the text, without colours and blanks before it."""


def _build_lookalike(what: str, advice: str, sign: str) -> Lookalike:
    return Lookalike(what, advice, re.compile(sign, re.IGNORECASE | re.DOTALL))


_HTML = r"(<\?xml[^>]*\?>\s*)?(<!--.{0,400}?-->\s*)?(<!doctype html|<html)"

LOOKALIKES = (
    _build_lookalike(
        "an HTML page made by subunit2html, not results", SUBUNIT_ADVICE, _HTML + ".*subunit2html"
    ),
    _build_lookalike(
        "an HTML page made by rally, not results", RALLY_ADVICE, _HTML + r".*<title>\s*Rally"
    ),
    _build_lookalike(
        "an HTML page made by pytest, not results", JUNIT_ADVICE, _HTML + r".*pytest[.-]html"
    ),
    _build_lookalike("an HTML page, not results", SUBUNIT_ADVICE, _HTML),
    _build_lookalike(
        "the output of tempest or stestr, not results",
        SUBUNIT_ADVICE,
        r"(\d{4}-\d\d-\d\d [\d:.]+ \| ([\w-]+ \| )?)?\{\d+\} \S.* \.\.\. ",
    ),
    _build_lookalike(
        "the Zuul log of a job, not results", SUBUNIT_ADVICE, r"\d{4}-\d\d-\d\d [\d:.]+ \| "
    ),
    _build_lookalike(
        "Tempest's log, not results",
        SUBUNIT_ADVICE,
        r"\d{4}-\d\d-\d\d [\d:.,]+ \d+ [A-Z]+ [\w.]+ .*\[?",
    ),
    _build_lookalike(
        "the output of stestr when test discovery failed, not results",
        "No test ran: fix the import errors, then run the tests again.",
        r"=+\s+Failures during discovery|--- import errors ---",
    ),
    _build_lookalike(
        "the output of pytest, not results", JUNIT_ADVICE, r"=+ test session starts =+"
    ),
    _build_lookalike(
        "the output of a test runner, not results",
        SUBUNIT_ADVICE,
        r"(running=|Tests running\.\.\.|Running tests\.\.\.|=+\s+(FAIL|ERROR)[ :\[]|=+\s+Totals\s)",
    ),
    _build_lookalike(
        "the output of rally, not results", RALLY_ADVICE, r"\+-+\+.*\| name .*\| status "
    ),
    _build_lookalike(
        "a table from a test runner, not results",
        SUBUNIT_ADVICE,
        r"\+-+\+|Test id\s.*Runtime",
    ),
    _build_lookalike(
        "a list of tests in CSV, not results with their reasons",
        SUBUNIT_ADVICE,
        r"test,status,start",
    ),
    _build_lookalike("an export of Allure, not results", JUNIT_ADVICE, r'"Status","Start Time"'),
    _build_lookalike(
        "TAP output, which does not report skipped classes",
        SUBUNIT_ADVICE,
        "TAP version",
    ),
    _build_lookalike("a list of tests to skip, not results", SUBUNIT_ADVICE, r"known_failures:"),
    _build_lookalike(
        "what functest or xtesting sent to its database, without a result for each test",
        "Give the `subunit_stream` from the same run's result folder.",
        r'\{.*"(project_name|case_name)"\s*:.*"(criteria|details)"\s*:'
        r'|\{.*"(criteria|details)"\s*:.*"(project_name|case_name)"\s*:',
    ),
    _build_lookalike(
        "results of rally before 0.8, a format that is not supported",
        "Write them again with a current rally, `rally verify report --type json`, or give the "
        "subunit stream.",
        r'\{.*"test_cases"\s*:\s*[{\[]|\{.*"tests"\s*:\s*\d+\s*[,}].*"(errors|failures)"\s*:'
        r'|\{.*"(errors|failures)"\s*:.*"tests"\s*:\s*\d+\s*[,}]',
    ),
    _build_lookalike(
        "an Allure file for one test or class", JUNIT_ADVICE, r'\{.*"(historyId|befores)"\s*:'
    ),
    _build_lookalike("a ZIP archive", "Unpack it, and give the results inside.", r"PK\x03\x04"),
    _build_lookalike("a SQLite database", SUBUNIT_ADVICE, r"SQLite format 3"),
    _build_lookalike(
        "XML with other text before it: results may be lost there",
        "Write it again without the output of other programs, as `subunit2junitxml "
        "--no-passthrough -o FILE` does, or give the original stream.",
        r"(?!<[?!a-z]).{1,4000}?(<\?xml |<testsuites?[ >])",
    ),
    _build_lookalike(
        "a list of tests, not results",
        SUBUNIT_ADVICE,
        r"(\w+\.)+\w+(\[[^\]\s]*\])?(\(\S*\))?\s*(\n(\w+\.)+\w+(\[[^\]\s]*\])?(\(\S*\))?\s*)*\Z",
    ),
)

_COLOUR = re.compile(r"\x1b\[[\d;]*m")


def recognise_lookalike(head: bytes, where: str) -> InputError | None:
    """Return the error for content that begins with `head`; None for an unknown kind."""
    text = _COLOUR.sub("", head[:MAX_HEAD].decode("utf-8", "replace")).lstrip("\ufeff \t\r\n")
    for each in LOOKALIKES:
        if each.sign.match(text):
            return InputError(f"{where} is {each.description}.", each.advice)
    return None


FORMAT_READERS = (
    json_files.JSON_READER,
    junit.JUNIT_READER,
    jenkins.JENKINS_READER,
    subunit.V2_READER,
    subunit.V1_READER,
)
"""In the order in which they are tried; each may reject the content.

Text in a version 1 stream may contain the first byte of a version 2 packet by chance,
but not a whole packet."""


def read_any_format(source: ResultSource) -> ResultSet:
    """Read a source; raise `InputError` when there is no test in it.

    The readable part of a damaged gzip file is read, with a problem.
    """
    head = source.read_head()
    if not head and not source.damage:
        raise InputError(f"{source.where} is empty.", SOURCE_ADVICE)
    try:
        return _try_readers(source, head)
    except InputError as error:
        known = recognise_lookalike(head, source.where)
        if known is None:
            raise
        raise known from error


def _try_readers(source: ResultSource, head: bytes) -> ResultSet:
    said = ""
    for reader in FORMAT_READERS:
        if not reader.looks_like(head):
            continue
        try:
            with source.open_stream() as stream:
                found = reader.read(stream, source.where)
        except WrongFormatError as unlike:
            said = said or str(unlike)
            continue
        if source.damage:
            damage = f"the gzip file is damaged: {source.damage}"
            found = replace(found, problems=(*found.problems, damage))
        return found
    if source.damage:
        raise InputError(f"{source.where} is damaged: {source.damage}.", SOURCE_ADVICE)
    raise InputError(said or describe_no_results(source.where), SOURCE_ADVICE)


RUN_RECORD = "run.json"
RAW_RESULTS = "results.subunit"


@dataclass(frozen=True, slots=True)
class SourceResults:
    """Results with the evidence that they were read from."""

    results: ResultSet
    where: str
    """The path of the file, or `standard input`."""

    sha256: str
    """Of the bytes as given, compressed or not."""


def load_results(source: str) -> ResultSet:
    """Read results from a path, or from standard input where `source` is `-`.

    Raises `InputError` when there is nothing to read or no test in it.
    """
    return load_source(source).results


def load_source(source: str, run_number: int | None = None) -> SourceResults:
    """Read results as `load_results` does; of a stestr repository, the run of that number."""
    if source != "-":
        opening = source_files.open_file(_find_file(source, run_number))
    elif run_number is None:
        opening = source_files.open_standard_input()
    else:
        raise _build_no_repository_error("standard input")
    with opening as opened:
        return SourceResults(read_any_format(opened), opened.where, opened.sha256)


def load_bytes(data: bytes, where: str) -> ResultSet:
    """Read results from bytes; `where` names them in errors."""
    return read_any_format(source_files.ResultSource(io.BytesIO(data), where))


def _find_file(source: str, run: int | None) -> str:
    """Return the file with the results, inside a folder if `source` is one."""
    path = Path(source)
    try:
        if not path.is_dir():
            if run is not None:
                raise _build_no_repository_error(source)
            return source
        if (path / RUN_RECORD).exists() or (path / RAW_RESULTS).exists():
            if run is not None:
                raise _build_no_repository_error(source)
            return str(path / RAW_RESULTS)
        repository = source_files.find_repository(path)
        if repository is not None:
            return str(source_files.find_stream(repository, run))
    except (OSError, ValueError) as error:
        raise source_files.build_unreadable_error(source, error) from error
    raise InputError(f"{source} is neither a run directory nor a stestr repository.", SOURCE_ADVICE)


def _build_no_repository_error(source: str) -> InputError:
    return InputError(
        f"{source} is not a stestr repository.", "Leave --stestr-run out, or name a repository."
    )
