"""Each format in each dialect: what its writer leaves out of a world, how it writes the rest."""

import gzip
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import subunit
from testtools import StreamToExtendedDecorator

from defcheck.scoring.evidence import RerunRule
from tests.unit.results.streams import Packet, attached, begun, ended, v2
from tests.unit.results.worlds import (
    LOST_RESULTS,
    MODULES,
    TESTS,
    UNRELATED,
    Fact,
    Kind,
    Stage,
    Truth,
    World,
    bare,
    base,
    class_of,
    is_in,
    judge_facts,
)
from tests.unit.results.writers import report, write_case, write_end, write_junitxml

Facts = Sequence[Fact]
IMPORTS = (Stage.IMPORT, Stage.SKIPPED_IMPORT)

# What a dialect loses. Each takes a world and its facts, and returns those that are left.


def lose_listings(_: World, facts: Facts) -> list[Fact]:
    """A test that was selected and never began is not told from one that was not selected."""
    return [fact for fact in facts if fact.kind is not Kind.LISTED]


def lose_workers(_: World, facts: Facts) -> list[Fact]:
    """A class that one worker skipped speaks for the tests that another one lost."""
    skipped = [fact.name for fact in facts if fact.status == "skip" and fact.stage is not None]
    return [
        fact
        for fact in facts
        if fact.kind is not Kind.LISTED or not any(is_in(fact.name, owner) for owner in skipped)
    ]


def lose_beginnings(_: World, facts: Facts) -> list[Fact]:
    """A test in which a worker died is not there."""
    return [fact for fact in facts if fact.kind is not Kind.BEGUN]


def fail_unfinished(_: World, facts: Facts) -> list[Fact]:
    """stestr stores a test in which a worker died as a failure, at the end of the run."""
    ends = {(fact.name, fact.selection) for fact in facts if fact.kind is Kind.ENDED}
    open_ = [
        fact
        for fact in facts
        if fact.kind is Kind.BEGUN and (fact.name, fact.selection) not in ends
    ]
    end = max((fact.at for fact in facts), default=0)
    return [*facts, *(replace(fact, kind=Kind.ENDED, status="fail", at=end) for fact in open_)]


def lose_tear_downs(_: World, facts: Facts) -> list[Fact]:
    """A tear-down that failed is not there."""
    return [fact for fact in facts if fact.stage is not Stage.TEAR_DOWN]


def lose_set_ups_of_modules(_: World, facts: Facts) -> list[Fact]:
    """A set-up of a module is not there, its tests did not run."""
    return [fact for fact in facts if fact.stage is not Stage.SET_UP or fact.name not in MODULES]


def lose_names_as_nose(_: World, facts: Facts) -> list[Fact]:
    """What happens to a class does not tell its module, a failed import tells nothing."""
    found = []
    for fact in facts:
        if fact.stage in IMPORTS:
            fact = replace(fact, name="nose.failure.Failure.runTest", stage=None)
        elif fact.stage is not None:
            stage = "setup" if fact.stage is Stage.SET_UP else "teardown"
            context = fact.name if fact.name in MODULES else fact.name.rpartition(".")[2]
            name = f"<nose.suite.ContextSuite context={context}>:{stage}"
            known = fact.stage if fact.name in MODULES else None
            fact = replace(fact, name=fact.name if known else name, stage=known)
        found.append(fact)
    return found


def lose_names_as_green(_: World, facts: Facts) -> list[Fact]:
    """A set-up that failed has no name at all, a failed import that of the loader."""
    found = []
    for fact in facts:
        if fact.stage in IMPORTS:
            fact = replace(fact, name="unittest.loader", stage=None, status="fail")
        elif fact.stage is Stage.SET_UP and fact.status == "fail":
            fact = replace(fact, name="", stage=None)
        found.append(fact)
    return found


