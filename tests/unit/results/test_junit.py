"""JUnit XML of several writers: names restored, and nothing unknown is a pass."""

import re

import pytest

from defcheck.errors import InputError
from defcheck.results.loader import load_bytes, load_results
from defcheck.results.models import Event, Outcome, ResultSet
from defcheck.results.non_test_events import parse_fixture
from defcheck.results.readers import interface, junit
from tests.unit.shared import DATA

P, F, S, U = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.UNFINISHED
ID = "id-00000000-0000-4000-8000-00000000000"
UUID = "00000000-0000-4000-8000-000000000000"


def suite(*cases: str, attributes: str = "") -> ResultSet:
    """Read a document of one suite."""
    text = f"<testsuites><testsuite {attributes}>{''.join(cases)}</testsuite></testsuites>"
    return load_bytes(text.encode(), "x")


def case(inner: str = "", attributes: str = 'time="1"') -> Event:
    """Read a document of one test case, in which nothing is contradictory."""
    (event,) = suite(
        f'<testcase classname="a.C" name="test_x" {attributes}>{inner}</testcase>'
    ).events
    return event


def test_what_python_junitxml_made_of_every_kind_of_result() -> None:
    found = load_results(str(DATA / "kinds-junitxml.xml"))
    assert (found.format, found.problems, found.passes_only) == ("JUnit XML", (), False)
    assert [(event.name, event.outcome) for event in found.events] == [
        (f"suite.test_kinds.Good.test_error[{ID}4]", F),
        # An expected failure, which python-junitxml writes exactly as a pass.
        (f"suite.test_kinds.Good.test_expected[{ID}5]", P),
        (f"suite.test_kinds.Good.test_fail[{ID}2]", F),
        (f"suite.test_kinds.Good.test_pass[{ID}1,smoke]", P),
        (f"suite.test_kinds.Good.test_skip[{ID}3]", S),
        (f"suite.test_kinds.Good.test_unexpected[{ID}6]", F),
        ("setUpClass (suite.test_kinds.SetUpFails)", F),
        ("setUpClass (suite.test_kinds.SetUpSkips)", S),
        (f"suite.test_kinds.TearDownFails.test_pass[{ID}9]", P),
        ("tearDownClass (suite.test_kinds.TearDownFails)", F),
    ]
    events = {event.name.split(".")[-1].split("[")[0]: event for event in found.events}
    assert events["test_fail"].reason.endswith("MismatchError: 1 != 2: they differ <&> — ☃")
    assert "Traceback" in events["test_fail"].details
    assert events["test_skip"].reason == "no such service"
    assert events["test_expected"].seconds == 0.013


def test_what_rally_made_of_every_kind_of_result() -> None:
    found = load_results(str(DATA / "kinds-rally.xml"))
    assert found.problems == ()
    assert {event.name: event.outcome for event in found.events} == {
        f"suite.test_kinds.SetUpFails.test_never[{ID}8]": F,
        f"suite.test_kinds.SetUpSkips.test_never[{ID}7]": S,
        f"suite.test_kinds.Good.test_error[{ID}4]": F,
        f"suite.test_kinds.Good.test_expected[{ID}5]": F,
        f"suite.test_kinds.Good.test_fail[{ID}2]": F,
        f"suite.test_kinds.Good.test_pass[{ID}1]": P,
        f"suite.test_kinds.Good.test_skip[{ID}3]": S,
        f"suite.test_kinds.Good.test_unexpected[{ID}6]": F,
        f"suite.test_kinds.TearDownFails.test_pass[{ID}9]": P,
    }
    reasons = {event.name.split(".")[-1].split("[")[0]: event.reason for event in found.events}
    assert reasons["test_error"] == "KeyError: 'x'"
    assert reasons["test_expected"] == "It is an expected failure due to: bug 1"


def test_of_several_verifications_of_rally_all_are_read() -> None:
    found = load_results(str(DATA / "two-rally.xml"))
    assert [event.outcome for event in found.events] == [P, F]
    assert len({event.name for event in found.events}) == 1


