"""Everything the program needs at run time travels in the wheel."""

import configparser
from importlib.resources import files
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def config() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(PROJECT / "setup.cfg", encoding="utf-8")
    return parser


def test_every_folder_of_modules_is_a_package_that_setup_finds() -> None:
    folders = {path.parent for path in (PROJECT / "defcheck").rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


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
