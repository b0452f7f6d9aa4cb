"""Check before a run: the cloud, and which tests are excluded."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from defcheck.cloud import accounts
from defcheck.cloud.accounts.accounts_file import MEMBER_ROLE, Account
from defcheck.cloud.config_builder.values import UNANNOUNCED_ORIGINS
from defcheck.cloud.discovery import cloud_discovery
from defcheck.cloud.discovery.model import Fact, Unavailable
from defcheck.cloud.preflight import checks
from defcheck.cloud.preflight.checks import simplify_reason
from defcheck.cloud.preflight.context import (
    PlannedTests,
    PredictedSkip,
    PreflightContext,
    PreflightFinding,
    UserSetup,
    find_gained_tests,
)
from defcheck.cloud.tempest_conf import find_accounts_file, get_default_domain
from defcheck.errors import InputError, UnusableError
from defcheck.guideline import catalog
from defcheck.guideline.matching import parse_test_name
from defcheck.guideline.models import Guideline, PolicyName, Status, Target
from defcheck.guideline.selection import find_target, list_capabilities, require_counted_tests
from defcheck.runner.engine.client import Runner, open_runner
from defcheck.runner.preparation import (
    PreparedRun,
    RunObserver,
    RunRequest,
    choose_workers,
    has_single_login,
    prepare_run,
    write_configuration,
    write_placeholder_accounts,
)
from defcheck.runner.record import (
    MORE_ACCOUNTS_NO_HELP,
    NEEDS_READER,
    NEEDS_SECOND_ACCOUNT,
)
from defcheck.tempest.inventory import make_plan
from defcheck.tempest.managed import environments
from defcheck.tempest.workspace import Workspace, open_workspace

FIXTURE_ERROR, SKIPPED = "fixture error", "skipped"


def find_exclusions(
    foreseen: Mapping[str, PredictedSkip], with_more_users: Mapping[str, PredictedSkip] | None
) -> dict[str, str]:
    """Return the tests, by name, that need more users than the run has, and why.

    Tempest would report an error in their class, as if the cloud were at fault.
    An accounts file of several users is checked before the run, so this concerns a
    single account: `with_more_users` is what Tempest would do with more, None if
    there are several.
    """
    if with_more_users is None:
        return {}
    return {
        name: _explain_exclusion(fate, with_more_users.get(name))
        for name, fate in foreseen.items()
        if fate.outcome == FIXTURE_ERROR
    }


def _explain_exclusion(prediction: PredictedSkip, with_more_users: PredictedSkip | None) -> str:
    if with_more_users is not None:
        return f"{MORE_ACCOUNTS_NO_HELP}: {simplify_reason(with_more_users.reason)}"
    return NEEDS_READER if "role: reader" in prediction.reason else NEEDS_SECOND_ACCOUNT


def describe_account_needs(
    foreseen: Mapping[str, PredictedSkip], with_more_users: Mapping[str, PredictedSkip] | None
) -> str:
    """Return in a line how many tests need more accounts, empty if none do."""
    needing = len(find_gained_tests(foreseen, with_more_users))
    later = [
        (with_more_users or {})[name].outcome
        for name, why in find_exclusions(foreseen, with_more_users).items()
        if why.startswith(MORE_ACCOUNTS_NO_HELP)
    ]
    skipped = later.count(SKIPPED)
    others = len(later) - skipped
    words = []
    if needing:
        words.append(f"More accounts are needed for {_count_tests(needing)}")
    if skipped:
        words.append(f"Tempest would skip {_count_tests(skipped)} even with more accounts")
    if others:
        words.append(f"{_count_tests(others)} cannot run even with more accounts")
    return "; ".join(words)


def _count_tests(number: int) -> str:
    return f"{number} test{'s' * (number != 1)}"


def remove_excluded(tests: Collection[str], excluded: Mapping[str, str]) -> tuple[str, ...]:
    """Return the full names of tests that are not excluded; raise `UnusableError` if all are."""
    left = tuple(test for test in tests if parse_test_name(test).name not in excluded)
    if not left:
        raise UnusableError(
            f"None of the {len(tests)} tests can run with a single account.",
            "Pass an accounts file by --accounts, or log in as an administrator.",
        )
    return left


@dataclass(frozen=True, slots=True)
class PreflightResult:
    """The result of a preflight."""

    guideline: Guideline
    target: Target
    tempest: str
    context: PreflightContext
    findings: tuple[PreflightFinding, ...]


def check_cloud(request: RunRequest, watcher: RunObserver) -> PreflightResult:
    """Discover a cloud, ask Tempest, and judge what to expect of a run; change nothing.

    Raises `InputError` if the input is wrong, `UnusableError` if the
    cloud or Tempest cannot be used at all.
    """
    guideline = catalog.load_guideline(request.guideline)
    target = find_target(guideline, request.target)
    require_counted_tests(guideline, target)
    tempest = environments.find_tempest(request.tempest)
    wanted = {item.capability.project for item in list_capabilities(guideline, target)}
    prepared = prepare_run(request, wanted, watcher)
    workers = choose_workers(request.workers, prepared.configuration)
    users = check_users(prepared, workers)
    with environments.hold_tempest(tempest), open_workspace(tempest) as workspace:
        write_configuration(workspace, prepared.configuration)
        watcher.say(f"{tempest.title}: predicting skips")
        with open_runner(workspace) as runner:
            inventory = tuple(runner.owners)
            plan = make_plan(guideline, target, request.statuses, inventory, tempest=tempest)
            demand = PlannedTests(
                _list_test_names(plan.tests),
                list_counted_tests(guideline, target, inventory),
            )
            foreseen, more = predict_skips(runner, plan.tests, workspace, prepared)
    scene = replace(
        build_context(prepared, demand, users, foreseen, more),
        skips_allowed=guideline.policy is PolicyName.SCS,
    )
    return PreflightResult(
        guideline, target, tempest.version, scene, tuple(checks.run_checks(scene))
    )


def refuse_hopeless(prepared: PreparedRun, users: UserSetup, tests: Collection[str]) -> None:
    """Raise an error for the user if a run would prove nothing about some of its tests.

    It names the first finding, and counts the tests that all findings affect.
    """
    if prepared.survey is None:
        return
    scene = build_context(prepared, PlannedTests(_list_test_names(tests), frozenset()), users)
    found = [finding for finding in checks.run_cheap_checks(scene) if finding.prevents_pass]
    if not found:
        return
    first = found[0]
    others = len(found) - 1
    more = f" ({others} more problem{'s' * (others > 1)})" if others else ""
    kind = InputError if first.is_user_input else UnusableError
    raise kind(
        f"{first.subject[:1].upper()}{first.subject[1:]}: {first.what}{more}; "
        f"{len(checks.find_affected_tests(found))} of {len(scene.planned.tests)} tests "
        "cannot pass.",
        f"{first.advice} `defcheck cloud check` shows all problems; "
        "`defcheck run --regardless` runs anyway.",
    )


def check_users(prepared: PreparedRun, workers: int) -> UserSetup:
    """Check the users of the accounts file, if any, by logging in as each."""
    configuration = prepared.configuration
    path = find_accounts_file(configuration.sections)
    if configuration.accounts or path is None or prepared.cloud is None:
        return UserSetup(configuration.credentials)
    report = accounts.check_accounts_file(
        path, prepared.cloud, workers, get_default_domain(configuration.sections)
    )
    untried = [one for one in report.logins if one.unavailable]
    if untried:
        raise UnusableError(
            f"{len(untried)} of {len(report.logins)} accounts in {path} could not be checked; "
            f"{untried[0].account}: {untried[0].error}.",
            "Try again when Keystone responds.",
        )
    if report.problems:
        return UserSetup(configuration.credentials, report.problems)
    services = {
        one.entry.official_type
        for one in (prepared.survey.endpoints if prepared.survey else ())
        if not isinstance(one.reached, Unavailable)
    }
    return UserSetup(
        configuration.credentials,
        projects=cloud_discovery.discover_project_quotas(report.accounts, prepared.cloud, services),
        object_accounts=_check_object_accounts(prepared, report.accounts),
    )


def refuse_unusable_accounts(prepared: PreparedRun, runner: Runner, tests: Collection[str]) -> None:
    """Raise an error if the users that were created for a run have no access to their accounts.

    Waits for these users if some of the tests need Swift.
    """
    if not PlannedTests(_list_test_names(tests), frozenset()).tests_of_service("object-store"):
        return
    path = runner.wait_for_users()
    if path is not None:
        answers = _check_object_accounts(
            prepared, accounts.parse_accounts(accounts.load_account_entries(path))
        )
        users = UserSetup(prepared.configuration.credentials, object_accounts=answers)
        refuse_hopeless(prepared, users, tests)


def _check_object_accounts(
    prepared: PreparedRun, users: Collection[Account]
) -> dict[str, Fact[int]]:
    """Check the Swift account of each user; nothing if Swift does not respond."""
    endpoint = prepared.survey.find_endpoint("object-store") if prepared.survey else None
    if prepared.cloud is None or endpoint is None or isinstance(endpoint.reached, Unavailable):
        return {}
    role = prepared.configuration.sections.get("object-storage", {}).get("operator_role", "")
    return cloud_discovery.discover_object_accounts(
        users, role or MEMBER_ROLE, prepared.cloud, endpoint.entry.type
    )


def build_context(
    prepared: PreparedRun,
    demand: PlannedTests,
    users: UserSetup,
    foreseen: dict[str, PredictedSkip] | None = None,
    with_more_users: dict[str, PredictedSkip] | None = None,
) -> PreflightContext:
    """Return everything that a preflight judges; the cloud must have been discovered."""
    if prepared.survey is None or prepared.cloud is None:
        raise InputError("No cloud is named.", "Name a cloud of clouds.yaml by --cloud.")
    return PreflightContext(
        survey=prepared.survey,
        planned=demand,
        conf=prepared.configuration.sections,
        guessed_options=frozenset(
            f"{section}.{key}"
            for section, comments in prepared.configuration.comments.items()
            for key, comment in comments.items()
            if comment.startswith(tuple(UNANNOUNCED_ORIGINS))
        ),
        users=users,
        now=datetime.now(UTC),
        verifies_tls=prepared.cloud.verify,
        predicted=foreseen,
        with_more_users=with_more_users,
    )


def list_counted_tests(
    guideline: Guideline, target: Target, inventory: tuple[str, ...]
) -> frozenset[str]:
    """Return the names of the tests on which a verdict depends: required and not flagged."""
    plan = make_plan(guideline, target, (Status.REQUIRED,), inventory, flagged=False)
    return frozenset(_list_test_names(plan.tests))


def predict_skips(
    runner: Runner, tests: Collection[str], workspace: Workspace, prepared: PreparedRun
) -> tuple[dict[str, PredictedSkip], dict[str, PredictedSkip] | None]:
    """Return what Tempest will not run, and what it would not run with more accounts.

    The latter is None if there is more than one account.
    """
    fates = _parse_predictions(runner.predict_skips(tests))
    if not has_single_login(prepared.configuration):
        return fates, None
    return fates, _parse_predictions(
        runner.predict_skips(tests, write_placeholder_accounts(workspace, prepared.configuration))
    )


def _parse_predictions(found: dict[str, tuple[str, str]]) -> dict[str, PredictedSkip]:
    return {
        parse_test_name(full).name: PredictedSkip(*fate) for full, fate in sorted(found.items())
    }


def _list_test_names(tests: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted({parse_test_name(full).name for full in tests}))
