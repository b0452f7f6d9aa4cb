"""Everything the program needs at run time is named in setup.cfg."""

import configparser
from importlib.resources import files
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def config() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(PROJECT / "setup.cfg", encoding="utf-8")
    return parser


def test_every_package_is_in_the_wheel() -> None:
    named = set(config()["options"]["packages"].split())
    there = {
        ".".join(path.relative_to(PROJECT).parts[:-1])
        for path in (PROJECT / "defcheck").rglob("__init__.py")
    }
    assert named == there | {"defcheck_guidelines", "defcheck_reports"}


def test_every_data_file_matches_a_pattern() -> None:
    patterns = dict(config()["options.package_data"].items())
    folders = {
        "defcheck_guidelines": PROJECT / "guidelines",
        "defcheck_reports": PROJECT / "reports",
        "defcheck.lab": PROJECT / "defcheck" / "lab",
    }
    for package, folder in folders.items():
        matched = {path for glob in patterns[package].split() for path in folder.glob(glob)}
        data = {
            path
            for path in folder.rglob("*")
            if path.is_file()
            and path.suffix not in (".py", ".pyc")
            and not {"builder", "samples"}.intersection(path.relative_to(folder).parts)
        }
        assert data == matched, package


def test_guidelines_and_templates_are_found_as_resources() -> None:
    assert files("defcheck_guidelines").joinpath("index.json").is_file()
    assert files("defcheck_guidelines").joinpath("scs/scs-0128.json").is_file()
    assert files("defcheck_reports").joinpath("templates/report.html").is_file()
    assert files("defcheck_reports").joinpath("schemas/verdict-1.json").is_file()


def test_the_ci_runs_the_readme_s_own_test_command() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert "<!-- tests -->\n```sh\n" in readme
    assert "<!-- tests -->" in (PROJECT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_changelog_has_the_version_in_work() -> None:
    text = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text
