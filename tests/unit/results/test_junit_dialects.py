"""What writers of JUnit XML write differently, each as it really wrote it (names shortened).

Held against files that python-junitxml, junit_xml, pytest 4 to 9, nose, pynose,
nose2, green, unittest-xml-reporting, zope.testrunner, junitparser and rally
wrote, and against the sources of Surefire and of Jenkins' junit plugin.
"""

import pytest

from defcheck.results.loader import load_bytes, load_results
from defcheck.results.models import Outcome, ResultSet
from defcheck.results.non_test_events import parse_fixture
from defcheck.results.readers import interface
from defcheck.results.result_set import ResultIndex
from defcheck.scoring.evidence import RerunRule, choose_result
from tests.unit.shared import shared_files

P, F, S, U = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED, Outcome.UNFINISHED
E, T, N = Outcome.FIXTURE_ERROR, Outcome.TEARDOWN_ERROR, Outcome.NOT_RUN
M = "tempest.api.x.test_m"
C = f"{M}.C"
UUID = "6eb04a6a-4860-4e31-ba91-ea3347d76b58"


def suite(*cases: str, attributes: str = "") -> ResultSet:
    text = f"<testsuites><testsuite {attributes}>{''.join(cases)}</testsuite></testsuites>"
    return load_bytes(text.encode(), "x")


def outcome_of(found: ResultSet, test: str = "test_x") -> Outcome:
    return ResultIndex(found).find_outcome(f"{C}.{test}").outcome


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (f'classname="{C}" name="test_x"', f"{C}.test_x"),
        (f'classname="{C}" name="{C}.test_x"', f"{C}.test_x"),
        (f'classname="{M}" name="{C}.test_x"', f"{C}.test_x"),
        (f'classname="C" name="{C}.test_x"', f"{C}.test_x"),
        (f'classname="Tempest results" name="{C}.test_x[id-1]"', f"{C}.test_x[id-1]"),
        (f'classname="tempest" name="{C}.test_x(v2)"', f"{C}.test_x(v2)"),
        (f'name="{C}.test_x"', f"{C}.test_x"),
        (f'classname="{C}" name="test_x ({C})"', f"{C}.test_x"),
        (f'classname="{C}" name="test_x ({C}.test_x)"', f"{C}.test_x"),
        (f'classname="{C}" name="test_x({C})"', f"{C}.test_x"),
        (f'classname="{C}" name="test_x(v2)"', f"{C}.test_x(v2)"),
        (f'classname="{C}" name="test_x (i=1)"', f"{C}.test_x (i=1)"),
        ('classname="" name="tempest/api/x/test_m.py::C::test_x[a]"', f"{C}.test_x[a]"),
        ('classname="tempest/api/x/test_m.py" name="C.test_x"', f"{C}.test_x"),
        (f'classname="{C}" name=""', C),
        (f'classname="{C}" name="test_x" id="{UUID}](v2"', f"{C}.test_x[id-{UUID}](v2)"),
        (
            'classname="unittest2.loader._FailedTest.tempest.api.x" name="test_m"',
            f"unittest2.loader._FailedTest.{M}",
        ),
        (
            f'classname="unittest.loader._FailedTest" name="{M}"',
            f"unittest.loader._FailedTest.{M}",
        ),
    ],
)
def test_name_is_put_together_as_it_was(attributes: str, expected: str) -> None:
    (event,) = suite(f"<testcase {attributes}><failure/></testcase>").events
    assert event.name == expected


def test_class_without_its_module_is_found_in_the_name_of_its_suite() -> None:
    case = '<testcase classname="C" name="test_x"/>'
    assert suite(case, attributes=f'name="{C}"').events[0].name == f"{C}.test_x"
    assert suite(case, attributes='name="tempest.Other"').events[0].name == "C.test_x"


