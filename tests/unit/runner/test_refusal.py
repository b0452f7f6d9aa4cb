"""A run is refused with the number of all tests that cannot pass, each counted once."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from defcheck.cloud.connection import Cloud
from defcheck.cloud.preflight.examine import examine
from defcheck.cloud.preflight.scene import Scene, Users
from defcheck.cloud.survey.facts import Unseen
from defcheck.cloud.survey.model import Survey
from defcheck.cloud.tempestconf import Configuration
from defcheck.errors import InputError, UnusableError
from defcheck.guideline import catalog
from defcheck.guideline.select import find_target
from defcheck.report.preflight import text
from defcheck.report.preflight.document import build
from defcheck.runner.preflight import Checked, refuse_hopeless
from defcheck.runner.preparation import Prepared
from tests.unit.cloud.preflight import clouds

WHY = Unseen("the connection was refused")
OF_COMPUTE = {clouds.SERVER, clouds.RESIZE, clouds.FLAVORS}
OF_NETWORK = {clouds.SERVER, clouds.RESIZE, clouds.NET, clouds.ROUTER}
OF_SWIFT = {clouds.QUOTA, clouds.TEMPURL}


def dead(*services: str) -> Survey:
    """Return the fine survey with endpoints that do not answer."""
    return replace(
        clouds.SURVEY,
        endpoints=tuple(
            replace(one, reached=WHY, versions=WHY) if one.entry.canonical in services else one
            for one in clouds.ENDPOINTS
        ),
    )


def refusal(survey: Survey, kind: type[InputError] = UnusableError, **conf: Any) -> str:
    """Return the words with which a run of all tests is refused."""
    sections = {name: {**options} for name, options in clouds.SCENE.conf.items()}
    sections["compute"].update(conf)
    prepared = Prepared(
        {},
        Configuration(sections, "accounts"),
        cast(Cloud, SimpleNamespace(verify=True)),
        survey,
    )
    full = [f"{test}[id-{number},smoke]" for number, test in enumerate(clouds.ALL)]
    with pytest.raises(kind) as caught:
        refuse_hopeless(prepared, Users("accounts"), full)
    return caught.value.message


def check_document(scene: Scene) -> dict[str, Any]:
    guideline = catalog.load("2020.06")
    target = find_target(guideline, "platform")
    return build(Checked(guideline, target, "47.0.0", scene, tuple(examine(scene))), "defcheck run")


@pytest.mark.parametrize(
    ("services", "tests", "others"),
    [
        (["object-store"], OF_SWIFT, ""),
        (["object-store", "compute"], OF_SWIFT | OF_COMPUTE, " (1 more finding like that)"),
        (["network", "compute"], OF_NETWORK | OF_COMPUTE, " (1 more finding like that)"),
        (
            ["network", "compute", "object-store"],
            OF_NETWORK | OF_COMPUTE | OF_SWIFT,
            " (2 more findings like that)",
        ),
        (["identity", "compute"], {*clouds.ALL}, " (1 more finding like that)"),
    ],
)
def test_the_tests_of_all_findings_are_counted_each_once(
    services: list[str], tests: set[str], others: str
) -> None:
    said = refusal(dead(*services))
    assert said.endswith(f"{others}; {len(tests)} of {len(clouds.ALL)} tests cannot pass.")
    assert others or "more finding" not in said
    found = check_document(clouds.scene(survey=dead(*services), users=Users("accounts")))
    assert found["tests"]["cannot_pass"] == {"all": len(tests), "counted": len(tests)}
    shown = " ".join(text.render(found).split())
    assert f"A run is refused: {len(tests)} of {len(clouds.ALL)} tests cannot pass" in shown


def test_a_file_of_the_user_s_is_wrong_input() -> None:
    said = refusal(clouds.SURVEY, InputError, flavor_ref="elsewhere")
    assert f"2 of {len(clouds.ALL)} tests cannot pass." in said


def test_a_check_says_how_many_of_the_tests_count() -> None:
    counted = frozenset({clouds.SERVER, clouds.QUOTA})
    scene = clouds.scene(survey=dead("compute"), users=Users("accounts"))
    found = check_document(replace(scene, demand=replace(scene.demand, counted=counted)))
    assert found["tests"]["demanded"] == len(clouds.ALL)
    assert found["tests"]["counted"] == 2
    assert found["tests"]["will_not_pass"] == found["tests"]["cannot_pass"]
    assert found["tests"]["cannot_pass"] == {"all": len(OF_COMPUTE), "counted": 1}
    shown = " ".join(text.render(found).split())
    assert f"{len(clouds.ALL)} tests, 2 of them counted, Tempest" in shown
    assert "3 tests, 1 of them counted: " in shown
    assert f"3 of {len(clouds.ALL)} tests, 1 of them counted, will not pass as it is" in shown
    assert f"3 of {len(clouds.ALL)} tests, 1 of them counted, cannot pass at all" in shown
