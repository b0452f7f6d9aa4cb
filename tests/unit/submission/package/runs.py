"""Packages of runs, and compute runs of three tests for any guideline."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from defcheck.guideline import catalog
from defcheck.report.formats import registry
from defcheck.report.models.verdict_report import Document
from defcheck.submission.bundle import archive
from defcheck.submission.bundle.checks import score_run_directory
from defcheck.submission.package import creation
from defcheck.submission.package.model import PackageFacts
from defcheck.workflows.submission import make_bundle
from tests.evidence import inventory_names, make_run_of
from tests.packages import filled
from tests.unit.results.streams import Packet, begun, ran, v2

Files = dict[str, bytes]
Edit = Callable[[Files], object]

FLAVORS = "tempest.api.compute.flavors.test_flavors.FlavorsV2TestJSON"
LISTED, DETAILED = (f"{FLAVORS}.test_list_flavors", f"{FLAVORS}.test_list_flavors_with_detail")
KEYPAIRS = (
    "tempest.api.compute.keypairs.test_keypairs_v22.KeyPairsV22TestJSON."
    "test_keypairsv22_create_list_show_with_type"
)


SCORED: dict[bytes, str] = {}


def score(run: Path) -> Document:
    """Score a run directory as the command does, the same record once only, to save time."""
    record = (run / "run.json").read_bytes()
    if record not in SCORED:
        SCORED[record] = json.dumps(score_run_directory(run))
    document: Document = json.loads(SCORED[record])
    return document


def facts_of(run: Path) -> PackageFacts:
    """Return the facts of a run's bundle."""
    verdict = registry.render_json(score(run)).encode()
    return PackageFacts.from_bundle({**archive.read_evidence(run), archive.VERDICT: verdict})


def package_of(run: Path) -> Files:
    """Return the files of a run's package, with nothing filled in."""
    return creation.create_package_files(facts_of(run), make_bundle(run, None)[0])


def complete(files: Files) -> Files:
    """Return the files with every form filled in."""
    answered = dict(files)
    for name in files:
        if name.endswith(".yaml"):
            answered[name] = filled(name, files[name].decode()).encode()
    return answered


def compute_run(path: Path, guideline: str, target: str, **attached: str) -> Path:
    """Make a run of three tests: a pass, a failure, of which files are attached, and a skip."""
    passes, fails, skips = inventory_names(LISTED, DETAILED, KEYPAIRS)
    stream = v2(
        *ran(passes),
        *ran(fails, "fail", **(attached or {"traceback": "Traceback\nAssertionError: 1 != 2"})),
        *ran(skips, "skip", reason="Not here."),
    )
    return make_run_of(path, stream, guideline, target, workers=3)


def scs_run(
    path: Path,
    *,
    failed: Sequence[str] = (),
    skipped: Sequence[str] = (),
    missing: Sequence[str] = (),
    unfinished: Sequence[str] = (),
    **changes: object,
) -> Path:
    """Make a run of all tests of SCS-0128 that pass, but for those that are named."""
    capabilities = catalog.load_guideline("scs-0128").capabilities.values()
    names = {test.name for capability in capabilities for test in capability.tests}
    packets: list[Packet] = []
    for test in sorted(names.difference(missing)):
        (full,) = inventory_names(test)
        if test in failed:
            packets += ran(full, "fail", traceback="Traceback\nAssertionError: 1 != 2")
        elif test in skipped:
            packets += ran(full, "skip", reason="Not here.")
        else:
            packets += [begun(full)] if test in unfinished else ran(full)
    return make_run_of(path, v2(*packets), "scs-0128", "scs-iaas", workers=len(names), **changes)


def edit(name: str, pattern: str, words: str) -> Edit:
    """Return a change of the first place in a file that looks like a pattern."""

    def change(files: Files) -> None:
        text, found = re.subn(pattern, words, files[name].decode(), count=1, flags=re.MULTILINE)
        assert found, f"{name} has no {pattern}"
        files[name] = text.encode()

    return change