@pytest.mark.parametrize(
    "attributes",
    [
        f'classname="{C}" name="{{kind}}Class"',
        f'classname="{M}" name="{{kind}}Module"',
        f'classname="{M}" name="C.{{kind}}Class"',
        f'name="{C}.{{kind}}Class"',
        f'classname="" name="{{kind}}Class ({C})"',
        f'classname="unittest.suite._ErrorHolder" name="{{kind}}Class ({C})"',
        f'classname="{C}" name="{{kind}}Class ({C})"',
        f'classname="{C}" name="{{kind}}Class (C)"',
        f'classname="{{kind}}Class ({M}" name="C)"',
        'classname="{kind}Module (tempest.api.x" name="test_m)"',
    ],
)
@pytest.mark.parametrize("kind", ["setUp", "tearDown"])
def test_fixture_is_known_however_its_name_was_split(attributes: str, kind: str) -> None:
    passing = f'<testcase classname="{C}" name="test_x"/>'
    fixture = f"<testcase {attributes.format(kind=kind)}>{{}}</testcase>"
    failing = suite(passing, fixture.format("<failure/>"))
    assert outcome_of(failing) is (E if kind == "setUp" else T)
    skipped = suite(fixture.format('<skipped message="not enabled"/>'))
    assert outcome_of(skipped) is (S if kind == "setUp" else N)
    assert outcome_of(suite(passing, fixture.format(""))) is P


@pytest.mark.parametrize(
    ("context", "expected"), [(C, (E, T)), (M, (E, T)), ("test_m", None), ("C", None)]
)
def test_fixture_of_nose_is_charged_or_told_as_unknown(
    context: str, expected: tuple[Outcome, Outcome] | None
) -> None:
    passing = f'<testcase classname="{C}" name="test_x"/>'
    for number, stage in enumerate(("setup", "teardown")):
        whole = f"&lt;nose.suite.ContextSuite context={context}&gt;:{stage}"
        owner, _, name = whole.rpartition(".")
        found = suite(passing, f'<testcase classname="{owner}" name="{name}"><error/></testcase>')
        assert parse_fixture(found.events[1]) is not None
        if expected:
            assert outcome_of(found) is expected[number]
        else:
            assert ResultIndex(found).problems


def test_test_that_failed_in_a_suite_did_not_pass_there_under_any_rule() -> None:
    """pytest writes a failed try that it repeats as a pass: both tries failed here."""
    case = f'<testcase classname="{C}" name="test_x">{{}}</testcase>'
    found = suite(case.format(""), case.format("<failure/>"))
    attempts = ResultIndex(found).list_attempts(f"{C}.test_x")
    for rule in RerunRule:
        assert choose_result(attempts, rule).outcome is F
    apart = f"<testsuite>{case.format('<failure/>')}</testsuite><testsuite>{case.format('')}"
    two = load_bytes(f"<testsuites>{apart}</testsuite></testsuites>".encode(), "x")
    assert choose_result(ResultIndex(two).list_attempts(f"{C}.test_x"), RerunRule.ANY).outcome is P


@pytest.mark.parametrize(
    "skip",
    [
        '<skipped type="pytest.xfail" message="bug 1"/>',
        '<skipped message="expected test failure">Traceback</skipped>',
        '<skipped message="test passes unexpectedly"/>',
        '<skipped type="skip" message="expected failure: (KeyError, 1)"/>',
    ],
)
def test_expected_failure_written_as_a_skip_is_a_failure(skip: str) -> None:
    found = suite(f'<testcase classname="{C}" name="test_x">{skip}</testcase>')
    assert outcome_of(found) is F


def test_test_in_which_nose2_broke_off_is_no_pass() -> None:
    case = f'<testcase classname="{C}" name="test_{{}}">{{}}</testcase>'
    cases = [case.format("x", "<system-out/>"), case.format("y", "")]
    found = suite(*cases, attributes='name="nose2-junit"')
    assert [event.outcome for event in found.events] == [P, U]
    assert suite(*cases, attributes='name="another"').events[1].outcome is P


@pytest.mark.parametrize(
    "begin", ["failed on teardown with &quot;409&quot;", "test teardown failure"]
)
def test_tear_down_that_pytest_charges_to_the_last_test_counts_for_all(begin: str) -> None:
    found = suite(
        f'<testcase classname="{C}" name="test_x"/>',
        f'<testcase classname="{C}" name="test_y"><error message="{begin}">x</error></testcase>',
    )
    assert (outcome_of(found), outcome_of(found, "test_y")) == (T, F)


def test_tear_down_is_charged_whatever_else_its_test_case_holds() -> None:
    """pytest puts it into the case of a test that was skipped."""
    failed = '<error message="Failed on teardown with x">x</error>'
    for other in ('<skipped message="n"/>', '<failure message="boom"/>', '<error message="set"/>'):
        found = suite(
            f'<testcase classname="{C}" name="test_x"/>',
            f'<testcase classname="{C}" name="test_z">{other}{failed}</testcase>',
        )
        assert outcome_of(found) is T


