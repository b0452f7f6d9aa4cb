"""A run is refused with the number of all tests that cannot pass, each counted once."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from defcheck.cloud.connection import Cloud
from defcheck.cloud.discovery.model import CloudDiscovery, Unavailable
from defcheck.cloud.preflight.checks import run_checks
from defcheck.cloud.preflight.context import PreflightContext, UserSetup
from defcheck.cloud.tempest_conf import TempestConfiguration
from defcheck.errors import DefcheckError, InputError, UnusableError
from defcheck.guideline import catalog
from defcheck.guideline.selection import find_target
from defcheck.report.formats import cloud_text
from defcheck.report.models.cloud import build_preflight_document
from defcheck.runner.preflight import PreflightResult, refuse_hopeless
from defcheck.runner.preparation import PreparedRun
from tests.unit.cloud.preflight import clouds

WHY = Unavailable("the connection was refused")
OF_COMPUTE = {clouds.SERVER, clouds.RESIZE, clouds.FLAVORS}
OF_NETWORK = {clouds.SERVER, clouds.RESIZE, clouds.NET, clouds.ROUTER}
OF_SWIFT = {clouds.QUOTA, clouds.TEMPURL}


def dead(*services: str) -> CloudDiscovery:
    """Return the fine survey with endpoints that do not answer."""
    return replace(
        clouds.SURVEY,
        endpoints=tuple(
            replace(one, reached=WHY, versions=WHY) if one.entry.official_type in services else one
            for one in clouds.ENDPOINTS
        ),
    )


def refusal(survey: CloudDiscovery, kind: type[DefcheckError] = UnusableError, **conf: Any) -> str:
    """Return the words with which a run of all tests is refused."""
    sections = {name: {**options} for name, options in clouds.SCENE.conf.items()}
    sections["compute"].update(conf)
    prepared = PreparedRun(
        {},
        TempestConfiguration(sections, "accounts"),
        cast(Cloud, SimpleNamespace(verify=True)),
        survey,
    )
    full = [f"{test}[id-{number},smoke]" for number, test in enumerate(clouds.ALL)]
    with pytest.raises(kind) as caught:
        refuse_hopeless(prepared, UserSetup("accounts"), full)
    return caught.value.message


def check_document(scene: PreflightContext) -> dict[str, Any]:
    guideline = catalog.load_guideline("2020.06")
    target = find_target(guideline, "platform")
    return build_preflight_document(
        PreflightResult(guideline, target, "47.0.0", scene, tuple(run_checks(scene))),
        "defcheck run",
    )


@pytest.mark.parametrize(
    ("services", "tests", "others"),
    [
        (["object-store"], OF_SWIFT, ""),
        (["object-store", "compute"], OF_SWIFT | OF_COMPUTE, " (1 more problem)"),
        (["network", "compute"], OF_NETWORK | OF_COMPUTE, " (1 more problem)"),
        (
            ["network", "compute", "object-store"],
            OF_NETWORK | OF_COMPUTE | OF_SWIFT,
            " (2 more problems)",
        ),
        (["identity", "compute"], {*clouds.ALL}, " (1 more problem)"),
    ],
)
def test_the_tests_of_all_findings_are_counted_each_once(
    services: list[str], tests: set[str], others: str
) -> None:
    said = refusal(dead(*services))
    assert said.endswith(f"{others}; {len(tests)} of {len(clouds.ALL)} tests cannot pass.")
    assert others or "more finding" not in said
    found = check_document(clouds.scene(survey=dead(*services), users=UserSetup("accounts")))
    assert found["tests"]["cannot_pass"] == {"all": len(tests), "counted": len(tests)}
    shown = " ".join(cloud_text.render_preflight_text(found).split())
    count = f"{len(tests)} of {len(clouds.ALL)} tests"
    assert f"`defcheck run` will not start: {count} cannot pass" in shown


def test_a_file_of_the_user_s_is_wrong_input() -> None:
    said = refusal(clouds.SURVEY, InputError, flavor_ref="elsewhere")
    assert f"2 of {len(clouds.ALL)} tests cannot pass." in said


def test_a_check_says_how_many_of_the_tests_count() -> None:
    counted = frozenset({clouds.SERVER, clouds.QUOTA})
    scene = clouds.scene(survey=dead("compute"), users=UserSetup("accounts"))
    found = check_document(replace(scene, planned=replace(scene.planned, counted=counted)))
    assert found["tests"]["demanded"] == len(clouds.ALL)
    assert found["tests"]["counted"] == 2
    assert found["tests"]["will_not_pass"] == found["tests"]["cannot_pass"]
    assert found["tests"]["cannot_pass"] == {"all": len(OF_COMPUTE), "counted": 1}
    shown = " ".join(cloud_text.render_preflight_text(found).split())
    assert f"{len(clouds.ALL)} tests, 2 of them counted, Tempest" in shown
    assert "3 tests, 1 of them counted: " in shown
    assert (
        f"3 of {len(clouds.ALL)} tests, 1 of them counted, will not pass with this cloud as it is"
        in shown
    )
    assert f"3 of {len(clouds.ALL)} tests, 1 of them counted, cannot pass" in shown
