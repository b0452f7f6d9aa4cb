"""Recognise what people give in the place of results, and say what to give instead.

Each entry was held against files that the programs themselves wrote; it is
asked only where no reader took the content.
"""

import re
from dataclasses import dataclass

from defcheck.errors import InputError

STREAM = (
    "Give the results themselves: `stestr last --subunit > results.subunit` writes them, in the "
    "folder in which Tempest ran (`testr last --subunit` with testrepository)."
)
RALLY = "Give its results as JSON: `rally verify report --type json --to results.json`."
JUNIT = "Give the JUnit XML file that it was made from, or better the subunit stream."

LOOKED_AT = 16 * 1024
"""Bytes from the beginning in which a sign is looked for."""


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A kind of file that holds no results which could be read."""

    what: str
    """Completes the sentence `FILE is …`."""

    advice: str
    sign: re.Pattern[str]
    """Found at the beginning of the text, without colours and blanks before it."""


def _look(what: str, advice: str, sign: str) -> Lookalike:
    return Lookalike(what, advice, re.compile(sign, re.IGNORECASE | re.DOTALL))


_HTML = r"(<\?xml[^>]*\?>\s*)?(<!--.{0,400}?-->\s*)?(<!doctype html|<html)"

LOOKALIKES = (
    _look("an HTML page made by subunit2html, not results", STREAM, _HTML + ".*subunit2html"),
    _look("an HTML page made by rally, not results", RALLY, _HTML + r".*<title>\s*Rally"),
    _look("an HTML page made by pytest, not results", JUNIT, _HTML + r".*pytest[.-]html"),
    _look("an HTML page, not results", STREAM, _HTML),
    _look(
        "what tempest or stestr printed, not results",
        STREAM,
        r"(\d{4}-\d\d-\d\d [\d:.]+ \| ([\w-]+ \| )?)?\{\d+\} \S.* \.\.\. ",
    ),
    _look("what Zuul logged of a job, not results", STREAM, r"\d{4}-\d\d-\d\d [\d:.]+ \| "),
    _look(
        "Tempest's log, not results", STREAM, r"\d{4}-\d\d-\d\d [\d:.,]+ \d+ [A-Z]+ [\w.]+ .*\[?"
    ),
    _look(
        "what stestr printed of a discovery that failed, not results",
        "No test ran: repair what it could not import, then run the tests again.",
        r"=+\s+Failures during discovery|--- import errors ---",
    ),
    _look("what pytest printed, not results", JUNIT, r"=+ test session starts =+"),
    _look(
        "what a test runner printed, not results",
        STREAM,
        r"(running=|Tests running\.\.\.|Running tests\.\.\.|=+\s+(FAIL|ERROR)[ :\[]|=+\s+Totals\s)",
    ),
    _look("what rally printed, not results", RALLY, r"\+-+\+.*\| name .*\| status "),
    _look("a table that a test runner printed, not results", STREAM, r"\+-+\+|Test id\s.*Runtime"),
    _look("a list of tests in CSV, not results with their reasons", STREAM, r"test,status,start"),
    _look("an export of Allure, not results", JUNIT, r'"Status","Start Time"'),
    _look("output in TAP, which does not tell of classes that were skipped", STREAM, "TAP version"),
    _look("a list of tests to skip, not results", STREAM, r"known_failures:"),
    _look(
        "what functest or xtesting sent to its database, which has no result for each test",
        "Give the `subunit_stream` from the same run's result folder.",
        r'\{.*"(project_name|case_name)"\s*:.*"(criteria|details)"\s*:'
        r'|\{.*"(criteria|details)"\s*:.*"(project_name|case_name)"\s*:',
    ),
    _look(
        "results of a rally before 0.8, which cannot be read",
        "Write them again with a rally of today, `rally verify report --type json`, or give the "
        "subunit stream.",
        r'\{.*"test_cases"\s*:\s*[{\[]|\{.*"tests"\s*:\s*\d+\s*[,}].*"(errors|failures)"\s*:'
        r'|\{.*"(errors|failures)"\s*:.*"tests"\s*:\s*\d+\s*[,}]',
    ),
    _look("a file of Allure's for one test or class", JUNIT, r'\{.*"(historyId|befores)"\s*:'),
    _look("a ZIP archive", "Unpack it, and give the results that are in it.", r"PK\x03\x04"),
    _look("a SQLite database", STREAM, r"SQLite format 3"),
    _look(
        "XML with something else before it: results may have been lost there",
        "Write it again without what other programs print, as `subunit2junitxml --no-passthrough "
        "-o FILE` does, or give the stream that it was made from.",
        r"(?!<[?!a-z]).{1,4000}?(<\?xml |<testsuites?[ >])",
    ),
    _look(
        "a list of tests, not results",
        STREAM,
        r"(\w+\.)+\w+(\[[^\]\s]*\])?(\(\S*\))?\s*(\n(\w+\.)+\w+(\[[^\]\s]*\])?(\(\S*\))?\s*)*\Z",
    ),
)

_COLOUR = re.compile(r"\x1b\[[\d;]*m")


def recognise(head: bytes, where: str) -> InputError | None:
    """Return the error for content that begins with `head`, None where it is of no known kind."""
    text = _COLOUR.sub("", head[:LOOKED_AT].decode("utf-8", "replace")).lstrip("\ufeff \t\r\n")
    for each in LOOKALIKES:
        if each.sign.match(text):
            return InputError(f"{where} is {each.what}.", each.advice)
    return None