@pytest.mark.parametrize(
    ("state", "inner", "outcome"),
    [
        ("skipped", "<skipped/>", S),
        ("disabled", "<skipped/>", S),
        ("failed", "<failure/>", F),
        ("error", "<error/>", F),
        ("passed", "<failure/>", F),
        ("failed", "", U),
        ("skipped", "", U),
        ("perhaps", "<skipped/>", S),
    ],
)
def test_state_that_agrees_with_its_elements_is_no_problem(
    state: str, inner: str, outcome: Outcome
) -> None:
    found = suite(f'<testcase classname="{C}" name="test_x" status="{state}">{inner}</testcase>')
    assert found.events[0].outcome is outcome
    assert bool(found.problems) is (outcome is U or state == "perhaps")


@pytest.mark.parametrize("inside", ["properties", "system-out"])
def test_failure_below_the_first_level_of_a_test_case_is_no_pass(inside: str) -> None:
    inner = f"<{inside}><failure/></{inside}>"
    found = suite(f'<testcase classname="{C}" name="test_x">{inner}</testcase>')
    assert found.events[0].outcome is U
    assert found.problems


def test_subtest_that_failed_fails_its_test() -> None:
    found = suite(
        f'<testcase classname="{C}" name="test_x[id-{UUID}]"/>',
        f'<testcase classname="{C}" name="test_x[id-{UUID}] (i=1)"><failure/></testcase>',
    )
    assert ResultIndex(found).index.find_by_name(f"{C}.test_x") == (
        f"{C}.test_x",
        f"{C}.test_x (i=1)",
    )


JENKINS = """<?xml version='1.1' encoding='UTF-8'?>
<result plugin="junit@1.60"><suites><suite><file>/x/results.xml</file><name>s</name><cases>
{}</cases></suite></suites><duration>0.3</duration></result>"""


def jenkins(*cases: dict[str, str]) -> ResultSet:
    written = "".join(
        "<case>{}</case>".format("".join(f"<{tag}>{text}</{tag}>" for tag, text in one.items()))
        for one in cases
    )
    return load_bytes(JENKINS.format(written).encode(), "x")


TRACEBACK = 'Traceback (most recent call last):\n  File "x", line 1, in y\nKeyError: 1'
BASE = {"duration": "0.5", "className": C, "testName": f"test_x[id-{UUID}]", "skipped": "false"}


@pytest.mark.parametrize(
    ("fields", "outcome", "reason"),
    [
        ({}, P, ""),
        ({"failedSince": "0", "stdout": "Traceback"}, P, ""),
        ({"skipped": "true", "skippedMessage": "not enabled"}, S, "not enabled"),
        ({"errorDetails": "boom"}, F, "boom"),
        ({"errorStackTrace": TRACEBACK}, F, "KeyError: 1"),
        ({"errorStackTrace": "", "errorDetails": ""}, F, ""),
        ({"skipped": "true", "errorDetails": "boom"}, F, "boom"),
        ({"skipped": "perhaps"}, U, ""),
        ({"skipped": ""}, U, ""),
        ({"result": "x"}, U, ""),
    ],
)
def test_jenkins_case_gets_its_outcome(
    fields: dict[str, str], outcome: Outcome, reason: str
) -> None:
    found = jenkins(BASE | fields)
    (event,) = found.events
    assert (event.name, event.outcome, event.reason) == (f"{C}.test_x[id-{UUID}]", outcome, reason)
    assert (found.format, event.seconds) == ("Jenkins XML", 0.5)
    assert bool(found.problems) is (outcome is U)


def test_fixture_in_a_file_of_jenkins_speaks_for_its_tests() -> None:
    fixture = BASE | {"className": C, "testName": "tearDownClass", "errorDetails": "409"}
    assert outcome_of(jenkins(BASE, fixture)) is T


def test_file_of_jenkins_is_held_to_the_rules_of_junit() -> None:
    teardown = BASE | {"testName": "test_z", "errorDetails": 'failed on teardown with "x"'}
    assert outcome_of(jenkins(BASE, teardown)) is T
    twice = jenkins(BASE, BASE | {"testName": "test_x", "errorDetails": "boom"})
    attempts = ResultIndex(twice).list_attempts(f"{C}.test_x")
    assert choose_result(attempts, RerunRule.ANY).outcome is F