def lose_lost_results(_: World, facts: Facts) -> list[Fact]:
    """What the runner says of lost results is not there."""
    return [fact for fact in facts if fact.name not in LOST_RESULTS]


def lose_scenarios(_: World, facts: Facts) -> list[Fact]:
    """Scenarios are not run, as the runner knows no load_tests."""
    return [fact for fact in facts if "(v" not in fact.name]


def pass_expected_failures(_: World, facts: Facts) -> list[Fact]:
    """An expected failure is written as a pass."""
    return [replace(fact, status="success") if fact.status == "xfail" else fact for fact in facts]


def lose_expectations(_: World, facts: Facts) -> list[Fact]:
    """Expected failures and unexpected successes are not there."""
    return [fact for fact in facts if fact.status not in ("xfail", "uxsuccess")]


def expand_set_ups(world: World, facts: Facts) -> list[Fact]:
    """A set-up of a class is written as the same end of each of its tests."""
    found: list[Fact] = []
    for fact in facts:
        if fact.stage is not Stage.SET_UP:
            found.append(fact)
            continue
        tests = [test for test in world.selections[fact.selection] if is_in(test, fact.name)]
        found += [replace(fact, name=test, stage=None) for test in tests]
    return found


def charge_last_test(_: World, facts: Facts) -> list[Fact]:
    """A tear-down is written as another end of the last test before it."""
    found: list[Fact] = []
    for fact in facts:
        before = [
            one.name
            for one in found
            if one.selection == fact.selection and one.kind is Kind.ENDED
            if one.stage is None and is_in(one.name, fact.name)
        ]
        if fact.stage is not Stage.TEAR_DOWN:
            found.append(fact)
        elif before:
            found.append(replace(fact, name=before[-1]))
    return found


def pass_repeated_failures(_: World, facts: Facts) -> list[Fact]:
    """A try that failed and was repeated is written as a pass."""
    last = {fact.name: fact.at for fact in facts if fact.kind is Kind.ENDED}
    return [
        replace(fact, status="success")
        if fact.stage is None and fact.status not in ("", "skip") and fact.at < last[fact.name]
        else fact
        for fact in facts
    ]


def keep_passes(_: World, facts: Facts) -> list[Fact]:
    """Only passed tests are there."""
    return [fact for fact in facts if fact.status == "success" and fact.stage is None]


def order_by_end(_: World, facts: Facts) -> list[Fact]:
    """A test is written when it ended, its beginning with it."""
    ends = {(one.name, one.selection): one.at for one in facts if one.kind is Kind.ENDED}
    return sorted(facts, key=lambda fact: ends.get((fact.name, fact.selection), 10_000))


Loss = Callable[[World, Facts], list[Fact]]

HIDING: tuple[Loss, ...] = (
    lose_listings,
    lose_workers,
    lose_beginnings,
    lose_tear_downs,
    lose_names_as_nose,
    lose_lost_results,
    pass_expected_failures,
    lose_expectations,
    pass_repeated_failures,
    keep_passes,
)
"""The known limits: what a dialect loses so that a verdict on it can be better than the truth.

Nothing in the file shows it; `test_each_known_limit_shows` keeps this table honest."""


@dataclass(frozen=True, slots=True)
class Written:
    """Facts as a file."""

    data: bytes
    ends: tuple[int, ...] = ()
    """Up to which byte each fact reaches, where the format can be cut."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a program writes results."""

    write: Callable[[World, Facts], Written]
    losses: tuple[Loss, ...] = ()

    def tell(self, world: World) -> list[Fact]:
        """Return the facts that the file tells, in their order."""
        facts = list(world.facts)
        for lose in self.losses:
            facts = lose(world, facts)
        return facts

    def judge(self, world: World, told: Facts, rule: RerunRule, *, known: bool) -> Truth:
        """Return the best verdict that follows from what the file tells.

        The tests of the Tempest are no longer `known` where a file names others.
        """
        strange = any(one.stage is None and one.name not in TESTS + UNRELATED for one in told)
        return judge_facts(world, told, rule, known=known and not strange)