def test_a_test_that_passed_only_when_run_again_is_none_that_passed() -> None:
    found = load_results(str(DATA / "surefire.xml"))
    assert [(event.name, event.outcome, event.reason) for event in found.events] == [
        ("a.b.C.test_pass", P, ""),
        ("a.b.C.test_flaky", F, "once"),
        ("a.b.C.test_fail", F, "always"),
        ("a.b.C.test_broken", F, "twice"),
    ]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("inner", "outcome"),
    [
        ("", P),
        ("<system-out>failure</system-out><system-err/>", P),
        ("<properties><property name='x' value='y'/></properties>", P),
        ("<skipped/>", S),
        ("<skip>no</skip>", S),
        ("<failure/>", F),
        ("<error/>", F),
        ("<skipped/><failure/>", F),
        ("<failure/><skipped/>", F),
        ("<rerunFailure/>", F),
        ("<flakyError/>", F),
        ("<!--It is an expected failure due to: x-->", F),
        ("<failed/>", U),
        ("<Failure/>", U),
        ("<f:failure xmlns:f='x'/>", U),
        ("<testcase classname='a.C' name='test_y'/>", U),
        ("<!-- another comment -->", U),
        ("failed", U),
        ("<system-out/>x", U),
        ("<warning/><skipped/>", S),
    ],
)
def test_what_an_element_makes_of_a_test(inner: str, outcome: Outcome) -> None:
    assert case(inner).outcome is outcome
    found = suite(f'<testcase classname="a.C" name="test_x">{inner}</testcase>')
    assert bool(found.problems) == (outcome is U or "warning" in inner)


@pytest.mark.parametrize(
    ("attributes", "outcome"),
    [
        ('status="run" result="completed"', P),
        ('status="Passed"', P),
        ('status="notrun"', U),
        ('result="suppressed"', U),
        ('status=""', U),
        ('failed="true"', U),
        ('file="x.py" line="7" assertions="3"', P),
    ],
)
def test_what_an_attribute_makes_of_a_test(attributes: str, outcome: Outcome) -> None:
    assert case("", attributes).outcome is outcome
    assert case("<failure/>", attributes).outcome is F


@pytest.mark.parametrize(
    ("classname", "name", "expected"),
    [
        ("a.b.C", "test_x", "a.b.C.test_x"),
        ("a.b.C", "test_x[id-1,smoke](v4.2)", "a.b.C.test_x[id-1,smoke](v4.2)"),
        ("a.b.C", "test_x(v4", "a.b.C.test_x(v4"),
        ("", "setUpClass (a.b.C)", "setUpClass (a.b.C)"),
        ("setUpClass (a.b", "C)", "setUpClass (a.b.C)"),
        ("tearDownModule (a", "b)", "tearDownModule (a.b)"),
        ("unittest.suite._ErrorHolder", "setUpClass (a.b.C)", "setUpClass (a.b.C)"),
        ("unittest.loader._FailedTest", "a.b", "unittest.loader._FailedTest.a.b"),
    ],
)
def test_names_are_put_together_again(classname: str, name: str, expected: str) -> None:
    (event,) = suite(f'<testcase classname="{classname}" name="{name}"><error/></testcase>').events
    assert event.name == expected
    owner = re.search(r"a\.b(\.C)?(?=\)|$)", expected)
    fixture = parse_fixture(event)
    assert (fixture.owner if fixture else None) == (owner[0] if owner else None)


def test_the_id_that_rally_keeps_beside_the_name_is_put_back() -> None:
    assert case("", f'id="{UUID}"').test.uuid == UUID
    assert case("", 'id="7"').name == "a.C.test_x"


@pytest.mark.parametrize(
    "counts",
    [
        'tests="3"',
        'tests="1"',
        'tests="2" failures="1"',
        'errors="2" failures="0"',
        'skipped="1"',
        'disabled="1"',
        'tests="many"',
        'tests="-2"',
        'tests=""',
    ],
)
def test_counts_that_contradict_the_elements_are_a_problem(counts: str) -> None:
    cases = ["<testcase name='a.C.test_x'/>", "<testcase name='a.C.test_y'/>"]
    assert suite(*cases, attributes='tests="2" failures="0" errors="0" skipped="0"').problems == ()
    (problem,) = suite(*cases, attributes=counts).problems
    assert "its elements give" in problem


def test_counts_of_suites_in_suites_are_those_of_all() -> None:
    inner = '<testsuite tests="1"><testcase name="a.C.test_x"><failure/></testcase></testsuite>'
    for tests, problems in (("2", 0), ("1", 1)):
        text = f'<testsuites tests="{tests}" failures="2">{inner * 2}</testsuites>'
        assert len(load_bytes(text.encode(), "x").problems) == problems