@pytest.mark.parametrize(
    "case",
    [
        "<case>text<className>a.b.C</className><testName>test_x</testName>"
        "<skipped>false</skipped></case>",
        "<case><className>a.b.C</className><testName>test_x</testName><testName>y</testName>"
        "<skipped>false</skipped></case>",
        "<case><className>a.b.C</className><testName>test_x</testName>"
        "<skipped>fal</skipped><skipped>se</skipped></case>",
        "<case><className>a.b.C</className><testName>test_x</testName><skipped>false</skipped>"
        "<testActions><errorDetails>x</errorDetails></testActions></case>",
    ],
)
def test_odd_case_of_jenkins_is_no_pass(case: str) -> None:
    found = load_bytes(JENKINS.format(case).encode(), "x")
    assert found.events[0].outcome is U
    assert found.problems


def test_suites_of_jenkins_are_several_runs() -> None:
    """In one suite a failure makes the pass beside it doubtful, in another one it does not."""
    cases = [
        f"<case><testName>a.C.test_x</testName><skipped>false</skipped>{inner}</case>"
        for inner in ("<errorDetails>boom</errorDetails>", "")
    ]
    between = "</cases></suite><suite><cases>"
    for written, second in (("".join(cases), U), (between.join(cases), P)):
        events = load_bytes(JENKINS.format(written).encode(), "x").events
        assert [event.outcome for event in events] == [F, second]


@pytest.mark.parametrize(
    "report",
    [
        JENKINS.format(
            "<case><testName>x</testName><skipped>false</skipped><stdout>{}</stdout></case>"
        ),
        '<testsuite><testcase name="x"><system-out>{}</system-out></testcase></testsuite>',
    ],
)
def test_long_output_is_not_taken_for_a_long_tag(
    report: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interface, "MAX_TOKEN", 300_000)
    found = load_bytes(report.format("a line\n" * 150_000).encode(), "x")
    assert [event.outcome for event in found.events] == [P]


def test_failure_behind_a_case_in_a_case_of_jenkins_is_not_lost() -> None:
    inner = "<case/><case></case>"
    case = f"<case><testName>a.C.test_x</testName>{inner}<errorDetails>boom</errorDetails></case>"
    (event,) = load_bytes(JENKINS.format(case).encode(), "x").events
    assert (event.name, event.outcome, event.reason) == ("a.C.test_x", F, "boom")


def test_first_odd_thing_in_a_case_of_jenkins_is_named() -> None:
    for inner, what in (("<odd/>text", "<odd>"), ("text<odd/>", "text"), ("<odd/><b/>", "<odd>")):
        case = f"<case><testName>a.C.test_x</testName><skipped>false</skipped>{inner}</case>"
        (problem,) = load_bytes(JENKINS.format(case).encode(), "x").problems
        assert problem == f"a.C.test_x has {what}, which is unrecognised"


def test_indented_file_of_jenkins_with_actions_is_read() -> None:
    fields = "".join(f"  <{tag}>{text}</{tag}>\n" for tag, text in BASE.items())
    actions = "  <testActions>\n  <note>\n  text\n  </note>\n  </testActions>\n"
    found = load_bytes(JENKINS.format(f"<case>\n{fields}{actions}</case>\n").encode(), "x")
    assert found.problems == ()
    assert found.events[0].outcome is P


def test_file_of_jenkins_that_is_cut_off_is_no_pass() -> None:
    fields = "".join(f"<{tag}>{text}</{tag}>" for tag, text in BASE.items())
    whole = JENKINS.format(f"<case>{fields}</case>")
    for length in range(whole.index("</className>"), whole.index("</result>")):
        found = load_bytes(whole[:length].encode(), "x")
        assert any("cut off or damaged" in problem for problem in found.problems)
        assert length > whole.index("</case>") or found.events[0].outcome is U
    assert load_bytes(whole.encode(), "x").problems == ()


@pytest.mark.parametrize(
    ("pattern", "test", "expected"),
    [
        ("junit-fixture-split/teardown-fails.xml", "test_list_extensions", T),
        ("junit-fixture-split/setup-skips.xml", "test_list_extensions", S),
        ("junit-name-repeats-class/tempest.xml", "test_list_extensions", F),
    ],
)
def test_recorded_case(pattern: str, test: str, expected: Outcome) -> None:
    (path,) = shared_files(f"cases/{pattern}")
    if not path.values[0].is_file():
        pytest.skip("../shared is not at hand")
    name = f"tempest.api.object_storage.test_account_services.AccountTest.{test}"
    assert ResultIndex(load_results(str(path.values[0]))).find_outcome(name).outcome is expected