# subunit


def event_name(fact: Fact) -> str:
    """Return the name under which Python's unittest reports a fact."""
    if fact.stage is None:
        return fact.name
    if fact.stage in IMPORTS:
        loaded = "_FailedTest" if fact.stage is Stage.IMPORT else "ModuleSkipped"
        return f"unittest.loader.{loaded}.{fact.name}"
    kind = "Module" if fact.name in MODULES else "Class"
    return f"{fact.stage}{kind} ({fact.name})"


def packets_of(fact: Fact, *, worker: bool = True) -> list[Packet]:
    """Return the packets that tell a fact."""
    name, tag = event_name(fact), fact.worker if worker else ""
    if fact.kind is Kind.LISTED:
        tags = {tag} if tag else None
        return [{"test_id": name, "test_status": "exists", "test_tags": tags}]
    if fact.kind is Kind.BEGUN:
        return [begun(name, at=fact.at, worker=tag)]
    file = {"skip": "reason", "fail": "traceback", "xfail": "traceback"}.get(fact.status)
    files = [attached(name, file, fact.text)] if file else []
    return [*files, ended(name, fact.status, at=fact.at, worker=tag)]


def join(parts: Iterable[bytes]) -> Written:
    """Return the file that parts make, one for each fact."""
    data, ends = b"", []
    for part in parts:
        data += part
        ends.append(len(data))
    return Written(data, tuple(ends))


def write_v2(_: World, facts: Facts) -> Written:
    return join(v2(*packets_of(fact)) for fact in facts)


def write_v2_untagged(world: World, _: Facts) -> Written:
    return join(v2(*packets_of(fact, worker=False)) for fact in world.facts)


def write_v1(_: World, facts: Facts) -> Written:
    """Write as stestr stores: python-subunit's own conversion."""
    buffer = io.BytesIO()
    result: Any = StreamToExtendedDecorator(subunit.TestProtocolClient(buffer))
    result.startTestRun()
    ends = []
    for fact in facts:
        for packet in packets_of(fact):
            result.status(**packet)
        ends.append(buffer.tell())
    result.stopTestRun()
    return Written(buffer.getvalue(), tuple(ends))


def list_one_by_one(_: World, facts: Facts) -> list[Fact]:
    """A test is listed right before it begins."""
    return [
        one
        for fact in facts
        for one in (
            [replace(fact, kind=Kind.LISTED), fact]
            if fact.kind is Kind.BEGUN and fact.stage is None
            else [fact]
        )
    ]


# JUnit XML

Parts = tuple[str, str]
"""`classname` and `name` of a test case."""


def split_last(name: str) -> Parts:
    """Take a name apart at the last dot before its attributes."""
    head, bracket, rest = name.partition("[")
    owner, _, method = head.rpartition(".")
    return owner, method + bracket + rest


def split_name(fact: Fact) -> Parts:
    name = event_name(fact)
    return ("", name) if name.endswith(")") and fact.stage else split_last(name)


def split_fixture(fact: Fact) -> Parts:
    """The class or module as classname, the fixture as name."""
    if fact.stage is None:
        return split_last(fact.name)
    if fact.stage in IMPORTS:
        return "unittest2.loader.ModuleImportFailure", fact.name
    return fact.name, f"{fact.stage}{'Module' if fact.name in MODULES else 'Class'}"


def hold_errors(fact: Fact) -> Parts:
    """As unittest-xml-reporting does."""
    if fact.stage is None:
        return split_last(fact.name)
    if fact.stage in IMPORTS:
        return "unittest.loader._FailedTest", fact.name
    return "unittest.suite._ErrorHolder", event_name(fact)


def name_bare_owner(fact: Fact) -> Parts:
    """As Surefire names what happens to a class."""
    return split_last(fact.name) if fact.stage is None else (fact.name, "")


