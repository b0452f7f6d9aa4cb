"""What a package is made of."""

import json
from pathlib import Path

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.models import FLAG_CODES
from defcheck.submission.bundle.verification import verify_bundle
from defcheck.submission.package import creation, forms, model
from defcheck.submission.package.model import DEFCORE_LABEL, UNOFFICIAL_LABEL
from tests.evidence import make_run
from tests.unit.shared import ROOT
from tests.unit.submission.package.runs import Files, compute_run, facts_of, package_of


def test_the_same_run_gives_the_same_bytes_wherever_it_lies(tmp_path: Path, passing: Files) -> None:
    assert package_of(make_run(tmp_path / "elsewhere")) == passing


def test_package_of_a_pass_has_every_required_file(passing: Files) -> None:
    assert set(passing) == {
        "bundle.tar",
        "report.html",
        "README.txt",
        "system.yaml",
        "designated-sections.yaml",
        "additional-properties.yaml",
    }
    assert verify_bundle(passing["bundle.tar"], None)
    assert "This is no pass" not in passing["README.txt"].decode()


def test_tests_without_a_pass_have_a_flag_request_each(failing: Files) -> None:
    flags = forms.read_form(model.FLAGS, failing[model.FLAGS])["flags"]
    outcomes = [flag["outcome"] for flag in flags]
    assert outcomes.count("failed") == 2
    assert outcomes.count("not run") == len(flags) - 2 > 0
    assert len({flag["test"] for flag in flags}) == len(flags)
    for flag in flags:
        open_ones = ("request", "code", "date", "bug", "reason", "action")
        assert [flag[key] for key in open_ones] == [None] * len(open_ones)
    text = failing[model.README].decode()
    assert "\nFAIL: OpenStack Powered Storage, guideline 2020.06\n" in text
    assert "The verdict is not a pass." in text
    assert all(flag["test"] in text for flag in flags)


@pytest.mark.parametrize("fixture", ["passing", "failing", "scs"])
def test_every_file_of_a_package_says_that_it_is_unofficial(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    files: Files = request.getfixturevalue(fixture)
    for name, data in files.items():
        if name != model.BUNDLE:
            words = " ".join(data.decode().replace("\n# ", "\n").replace("&#34;", '"').split())
            assert UNOFFICIAL_LABEL in words, name
            assert (DEFCORE_LABEL in words) == (fixture != "scs"), name
            assert "certified" not in words.lower()
            assert data.endswith(b"\n")
            assert not data.endswith(b"\n\n")


@pytest.mark.parametrize("fixture", ["passing", "failing", "scs"])
def test_a_blank_form_has_open_fields_and_nothing_wrong(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    files: Files = request.getfixturevalue(fixture)
    for name in set(model.FORMS) & set(files):
        blank = forms.read_form(name, files[name])
        remarks = list(forms.validate_form(name, blank))
        assert {remark.kind.value for remark in remarks} == {"open"}, name
        assert list(forms.compare_with_blank(name, blank, blank)) == []


def test_the_projects_are_those_whose_designated_sections_the_target_requires(
    passing: Files,
) -> None:
    projects = forms.read_form(model.SECTIONS, passing[model.SECTIONS])["projects"]
    assert [(one["project"], one["components"]) for one in projects] == [
        ("keystone", ["os_powered_storage"]),
        ("swift", ["os_powered_storage"]),
    ]
    assert "proxy server" in projects[1]["sections"]
    assert "diskfile" not in projects[1]["sections"]
    assert b"May be replaced: diskfile." in passing[model.SECTIONS]


def test_before_schema_2_they_are_those_of_projects_with_required_capabilities(
    tmp_path: Path,
) -> None:
    facts = facts_of(compute_run(tmp_path / "run", "2016.08", "compute"))
    named = {one.sections.project: one.components for one in facts.sections}
    assert set(named) == {"nova", "keystone", "glance", "cinder", "neutron"}
    assert set(named.values()) == {("compute",)}
    assert "Answers of Nova 2.0 may hold extra properties." in facts.compute_rule


def test_a_project_of_two_components_is_asked_for_once(tmp_path: Path) -> None:
    facts = facts_of(compute_run(tmp_path / "run", "2020.06", "platform"))
    names = [one.sections.project for one in facts.sections]
    assert sorted(names) == ["cinder", "glance", "keystone", "neutron", "nova", "swift"]
    keystone = next(one for one in facts.sections if one.sections.project == "keystone")
    assert keystone.components == ("os_powered_compute", "os_powered_storage")


GUIDELINES = (
    *("2015.03", "2016.01", "2017.09", "2018.02", "2020.06", "next"),
    *("dns.2020.06", "orchestration.2020.06", "nfv.next", "scs-0128"),
)
TARGETS = [
    (name, target.name) for name in GUIDELINES for target in catalog.load_guideline(name).targets
]


def test_the_forms_of_every_kind_of_guideline_can_be_read(tmp_path: Path) -> None:
    refused = set()
    for number, (guideline, target) in enumerate(TARGETS):
        try:
            facts = facts_of(compute_run(tmp_path / f"{number}", guideline, target))
        except InputError as error:
            refused.add(f"{guideline} {target}: {error.message}")
            continue
        for name in creation.list_forms(facts):
            blank = forms.read_form(name, creation.render_blank_form(name, facts).encode())
            assert {one.kind.value for one in forms.validate_form(name, blank)} == {"open"}, (
                guideline,
                name,
            )
    assert all("requires no test" in words for words in refused), refused
    assert len(refused) < len(TARGETS) / 4


def test_failures_over_additional_properties_are_named(tmp_path: Path) -> None:
    text = "Traceback\nInvalidHTTPResponseBody: Additional properties are not allowed ('x' was)"
    facts = facts_of(compute_run(tmp_path / "run", "2020.06", "compute", traceback=text))
    (name,) = facts.additional_property_failures
    assert name.endswith("test_list_flavors_with_detail")
    assert f"#   {name}\n" in creation.render_blank_form(model.PROPERTIES, facts)


def test_text_from_results_cannot_leave_its_comment(tmp_path: Path) -> None:
    text = (
        'Traceback\nError: "x"\n# y\nadditional_properties: false\n\u2028z: 1 {{ 7 * 7 }} \x1b[1m'
    )
    facts = facts_of(compute_run(tmp_path / "run", "2020.06", "compute", traceback=text))
    (failed,) = [one for one in facts.unpassed_tests if one.outcome == "failed"]
    blank = creation.render_blank_form(model.FLAGS, facts)
    read = forms.read_form(model.FLAGS, blank.encode())
    assert set(read) == {"format", "guideline", "results_sha256", "flags"}
    assert failed.test in [flag["test"] for flag in read["flags"]]
    assert "\x1b" not in blank


def test_the_codes_of_flags_are_those_of_the_guidelines() -> None:
    words = json.loads((ROOT / "guidelines/builder/words/flags.json").read_bytes())
    assert words["codes"] == FLAG_CODES