@pytest.mark.parametrize(("declared", "problems"), [("4", 0), ("2", 0), ("3", 1)])
def test_counts_may_be_of_failures_or_of_tests_with_failures(declared: str, problems: int) -> None:
    inner = (
        '<testsuite><testcase name="a.C.test_x"><failure/><error/></testcase>'
        '<testcase name="a.C.test_y"><skipped/></testcase></testsuite>'
    )
    text = f'<testsuites failures="{declared}" skipped="2">{inner * 2}</testsuites>'
    assert len(load_bytes(text.encode(), "x").problems) == problems


@pytest.mark.parametrize(
    "attributes", ['time="0.000"', 'time="0.000" timestamp="2026-11-22T12:00:00"', 'time="1"', ""]
)
def test_a_test_that_rally_listed_and_did_not_run_is_no_pass(attributes: str) -> None:
    test = f'<testcase classname="a.C" name="test_x" {attributes}/>'
    for found in (
        suite(test, attributes=f'id="{UUID}"'),
        suite(f"<!--Report is generated by Rally 5.1.1 at x-->{test}"),
    ):
        assert [event.outcome for event in found.events] == [U]
        assert found.problems == ("a.C.test_x began and did not finish",)


def test_what_stands_between_test_cases_is_a_problem() -> None:
    test = "<testcase name='a.C.test_x'/>"
    for more in ("<error/>", "text", "<group>" + test + "</group>"):
        assert suite(test, more).problems
    assert suite(test, "<properties/><system-out>x</system-out>").problems == ()


def test_a_document_that_is_cut_off_keeps_what_it_said_with_a_problem() -> None:
    text = (DATA / "kinds-junitxml.xml").read_bytes().rstrip()
    whole = load_bytes(text, "x")
    for length in range(len(text)):
        try:
            found = load_bytes(text[:length], "x")
        except InputError:
            continue
        assert any("cut off or damaged" in problem for problem in found.problems)
        ended = [event for event in found.events if event.outcome is not U]
        assert ended == list(whole.events[: len(ended)])
    cut = text[: text.index(b"no such service")]
    found = load_bytes(cut, "x")
    assert found.events[-1].outcome is U
    assert f"suite.test_kinds.Good.test_skip[{ID}3] began and did not finish" in found.problems


def test_output_in_a_document_that_is_cut_off_is_not_read_as_a_stream() -> None:
    text = b"<testsuite>\n<system-out>\ntest: a.C.test_x\nsuccess: a.C.test_x\n"
    with pytest.raises(InputError, match="contains no test result"):
        load_bytes(text, "x")


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE t [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><testsuite name="&b;"/>',
        '<!DOCTYPE t SYSTEM "file:///etc/passwd"><testsuite/>',
        '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite>&x;</testsuite>',
    ],
)
def test_entities_and_document_types_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="document type or entities"):
        load_bytes(text.encode(), "x")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"<html><body/></html>", "is an HTML page, not results"),
        (b"<other><body/></other>", "is XML without test suites: its root is <other>"),
        (b"<not xml", "looks like XML but is not"),
        (b"<?xml version='1.0' encoding='no-such'?><testsuite/>", "looks like XML but is not"),
        (b"<testsuite></testsuite>", "contains no test result"),
    ],
)
def test_other_xml_is_refused_in_words(text: bytes, words: str) -> None:
    with pytest.raises(InputError, match=f"x {words}"):
        load_bytes(text, "x")


def test_as_many_elements_as_the_bound_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    test = "<testcase name='a.C.test_x'/>"
    deep = "<testcase name='a.C.test_x'><failure/></testcase>"
    for bound, more in (("MAX_ELEMENTS", test * 2), ("MAX_DEPTH", deep)):
        monkeypatch.setattr(junit, bound, 3)
        assert suite(test).problems == ()
        with pytest.raises(InputError, match="deeper nesting or more elements"):
            suite(more)
        monkeypatch.undo()