def name_context(fact: Fact) -> Parts:
    """As nose names what happens to a module."""
    stage = "setup" if fact.stage is Stage.SET_UP else "teardown"
    context = f"<nose.suite.ContextSuite context={fact.name}>:{stage}"
    return split_last(context if fact.stage else fact.name)


def cut_fixture(fact: Fact) -> Parts:
    """As nose2 does: every name is cut at its last dot."""
    loader = "nose2.loader.ModuleImportFailure"
    return split_last(f"{loader}.{fact.name}" if fact.stage in IMPORTS else event_name(fact))


def write_pytest_end(fact: Fact) -> str:
    text = escape(fact.text)
    if fact.status == "xfail":
        return '<skipped type="pytest.xfail" message="a bug"/>'
    if fact.stage is Stage.TEAR_DOWN:
        return f'<error message="failed on teardown with &quot;409&quot;">{text}</error>'
    if fact.stage is not None and fact.status == "fail":
        return f'<error message="collection failure">{text}</error>'
    return write_end(fact.status, fact.text)


def name_by_pytest(fact: Fact) -> Parts:
    if fact.stage in IMPORTS:
        return "", fact.name
    return split_last(fact.name.partition("[")[0])


def write_nose2_end(fact: Fact) -> str:
    if fact.kind is Kind.BEGUN:
        return ""
    messages = {"xfail": "expected test failure", "uxsuccess": "test passes unexpectedly"}
    message = messages.get(fact.status)
    end = f'<skipped message="{message}"/>' if message else write_end(fact.status, fact.text)
    return f"{end}<system-out/>"


def write_plain_end(fact: Fact) -> str:
    return write_end(fact.status, fact.text)


def junit(
    parts: Callable[[Fact], Parts],
    end: Callable[[Fact], str] = write_plain_end,
    attributes: str = "name='s'",
    *,
    one_suite: bool = False,
) -> Callable[[World, Facts], Written]:
    """Return the writer of test cases, a suite for each round or one for all of them."""

    def write(world: World, facts: Facts) -> Written:
        pieces, number = [f"<testsuites><testsuite {attributes}>"], 0
        ends = []
        for fact in facts:
            if fact.round != number and not (one_suite or world.one_suite):
                pieces.append(f"</testsuite><testsuite {attributes}>")
            number = fact.round
            if fact.kind is Kind.ENDED or end is write_nose2_end:
                pieces.append(write_case(*parts(fact), end(fact)))
            ends.append(sum(map(len, pieces)))
        text = "".join([*pieces, "</testsuite></testsuites>"])
        return Written(text.encode(), tuple(ends))

    return write


def drop_ended_beginnings(_: World, facts: Facts) -> list[Fact]:
    """nose2 writes the beginning of a test only where the end is missing."""
    ends = {(fact.name, fact.selection) for fact in facts if fact.kind is Kind.ENDED}
    return [
        fact
        for fact in facts
        if fact.kind is not Kind.BEGUN or (fact.name, fact.selection) not in ends
    ]


def write_python_junitxml(_: World, facts: Facts) -> Written:
    data = write_junitxml(packet for fact in facts for packet in packets_of(fact))
    ends, at = [], 0
    for fact in facts:
        if fact.kind is Kind.ENDED:
            begin = data.index(b"<testcase ", at)
            close = data.index(b">", begin) + 1
            at = (
                close
                if data[close - 2 : close] == b"/>"
                else data.index(b"</testcase>", begin) + 11
            )
        ends.append(at)
    return Written(data, tuple(ends))


