"""What the preflight says of a cloud, one fault at a time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from defcheck.cloud.discovery.cloud_discovery import ProjectQuotas
from defcheck.cloud.discovery.model import ApiVersion, Certificate, CloudImage, Flavor, Unavailable
from defcheck.cloud.endpoint_filter import EndpointFilter
from defcheck.cloud.preflight.checks import blocks_pass, run_cheap_checks, run_checks
from defcheck.cloud.preflight.context import (
    FindingState,
    PredictedSkip,
    PreflightContext,
    PreflightFinding,
    UserSetup,
)
from tests.unit.cloud.preflight import clouds
from tests.unit.cloud.preflight.clouds import NOW, scene, seeing


def not_fine(where: PreflightContext) -> list[PreflightFinding]:
    return [one for one in run_checks(where) if one.state is not FindingState.OK]


def only(where: PreflightContext) -> PreflightFinding:
    """Return the one finding that is not fine."""
    (found,) = not_fine(where)
    return found


def test_a_cloud_without_a_fault_is_fine() -> None:
    assert not_fine(clouds.SCENE) == []
    topics = [one.topic for one in run_checks(clouds.SCENE)]
    assert list(dict.fromkeys(topics)) == [
        *("identity", "users", "endpoints", "image", "compute", "network", "volume"),
        *("object storage", "tests"),
    ]


def test_what_no_test_needs_is_not_looked_at() -> None:
    found = run_checks(scene([clouds.TOKEN], survey=clouds.survey(compute=None, volume=None)))
    assert {one.topic for one in found} == {"identity", "users", "endpoints", "tests"}
    assert [one.subject for one in found if one.topic == "endpoints"] == ["identity"]


def dead(service: str) -> PreflightContext:
    why = Unavailable("the connection was refused")
    changed = tuple(
        replace(one, reached=why, versions=why) if one.entry.official_type == service else one
        for one in clouds.ENDPOINTS
    )
    return seeing(endpoints=changed)


@pytest.mark.parametrize(
    ("service", "tests"),
    [
        ("block-storage", {clouds.VOLUME, clouds.SNAPSHOT, clouds.ZONES}),
        ("object-store", {clouds.QUOTA, clouds.TEMPURL}),
        ("image", {clouds.IMAGE, clouds.SERVER, clouds.RESIZE}),
        ("network", {clouds.NET, clouds.ROUTER, clouds.SERVER, clouds.RESIZE}),
        ("compute", {clouds.SERVER, clouds.RESIZE, clouds.FLAVORS}),
    ],
)
def test_a_dead_endpoint_harms_the_tests_that_need_it(service: str, tests: set[str]) -> None:
    found = only(dead(service))
    assert (found.topic, found.subject, found.state) == ("endpoints", service, FindingState.PROBLEM)
    assert "could not be reached: the connection was refused" in found.what
    assert set(found.tests) == tests
    assert found.prevents_pass
    assert not found.is_user_input


def test_a_service_that_the_region_does_not_have() -> None:
    kept = tuple(one for one in clouds.ENDPOINTS if one.entry.official_type != "network")
    found = only(seeing(endpoints=kept))
    assert found.what == "the catalogue has no public endpoint in region R"
    assert found.prevents_pass
    own = EndpointFilter(
        ("internal",), "R", {"network": EndpointFilter(("internal", "admin"), "Two")}
    )
    found = only(seeing(endpoints=kept, endpoint_filter=own))
    assert found.what == "the catalogue has no internal or admin endpoint in region Two"


def test_settings_that_tempest_does_not_follow_are_shown_and_harm_nothing() -> None:
    remark = "`compute_endpoint_override` is ignored"
    found = run_checks(seeing(remarks=(remark,)))
    assert [one.state for one in found if one.what == remark] == [FindingState.OK]


def with_endpoint(service: str, **changes: Any) -> PreflightContext:
    return seeing(
        endpoints=tuple(
            replace(one, **changes) if one.entry.official_type == service else one
            for one in clouds.ENDPOINTS
        )
    )


@pytest.mark.parametrize(
    ("service", "path", "words"),
    [
        ("compute", "", "has no version in its path"),
        ("compute", "compute/", "has no version in its path"),
        ("block-storage", "", "has no version in its path"),
        ("block-storage", "volume/2", "has no version in its path"),
        ("network", "v2.0", "has /v2.0 in its path, and Tempest adds /v2.0"),
        ("network", "networking/v2.0/", "has /v2.0 in its path"),
    ],
)
def test_address_that_other_clients_repair_is_judged_as_tempest_uses_it(
    service: str, path: str, words: str
) -> None:
    entry = next(one.entry for one in clouds.ENDPOINTS if one.entry.official_type == service)
    found = only(with_endpoint(service, entry=replace(entry, url=f"http://c/{path}")))
    assert words in found.what
    assert found.prevents_pass
    assert set(found.tests) == set(scene().planned.tests_of_service(service))


@pytest.mark.parametrize(
    ("service", "path"),
    [
        *(("compute", path) for path in ("v2.1", "compute/v2.1/2", "v2/2")),
        *(("block-storage", path) for path in ("v3/2", "volume/v3/2/")),
        *(("network", path) for path in ("", "networking", "v2.example")),
        *(("image", path) for path in ("", "v2", "image")),
    ],
)
def test_address_that_tempest_can_use_is_fine(service: str, path: str) -> None:
    entry = next(one.entry for one in clouds.ENDPOINTS if one.entry.official_type == service)
    found = with_endpoint(service, entry=replace(entry, url=f"http://c/{path}"))
    assert all("in its path" not in one.what for one in run_checks(found))


@pytest.mark.parametrize(("address", "harmed"), [("http://k/v3", False), ("http://k:5000/", True)])
def test_address_of_keystone_without_its_version_harms_every_test(
    address: str, harmed: bool
) -> None:
    found = [
        one
        for one in run_checks(scene(conf={"identity": {"uri_v3": address}}))
        if one.subject == "address"
    ]
    assert [one.prevents_pass for one in found] == [True] * harmed
    assert all("--set identity.uri_v3=http://k:5000/v3" in one.advice for one in found)
    assert all(set(one.tests) == set(scene().planned.tests) for one in found)


def test_versions_that_cannot_be_seen_are_not_fine() -> None:
    found = only(with_endpoint("image", versions=Unavailable("it has no version document")))
    assert found.state is FindingState.NOT_SEEN
    assert blocks_pass(found, clouds.SCENE)


def test_an_api_that_the_tests_do_not_speak() -> None:
    old = (ApiVersion("2.0", "SUPPORTED", "", ""),)
    found = only(with_endpoint("block-storage", versions=old))
    assert "has no API of version 3, only 2.0" in found.what
    assert clouds.VOLUME in found.tests


def certificate(days: float, distrust: str = "") -> Certificate:
    return Certificate("CN=a", "CN=b", NOW + timedelta(days=days), distrust)


def test_a_certificate_that_is_not_trusted() -> None:
    where = with_endpoint("image", certificate=certificate(9, "self-signed certificate"))
    found = only(where)
    assert "is not trusted: self-signed certificate" in found.what
    assert "--cacert" in found.advice
    assert found.prevents_pass
    assert not_fine(replace(where, verifies_tls=False)) == []


def test_a_certificate_that_ends_during_the_run() -> None:
    found = only(with_endpoint("image", certificate=certificate(0.5)))
    assert "expires at 2031-01-01 12:00 UTC" in found.what
    assert not_fine(with_endpoint("image", certificate=certificate(2))) == []


@pytest.mark.parametrize(
    ("skew", "tests"), [(9.0, {clouds.TEMPURL}), (-9.0, {clouds.TEMPURL}), (900.0, set(clouds.ALL))]
)
def test_clocks_that_differ(skew: float, tests: set[str]) -> None:
    found = only(seeing(identity={"skew": skew}))
    assert set(found.tests) == tests
    assert ("ahead of" in found.what) == (skew > 0)


def test_clocks_that_differ_a_little_and_none_at_all() -> None:
    assert not_fine(seeing(identity={"skew": 2.0})) == []
    assert only(seeing(identity={"skew": Unavailable("no date")})).state is FindingState.NOT_SEEN


def test_no_flavor_has_a_disk() -> None:
    found = only(
        scene(
            survey=clouds.survey(compute={"flavors": (Flavor("f", "m1", 1, 0, 1, True),)}), conf={}
        )
    )
    assert found.what == "none of the 1 visible flavors has a disk"
    assert set(found.tests) == {clouds.SERVER, clouds.RESIZE}
    assert found.prevents_pass


def test_one_flavor_alone_is_too_few_to_resize() -> None:
    flavors = (Flavor("f1", "tiny", 64, 1, 1, True), Flavor("f2", "none", 64, 0, 1, True))
    found = only(seeing(compute={"flavors": flavors}))
    assert found.tests == (clouds.RESIZE,)
    assert not found.prevents_pass


def test_no_image() -> None:
    found = only(scene(survey=clouds.survey(image={"images": ()}), conf={}))
    assert (found.subject, found.prevents_pass) == ("images", True)


def test_an_image_that_nobody_but_the_login_sees() -> None:
    private = (CloudImage("i", "own", 1, 0, 0, "qcow2", "bare", "private", False),)
    conf = {"compute": {"flavor_ref": "f1", "flavor_ref_alt": "f2"}}
    found = only(scene(survey=clouds.survey(image={"images": private}), conf=conf))
    assert "visible to all test users" in found.what


@pytest.mark.parametrize(
    ("section", "option"),
    [
        ("compute", "flavor_ref"),
        ("compute", "flavor_ref_alt"),
        ("compute", "image_ref"),
        ("network", "public_network_id"),
    ],
)
def test_a_tempest_conf_of_another_cloud(section: str, option: str) -> None:
    conf = {**clouds.SCENE.conf, section: {**clouds.SCENE.conf[section], option: "elsewhere"}}
    found = only(scene(conf=conf))
    assert f"{option} of tempest.conf is elsewhere" in found.what
    assert found.prevents_pass
    assert found.is_user_input


def test_what_may_not_be_seen_is_told_apart() -> None:
    closed = Unavailable("this account is not permitted to see it (HTTP 403)", refused=True)
    where = seeing(
        compute={"flavors": closed, "limits": closed},
        image={"images": closed},
        network={"networks": closed, "extensions": closed, "quotas": closed},
        volume={"types": closed, "limits": closed},
        object_storage={"info": closed},
    )
    found = not_fine(where)
    assert {one.state for one in found} == {FindingState.NOT_SEEN}
    assert len(found) == 9
    assert not any(one.prevents_pass for one in found)


@pytest.mark.parametrize(
    ("kind", "compute", "words", "hopeless"),
    [
        ("single account", {"limits": {**clouds.LIMITS, "maxTotalInstances": 0}}, "0 of 0", True),
        (
            "single account",
            {"limits": {**clouds.LIMITS, "totalInstancesUsed": 8}},
            "the project has 2 of 10 free, but the tests need 3",
            False,
        ),
        (
            "dynamic",
            {"defaults": {"instances": 0, "cores": 20, "ram": -1}},
            "a new project has 0 of 0 free",
            True,
        ),
    ],
)
def test_a_quota_that_does_not_suffice(
    kind: str, compute: dict[str, Any], words: str, hopeless: bool
) -> None:
    found = only(scene(survey=clouds.survey(compute=compute), users=UserSetup(kind)))
    assert found.subject == "quota instances"
    assert words in found.what
    assert set(found.tests) == {clouds.SERVER, clouds.RESIZE}
    assert found.prevents_pass is hopeless


def test_cores_and_memory_are_those_of_the_chosen_flavor() -> None:
    limits = {**clouds.LIMITS, "maxTotalCores": 2, "maxTotalRAMSize": 100}
    found = not_fine(seeing(compute={"limits": limits}))
    assert [one.subject for one in found] == ["quota cores", "quota ram"]
    assert "need 192 at a time" in found[1].what


def quotas(**changes: Any) -> ProjectQuotas:
    fine = {"compute": clouds.LIMITS, "network": {"network": 9}, "network_used": {}, "volume": {}}
    return ProjectQuotas(**{**fine, **changes})


def test_the_quotas_of_the_projects_of_an_accounts_file() -> None:
    none = quotas(compute={"maxTotalInstances": 0})
    few = quotas(compute={"maxTotalInstances": 2}, network_used={"network": 9})
    users = UserSetup("accounts", projects={"a": quotas(), "b": few, "c": none})
    found = not_fine(scene(users=users))
    assert [(one.subject, one.prevents_pass) for one in found] == [
        ("quota instances", True),
        ("quota network", True),
    ]
    assert found[0].what == (
        "project c has 0 of 0 free, but the tests need 3 at a time (also in 1 more)"
    )
    assert "project b has 0 of 9 free" in found[1].what
    users = UserSetup("accounts", projects={"a": quotas(), "b": quotas()})
    assert not_fine(scene(users=users)) == []
    (shown,) = [
        one
        for one in run_checks(scene(users=users))
        if one.topic == "compute"
        if "quota" in one.subject
    ]
    assert shown.what.startswith("each of 2 projects has enough instances")


def test_a_project_whose_quotas_are_hidden_is_not_seen() -> None:
    users = UserSetup("accounts", projects={"a": quotas(volume=Unavailable("no answer"))})
    found = only(scene(users=users))
    assert (found.topic, found.what) == ("volume", "of project a: no answer")


def test_the_quotas_of_one_project_say_nothing_of_other_accounts() -> None:
    limits = {**clouds.LIMITS, "maxTotalInstances": 0}
    where = scene(survey=clouds.survey(compute={"limits": limits}), users=UserSetup("accounts"))
    assert not_fine(where) == []


def test_networks() -> None:
    found = not_fine(seeing(network={"networks": (), "extensions": (), "quotas": {"network": 0}}))
    assert "extension router" in [one.subject for one in found]
    assert {test for one in found for test in one.tests} >= {clouds.ROUTER, clouds.NET}


def test_volumes() -> None:
    assert only(seeing(volume={"types": ()})).subject == "volume types"
    found = only(seeing(volume={"limits": {"maxTotalSnapshots": 0}}))
    assert (found.subject, found.tests) == ("quota snapshots", (clouds.SNAPSHOT,))


def test_a_capability_that_is_not_listed_may_be_there() -> None:
    info: dict[str, dict[str, Any]] = {name: {} for name in ("slo", "tempurl")}
    found = only(seeing(object_storage={"info": info}))
    assert (found.subject, found.tests) == ("capability account_quotas", (clouds.QUOTA,))
    assert found.state is FindingState.NOT_SEEN


def test_a_digest_that_is_neither_announced_nor_tried_is_not_seen() -> None:
    guess = frozenset({"object-storage-feature-enabled.tempurl_digest_hashlib"})
    found = only(scene(guessed_options=guess))
    assert (found.subject, found.tests) == ("digest of temporary URLs", (clouds.TEMPURL,))
    assert found.state is FindingState.NOT_SEEN
    digests = {"tempurl": {"allowed_digests": ["sha1"]}}
    info = {**clouds.SURVEY.object_storage.info, **digests}  # type: ignore[union-attr,dict-item]
    assert not_fine(replace(seeing(object_storage={"info": info}), guessed_options=guess)) == []


def answer(status: int) -> Unavailable:
    return Unavailable(
        f"HTTP {status}",
        refused=status in (401, 403),
        no_answer=status >= 500,
        status=status,
    )


FINE, HARMS, UNSEEN = FindingState.OK, FindingState.PROBLEM, FindingState.NOT_SEEN


@pytest.mark.parametrize(
    ("kind", "role", "account", "state"),
    [
        ("single account", "member", {}, FINE),
        ("single account", "member", answer(403), HARMS),
        ("single account", "member", answer(404), HARMS),
        ("single account", "member", answer(503), UNSEEN),
        ("accounts", "member", answer(404), HARMS),
        ("pool", "member", {}, FINE),
        ("pool", "member", answer(401), HARMS),
        ("pool", "member", answer(403), HARMS),
        ("pool", "swiftoperator", answer(403), UNSEEN),
        ("pool", "swiftoperator", answer(404), HARMS),
        ("dynamic", "swiftoperator", answer(404), HARMS),
        ("dynamic", "member", answer(500), UNSEEN),
        ("as configured", "member", answer(404), HARMS),
        ("pool", "member", Unavailable("no response in time"), UNSEEN),
    ],
)
def test_the_account_of_the_login_stands_for_those_of_the_tests_as_far_as_it_can(
    kind: str, role: str, account: Any, state: FindingState
) -> None:
    where = replace(
        seeing(object_storage={"account": account}),
        users=UserSetup(kind),
        conf={**clouds.SCENE.conf, "object-storage": {"operator_role": role}},
        with_more_users={} if kind == "single account" else None,
    )
    found = {one.subject: one for one in run_checks(where)}["account"]
    assert found.state is state
    if state is not FINE:
        assert set(found.tests) == {clouds.QUOTA, clouds.TEMPURL}
    assert found.prevents_pass is (state is HARMS)


def test_the_accounts_of_an_accounts_file_are_judged_and_not_that_of_the_login() -> None:
    def judged(**answers: Any) -> PreflightFinding:
        where = replace(
            seeing(object_storage={"account": answer(403)}),
            users=UserSetup("accounts", object_accounts=answers),
            with_more_users=None,
        )
        return {one.subject: one for one in run_checks(where)}["account"]

    assert judged(a=204, b=200).state is FINE
    assert judged(a=204, b=answer(403)).prevents_pass
    assert judged(a=204, b=answer(403)).what == "no access to the account of b: HTTP 403"
    assert judged(a=answer(404), b=answer(404)).what.startswith(
        "no account of a and 1 more at the address"
    )
    assert judged(a=Unavailable("no response within 10 s")).state is UNSEEN


def test_an_address_that_names_no_project_harms_what_needs_other_accounts() -> None:
    identity = {"project_id": "3ade"}
    found = only(seeing(identity=identity))
    assert (found.subject, found.tests) == ("address of accounts", (clouds.TEMPURL,))
    assert not found.prevents_pass
    entry = clouds.endpoint("object-store").entry
    named = tuple(
        replace(one, entry=replace(entry, url="http://x/v1/AUTH_3ade"))
        if one.entry.official_type == "object-store"
        else one
        for one in clouds.ENDPOINTS
    )
    assert not_fine(seeing(identity=identity, endpoints=named)) == []


def test_an_accounts_file_that_is_wrong_is_the_users() -> None:
    found = only(scene(users=UserSetup("accounts", ("a: the cloud refused the login",))))
    assert found.is_user_input
    assert found.prevents_pass
    assert found in run_cheap_checks(
        scene(users=UserSetup("accounts", ("a: the cloud refused the login",)))
    )


RESELLER = "AccountQuotasTest skipped because the provider has no role ResellerAdmin."


def test_skips_are_gathered_by_reason() -> None:
    where = scene(
        predicted={
            clouds.QUOTA: PredictedSkip("skipped", RESELLER),
            clouds.TEMPURL: PredictedSkip(
                "skipped", RESELLER.replace("AccountQuotasTest", "Other")
            ),
        },
        users=UserSetup("accounts"),
        with_more_users=None,
    )
    found = only(where)
    assert found.what == "The provider has no role ResellerAdmin."
    assert found.tests == (clouds.QUOTA, clouds.TEMPURL)
    assert "ResellerAdmin" in found.advice


def test_allowed_skip_blocks_nothing() -> None:
    for outcome, stands in (("skipped", False), ("fixture error", True)):
        fate = {clouds.QUOTA: PredictedSkip(outcome, "so")}
        where = scene(predicted=fate, users=UserSetup("accounts"), with_more_users=None)
        assert blocks_pass(only(where), where)
        assert blocks_pass(only(where), replace(where, skips_allowed=True)) is stands


def test_what_a_second_account_would_allow_is_told_apart_from_what_it_would_not() -> None:
    lacking = PredictedSkip(
        "fixture error",
        "Invalid Credentials Details: Insufficient number of users provided. A,B have "
        "allocated all the credentials for this allocation request",
    )
    bug = PredictedSkip("skipped", "Skipped because of bug#1.")
    found = not_fine(
        scene(
            predicted={clouds.NET: lacking, clouds.ROUTER: lacking},
            with_more_users={clouds.ROUTER: bug},
        )
    )
    assert [(one.subject, one.tests) for one in found] == [
        ("second account", (clouds.NET,)),
        ("will skip", (clouds.ROUTER,)),
    ]
    assert found[1].what == bug.reason
    assert found[1].advice == "Tempest always skips it, whatever the cloud."


def test_skip_behind_missing_accounts_is_not_run_and_no_guideline_allows_that() -> None:
    lacking = PredictedSkip("fixture error", "Insufficient number of users provided.")
    bug = PredictedSkip("skipped", "Skipped until bug: https://launchpad.net/bugs/1 is resolved.")
    where = scene(
        predicted={clouds.NET: bug, clouds.ROUTER: lacking},
        with_more_users={clouds.NET: bug, clouds.ROUTER: bug},
        skips_allowed=True,
    )
    found = {one.tests: (one.subject, blocks_pass(one, where)) for one in not_fine(where)}
    assert found == {
        (clouds.NET,): ("will skip", False),
        (clouds.ROUTER,): ("will skip", True),
    }


def test_skip_that_depends_on_a_probe_is_not_predicted_for_sure() -> None:
    fate = PredictedSkip(
        "skipped", "Image format enforcement prevents testing with bogus image data"
    )
    foreseen = {clouds.IMAGE: fate}
    guesses = frozenset({"image-feature-enabled.image_format_enforcement"})
    found = only(scene(predicted=foreseen, guessed_options=guesses, with_more_users=foreseen))
    assert (found.state, found.tests) == (FindingState.NOT_SEEN, (clouds.IMAGE,))
    found = only(scene(predicted=foreseen, with_more_users=foreseen))
    assert found.state is FindingState.PROBLEM


def test_tempest_that_could_not_be_asked_is_not_seen() -> None:
    assert only(scene(predicted=None)).state is FindingState.NOT_SEEN


def test_uncounted_test_blocks_nothing() -> None:
    where = dead("object-store")
    found = only(where)
    assert blocks_pass(found, where)
    flagged = replace(where, planned=replace(where.planned, counted=frozenset({clouds.NET})))
    assert not blocks_pass(found, flagged)
