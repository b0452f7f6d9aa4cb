"""Options that change what counts: --strict, --forbid-skips, --reruns and --overlay."""

import gzip
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]

STORAGE = ("-g", "2020.06", "-t", "storage")
FOLDER = "tempest.api.object_storage."
WITHOUT_A_PASS = (
    FOLDER + "test_account_quotas.AccountQuotasTest.test_upload_valid_object",
    FOLDER + "test_account_quotas_negative.AccountQuotasNegativeTest.test_user_modify_quota",
    FOLDER + "test_account_services.AccountTest.test_list_containers_with_marker",
)
"""What lacks a pass in small-accounts-c2."""


def overlay(path: Path, *tests: str, expires: str = "2999-12-31") -> Path:
    flags = "".join(
        f"  - {{test: {test}, date: 2026-01-01, expires: {expires}, reason: r, approver: a}}\n"
        for test in tests
    )
    path.write_text(f"format: defcheck overlay 1\nflags:\n{flags}")
    return path


def test_local_flags_make_a_pass_that_says_so(defcheck: Run, shared: Path, tmp_path: Path) -> None:
    source = shared / "results/small-accounts-c2.subunit.gz"
    own = overlay(tmp_path / "own.yaml", *WITHOUT_A_PASS)
    done = defcheck("score", source, *STORAGE, "--overlay", own)
    assert done.returncode == 0
    assert done.stdout.startswith("PASS with local flags  OpenStack Powered Storage")
    assert "Without the local flags it would be incomplete." in " ".join(done.stdout.split())
    assert "NO, 57 of 60" in done.stdout
    strict = defcheck("score", source, *STORAGE, "--overlay", own, "--strict")
    assert strict.returncode == 3


def test_local_flags_expire_by_themselves(defcheck: Run, shared: Path, tmp_path: Path) -> None:
    source = shared / "results/small-accounts-c2.subunit.gz"
    own = overlay(tmp_path / "own.yaml", *WITHOUT_A_PASS, expires="2026-11-24")
    done = defcheck("score", source, *STORAGE, "--overlay", own)
    assert done.returncode == 3
    assert done.stdout.startswith("INCOMPLETE  ")
    assert done.stdout.count("expired") == 3


def test_forbidden_skips_are_no_passes_under_scs(
    defcheck: Run, shared: Path, tmp_path: Path
) -> None:
    source = shared / "results/full-accounts-c2.subunit.gz"
    counts = {}
    for option in ((), ("--forbid-skips",)):
        done = defcheck("score", source, "-g", "scs-0128", "-f", "json", *option)
        document = json.loads(done.stdout)
        counts[option] = document["counts"]["counted"]
    plain, tight = counts[()], counts[("--forbid-skips",)]
    assert plain["allowed"] == 2
    assert (tight["allowed"], tight["incomplete"]) == (0, plain["incomplete"] + 2)


def test_of_two_runs_the_worse_counts_unless_a_rule_says_otherwise(
    defcheck: Run, shared: Path, tmp_path: Path
) -> None:
    """Two real runs on end: one in which the cloud died, then one that passed."""
    results = shared / "results"
    parts = [
        gzip.decompress((results / f"small-{name}-c2.subunit.gz").read_bytes())
        for name in ("cloud-dies", "dynamic")
    ]
    source = tmp_path / "both"
    for order in (parts, parts[::-1]):
        source.write_bytes(b"".join(order))
        done = defcheck("score", source, *STORAGE)
        assert done.returncode == 1
        assert "Run more than once, with different results" in done.stdout
        assert defcheck("score", source, *STORAGE, "--reruns", "any").returncode == 3
    document = json.loads(defcheck("score", source, *STORAGE, "-f", "json").stdout)
    attempts = [
        {one["outcome"] for one in test["attempts"]}
        for capability in document["capabilities"]
        for test in capability["tests"]
    ]
    assert {"passed", "fixture error"} in attempts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["is no overlay", "--help"]),
        ("{[", ["is not valid YAML"]),
        ("format: defcheck overlay 1\nflags: [{test: a}]", ["a has no reason"]),
    ],
)
def test_a_wrong_overlay_is_refused_before_anything_is_done(
    defcheck: Run, refused: Refused, tmp_path: Path, text: str, words: list[str]
) -> None:
    path = tmp_path / "o.yaml"
    path.write_text(text)
    refused(defcheck("score", tmp_path / "no-such", *STORAGE, "--overlay", path), 2, *words)
    run = ("run", "--cloud", "none", *STORAGE, "-o", tmp_path / "out", "--overlay", path)
    refused(defcheck(*run), 2, *words)
    assert not (tmp_path / "out").exists()


def test_an_overlay_that_flags_everything_is_refused_before_the_run(
    defcheck: Run, refused: Refused, tmp_path: Path
) -> None:
    names = defcheck("guideline", "tests", "2020.06", "-t", "storage", "--no-alias").stdout.split()
    own = overlay(tmp_path / "own.yaml", *names)
    done = defcheck("run", "--cloud", "none", *STORAGE, "-o", tmp_path / "out", "--overlay", own)
    refused(done, 2, "own.yaml flags every test", "never a pass")
    assert not (tmp_path / "out").exists()