def write_surefire(_: World, facts: Facts) -> Written:
    """Write all tries of a test as one test case."""
    cases: dict[str, list[Fact]] = {}
    for fact in facts:
        cases.setdefault(fact.name, []).append(fact)
    text = ""
    for tries in cases.values():
        inner = ""
        passed = any(one.status == "success" for one in tries)
        for one in tries:
            if one.status == "success":
                continue
            if passed and one.status != "skip":
                inner += f"<flakyFailure message='x'>{escape(one.text)}</flakyFailure>"
            elif "<failure" in inner and one.status != "skip":
                inner += f"<rerunFailure message='x'>{escape(one.text)}</rerunFailure>"
            else:
                inner += write_plain_end(one)
        text += write_case(*name_bare_owner(tries[0]), inner)
    return Written(f"<testsuite name='s' tests='{len(cases)}'>{text}</testsuite>".encode())


def write_green(_: World, facts: Facts) -> Written:
    """Write a suite for each class, with the class without its module in each case."""
    text = ""
    for fact in facts:
        owner = fact.name if fact.stage else class_of(fact.name)
        name = "" if fact.stage else base(fact.name).rpartition(".")[2]
        case = write_case(owner.rpartition(".")[2], name, write_plain_end(fact))
        text += f"<testsuite name={quoteattr(owner)} tests='1'>{case}</testsuite>"
    return Written(f"<testsuites time='1'>{text}</testsuites>".encode())


def write_jenkins(_: World, facts: Facts) -> Written:
    cases = ""
    for fact in facts:
        owner, name = split_name(fact)
        skipped = str(fact.status == "skip").lower()
        text = escape(fact.text)
        more = {
            "success": "",
            "skip": f"<skippedMessage>{text}</skippedMessage>",
        }.get(fact.status, f"<errorStackTrace>{text}</errorStackTrace>")
        cases += (
            f"<case><className>{escape(owner)}</className><testName>{escape(name)}</testName>"
            f"<skipped>{skipped}</skipped>{more}</case>"
        )
    head = "<?xml version='1.1' encoding='UTF-8'?><result><suites><suite><cases>"
    return Written(f"{head}{cases}</cases></suite></suites></result>".encode())


# rally and RefStack


def _verifications(world: World, facts: Facts) -> list[dict[str, str]]:
    """Return the status of each test, round by round; a test that did not run has none."""
    found: list[dict[str, str]] = []
    for number in range(max((fact.round for fact in facts), default=0) + 1):
        run: dict[str, str] = {}
        for fact in facts:
            if fact.round == number:
                run.setdefault(event_name(fact), "init")
                if fact.kind is Kind.ENDED:
                    run[event_name(fact)] = fact.status
        found.append(run)
    return found


def list_selected(world: World, facts: Facts) -> list[Fact]:
    """rally lists the tests of a verification before it runs them, also those of lost modules."""
    rounds = {fact.selection: fact.round for fact in world.facts}
    return [
        *(
            Fact(Kind.LISTED, test, selection=number, round=rounds.get(number, 0))
            for number, tests in enumerate(world.selections)
            for test in tests
        ),
        *facts,
    ]


def write_rally(world: World, facts: Facts) -> Written:
    runs = _verifications(world, facts)
    return Written(json.dumps(report(*runs, details="because it is so")).encode())


def write_rally_xml(world: World, facts: Facts) -> Written:
    text = ""
    for number, run in enumerate(_verifications(world, facts)):
        cases = ""
        for name, status in run.items():
            owner, method = split_last(name)
            method, _, tags = method.partition("[")
            ran = f" timestamp='2026-11-22T12:00:0{number}' time='0.5'"
            more = " time='0.000'" if status == "init" else ran
            if tags.startswith("id-"):
                uuid, _, scenario = tags.removeprefix("id-").rstrip(")").partition("](")
                uuid = uuid.partition(",")[0].rstrip("]") + (f"]({scenario}" if scenario else "")
                more += f" id={quoteattr(uuid)}"
            end = write_end("success" if status == "init" else status, "because it is so")
            if status == "xfail":
                end = "<!--It is an expected failure due to: x--><!--Traceback:\nKeyError: 1-->"
            cases += write_case(owner, method, end, more.strip())
        uuid = f"00000000-0000-4000-8000-00000000000{number}"
        text += f"<testsuite id='{uuid}' tests='{len(run)}'>{cases}</testsuite>"
    head = "<testsuites><!--Report is generated by Rally 5.1.1 at 2026-11-30-->"
    return Written(f"{head}{text}</testsuites>".encode())