def test_too_much_of_anything_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = "<testsuite>" * 60
    with pytest.raises(InputError, match="deeper nesting"):
        load_bytes(deep.encode(), "x")
    with pytest.raises(InputError, match="in one tag or comment"):
        load_bytes(b"<testsuite><!--" + b"x" * 5 * 2**20 + b"--></testsuite>", "x")
    monkeypatch.setattr(interface, "MAX_BYTES", 2**20)
    with pytest.raises(InputError, match="XML of more than 1 MiB"):
        load_bytes(b"<testsuite>" + b"<system-out/>" * 100_000 + b"</testsuite>", "x")


def test_passwords_in_a_traceback_are_masked() -> None:
    event = case("<failure message=\"{'adminPass': 'secret1'}\">{'password': 'secret2'}</failure>")
    assert "secret" not in event.reason + event.details


def test_document_stays_rallys_whatever_comment_follows() -> None:
    """Rally writes a test that did not run as a pass without a time."""
    test = '<testcase classname="a.C" name="test_x"/>'
    for before, after in (("generated by Rally 5.1.1", "x"), ("x", "generated by Rally 5.1.1")):
        (event,) = suite(f"<!--{before}--><!--{after}-->{test}").events
        assert event.outcome is U
    later = f'<testsuite id="{UUID}"></testsuite><testsuite id="x">{test}</testsuite>'
    (event,) = load_bytes(f"<testsuites>{later}</testsuites>".encode(), "x").events
    assert event.outcome is U


def test_test_case_outside_a_suite_is_a_problem() -> None:
    found = suite("<testcase name='a.C.test_x'/>", "<properties><testcase name='y'/></properties>")
    assert found.problems == ("a test case stands in <properties>",)


def test_suite_inside_what_is_no_suite_is_a_problem() -> None:
    found = suite("<testcase name='a.C.test_x'/>", "<properties><testsuite/></properties>")
    assert found.problems == ("a test suite stands in <properties>",)


def test_first_thing_that_is_not_known_is_named() -> None:
    for first, second, what in (
        ("<odd/>", "<other/>", "<odd>"),
        ("<odd/>", "<failure><error/></failure>", "<odd>"),
        ("text", "<odd/>", "text"),
        ("<odd/>", "text", "<odd>"),
        ("<!--odd-->", "text", "a comment"),
        ("<odd/>", "<!--odd-->", "<odd>"),
    ):
        (problem,) = suite(f"<testcase name='a.C.test_x'>{first}{second}</testcase>").problems
        assert problem == f"a.C.test_x has {what}, which is unrecognised"


def test_details_are_the_text_with_the_message_only_where_that_has_a_traceback() -> None:
    assert case('<failure message="boom">at test_x</failure>').details == "at test_x"
    message = "Traceback (most recent call last): KeyError: 1"
    joined = f"{message}\nat test_x"
    assert case(f'<failure message="{message}">at test_x</failure>').details == joined
    assert case(f'<failure message="{message}">{joined}</failure>').details == joined


def test_texts_of_several_elements_stand_on_lines_of_their_own() -> None:
    event = case("<failure>first</failure><error>second</error>")
    assert (event.reason, event.details) == ("first", "first\nsecond")


@pytest.mark.parametrize("time", ["-1", "nan", "inf", "1e999", "", "x"])
def test_invalid_duration_is_unknown_and_the_test_still_passed(time: str) -> None:
    event = case("", f'time="{time}"')
    assert (event.outcome, event.seconds) == (P, None)


@pytest.mark.parametrize(("name", "first"), [("pytest", U), ("other", P), ("", P)])
def test_pass_that_pytest_repeated_may_be_a_failure(name: str, first: Outcome) -> None:
    """Pytest writes a try that failed, and was repeated, exactly as a pass."""
    test = "<testcase name='a.C.test_x'/>"
    found = suite(test, "<testcase name='a.C.test_y'/>", test, attributes=f'name="{name}"')
    assert [event.outcome for event in found.events] == [first, P, P]


@pytest.mark.parametrize("name", ["All tests.", "a.b.", "."])
def test_suite_that_ends_with_a_dot_names_no_class(name: str) -> None:
    found = suite("<testcase name='a.C.test_x'/>", attributes=f'name="{name}"')
    assert [event.name for event in found.events] == ["a.C.test_x"]


def test_output_behind_a_failure_is_no_part_of_it() -> None:
    event = case("<failure>KeyError: 1</failure><system-out>a log</system-out>")
    assert (event.outcome, event.reason, event.details) == (F, "KeyError: 1", "KeyError: 1")
