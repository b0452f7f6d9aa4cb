"""Before a run: what a cloud will let the demanded tests do."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from defcheck.cloud import accounts
from defcheck.cloud.accounts.entries import MEMBER_ROLE, Account
from defcheck.cloud.configuration.value import NOT_TOLD
from defcheck.cloud.preflight import examine
from defcheck.cloud.preflight.demand import Demand
from defcheck.cloud.preflight.finding import Finding
from defcheck.cloud.preflight.scene import Foreseen, Scene, Users
from defcheck.cloud.survey import object_accounts, projects
from defcheck.cloud.survey.facts import Fact, Unseen
from defcheck.cloud.tempestconf import default_domain, find_accounts
from defcheck.errors import InputError, UnusableError
from defcheck.guideline import catalog
from defcheck.guideline.matching import parse_name
from defcheck.guideline.model import Guideline, PolicyName, Status, Target
from defcheck.guideline.select import find_target, listed, require_counted
from defcheck.runner.execute import Runner, open_runner
from defcheck.runner.preparation import (
    Prepared,
    Request,
    Watcher,
    choose_workers,
    one_login,
    prepare,
    write_configuration,
)
from defcheck.runner.supposed import write_supposed
from defcheck.tempest.managed import choice
from defcheck.tempest.plan import make_plan
from defcheck.tempest.workspace import Workspace, open_workspace


@dataclass(frozen=True, slots=True)
class Checked:
    """A preflight that was made."""

    guideline: Guideline
    target: Target
    tempest: str
    scene: Scene
    findings: tuple[Finding, ...]


def check(request: Request, watcher: Watcher) -> Checked:
    """Look at a cloud, ask Tempest, and judge what a run would meet; change nothing.

    Raises `InputError` where the input is wrong, `UnusableError` where the
    cloud or Tempest cannot be used at all.
    """
    guideline = catalog.load(request.guideline)
    target = find_target(guideline, request.target)
    require_counted(guideline, target)
    tempest = choice.find(request.tempest)
    wanted = {item.capability.project for item in listed(guideline, target)}
    prepared = prepare(request, wanted, watcher)
    workers = choose_workers(request.workers, prepared.configuration)
    users = see_users(prepared, workers)
    with choice.held(tempest), open_workspace(tempest) as workspace:
        write_configuration(workspace, prepared.configuration)
        watcher.say(f"{tempest.title}: asking it what it will skip")
        with open_runner(workspace) as runner:
            inventory = tuple(runner.owners)
            plan = make_plan(guideline, target, request.statuses, inventory, tempest=tempest)
            demand = Demand(
                _names(plan.tests),
                counted_names(guideline, target, inventory),
            )
            foreseen, more = foresee(runner, plan.tests, workspace, prepared)
    scene = replace(
        set_scene(prepared, demand, users, foreseen, more),
        skips_allowed=guideline.policy is PolicyName.SCS,
    )
    return Checked(guideline, target, tempest.version, scene, tuple(examine.examine(scene)))


def refuse_hopeless(prepared: Prepared, users: Users, tests: Collection[str]) -> None:
    """Raise an error for a person where a run would prove nothing about some of its tests.

    It names the first finding, and counts the different tests of all of them.
    """
    if prepared.survey is None:
        return
    scene = set_scene(prepared, Demand(_names(tests), frozenset()), users)
    found = [finding for finding in examine.cheap(scene) if finding.hopeless]
    if not found:
        return
    first = found[0]
    others = len(found) - 1
    more = f" ({others} more finding{'s' * (others > 1)} like that)" if others else ""
    kind = InputError if first.given else UnusableError
    raise kind(
        f"{first.subject[:1].upper()}{first.subject[1:]}: {first.what}{more}; "
        f"{len(examine.harmed_tests(found))} of {len(scene.demand.tests)} tests cannot pass.",
        f"{first.advice} `defcheck cloud check` shows everything; --regardless runs all the same.",
    )


def see_users(prepared: Prepared, workers: int) -> Users:
    """Check the users of an accounts file, each login tried, where there is such a file."""
    configuration = prepared.configuration
    path = find_accounts(configuration.sections)
    if configuration.accounts or path is None or prepared.cloud is None:
        return Users(configuration.credentials)
    report = accounts.check(path, prepared.cloud, workers, default_domain(configuration.sections))
    untried = [one for one in report.logins if one.unavailable]
    if untried:
        raise UnusableError(
            f"{len(untried)} of {len(report.logins)} logins of {path} could not be checked; "
            f"{untried[0].account}: {untried[0].error}.",
            "Try again when Keystone answers.",
        )
    if report.problems:
        return Users(configuration.credentials, report.problems)
    services = {
        one.entry.canonical
        for one in (prepared.survey.endpoints if prepared.survey else ())
        if not isinstance(one.reached, Unseen)
    }
    return Users(
        configuration.credentials,
        projects=projects.see(report.accounts, prepared.cloud, services),
        object_accounts=_ask_object_accounts(prepared, report.accounts),
    )


def refuse_unusable_accounts(prepared: Prepared, runner: Runner, tests: Collection[str]) -> None:
    """Raise an error where the users that were created for a run may not use their accounts.

    Waits for those users, where some of the tests need Swift.
    """
    if not Demand(_names(tests), frozenset()).of_service("object-store"):
        return
    path = runner.wait_for_users()
    if path is not None:
        answers = _ask_object_accounts(prepared, accounts.accounts(accounts.check_accounts(path)))
        users = Users(prepared.configuration.credentials, object_accounts=answers)
        refuse_hopeless(prepared, users, tests)


def _ask_object_accounts(prepared: Prepared, users: Collection[Account]) -> dict[str, Fact[int]]:
    """Ask Swift as each user that may use it at its own account; nothing where it is silent."""
    endpoint = prepared.survey.endpoint("object-store") if prepared.survey else None
    if prepared.cloud is None or endpoint is None or isinstance(endpoint.reached, Unseen):
        return {}
    role = prepared.configuration.sections.get("object-storage", {}).get("operator_role", "")
    return object_accounts.see(users, role or MEMBER_ROLE, prepared.cloud, endpoint.entry.type)


def set_scene(
    prepared: Prepared,
    demand: Demand,
    users: Users,
    foreseen: dict[str, Foreseen] | None = None,
    with_more_users: dict[str, Foreseen] | None = None,
) -> Scene:
    """Return everything that a preflight judges; there must be a survey."""
    if prepared.survey is None or prepared.cloud is None:
        raise InputError("No cloud is named.", "Name one of clouds.yaml.")
    return Scene(
        survey=prepared.survey,
        demand=demand,
        conf=prepared.configuration.sections,
        guesses=frozenset(
            f"{section}.{key}"
            for section, comments in prepared.configuration.comments.items()
            for key, comment in comments.items()
            if comment.startswith(tuple(NOT_TOLD))
        ),
        users=users,
        now=datetime.now(UTC),
        verified=prepared.cloud.verify,
        foreseen=foreseen,
        with_more_users=with_more_users,
    )


def counted_names(
    guideline: Guideline, target: Target, inventory: tuple[str, ...]
) -> frozenset[str]:
    """Return the names of the tests on which a verdict depends: required and not flagged."""
    plan = make_plan(guideline, target, (Status.REQUIRED,), inventory, flagged=False)
    return frozenset(_names(plan.tests))


def foresee(
    runner: Runner, tests: Collection[str], workspace: Workspace, prepared: Prepared
) -> tuple[dict[str, Foreseen], dict[str, Foreseen] | None]:
    """Return what Tempest says that it will not run, and what if there were more accounts.

    The latter is None where there is more than one.
    """
    fates = _fates(runner.foresee(tests))
    if not one_login(prepared.configuration):
        return fates, None
    return fates, _fates(runner.foresee(tests, write_supposed(workspace, prepared.configuration)))


def _fates(found: dict[str, tuple[str, str]]) -> dict[str, Foreseen]:
    return {parse_name(full).name: Foreseen(*fate) for full, fate in sorted(found.items())}


def _names(tests: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted({parse_name(full).name for full in tests}))