def write_refstack(_: World, facts: Facts) -> Written:
    names = dict.fromkeys(bare(fact.name) for fact in facts)
    return Written(
        json.dumps({"cpid": "x", "duration_seconds": 1, "results": list(names)}).encode()
    )


def packed(write: Callable[[World, Facts], Written]) -> Callable[[World, Facts], Written]:
    return lambda world, facts: Written(gzip.compress(write(world, facts).data))


STORED = (lose_listings, fail_unfinished, order_by_end)
JUNIT = (lose_listings, lose_beginnings)
RALLY = (
    lose_lost_results,
    lose_tear_downs,
    lose_set_ups_of_modules,
    expand_set_ups,
    list_selected,
)

DIALECTS: dict[str, Dialect] = {
    "subunit v2": Dialect(write_v2),
    "subunit v2, untagged": Dialect(write_v2_untagged, (lose_workers,)),
    "subunit v2, each test listed as it begins": Dialect(
        write_v2, (lose_listings, list_one_by_one)
    ),
    "subunit v2, not listed": Dialect(write_v2, (lose_listings,)),
    "subunit v2, ends alone": Dialect(write_v2, JUNIT),
    "subunit v2, from a repository": Dialect(write_v2, STORED),
    "subunit v2, gzipped": Dialect(packed(write_v2)),
    "subunit v1": Dialect(write_v1, STORED),
    "subunit v1, gzipped": Dialect(packed(write_v1), STORED),
    "python-junitxml": Dialect(
        write_python_junitxml, (lose_listings, pass_expected_failures, *STORED[1:])
    ),
    "JUnit, split name": Dialect(junit(split_name), JUNIT),
    "JUnit, fixture split": Dialect(junit(split_fixture), JUNIT),
    "JUnit, class repeated": Dialect(
        junit(lambda fact: (split_last(event_name(fact))[0], event_name(fact))), JUNIT
    ),
    "JUnit, whole name": Dialect(junit(lambda fact: ("", event_name(fact))), JUNIT),
    "JUnit, whole name twice": Dialect(junit(lambda fact: (event_name(fact),) * 2), JUNIT),
    "unittest-xml-reporting": Dialect(junit(hold_errors), JUNIT),
    "pytest": Dialect(
        junit(name_by_pytest, write_pytest_end, "name='pytest'"),
        (*JUNIT, expand_set_ups, lose_scenarios, charge_last_test),
    ),
    "pytest that repeats": Dialect(
        junit(name_by_pytest, write_pytest_end, "name='pytest'", one_suite=True),
        (*JUNIT, expand_set_ups, lose_scenarios, charge_last_test, pass_repeated_failures),
    ),
    "nose": Dialect(
        junit(name_context, attributes="name='nosetests'"),
        (*JUNIT, pass_expected_failures, lose_names_as_nose),
    ),
    "nose2": Dialect(
        junit(cut_fixture, write_nose2_end, "name='nose2-junit'"),
        (lose_listings, drop_ended_beginnings),
    ),
    "Surefire": Dialect(write_surefire, JUNIT),
    "green": Dialect(write_green, (*JUNIT, lose_scenarios, lose_expectations, lose_names_as_green)),
    "Jenkins": Dialect(write_jenkins, (*JUNIT, pass_expected_failures)),
    "rally JSON": Dialect(write_rally, RALLY),
    "rally JUnit XML": Dialect(write_rally_xml, RALLY),
    "RefStack JSON": Dialect(write_refstack, (keep_passes,)),
}
"""By the program or form; a stestr repository is read as the version 1 stream that it holds."""
