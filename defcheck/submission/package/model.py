"""The contents of a submission package, and the facts of its run."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from defcheck.guideline.models import Guideline, PolicyName, Target
from defcheck.guideline.selection import RequiredSections, find_required_sections, find_target
from defcheck.redaction.pseudonyms import NAMES
from defcheck.report.models.verdict_report import Document
from defcheck.report.verdict_summary import iter_counted_tests
from defcheck.runner.record import RunRecord
from defcheck.runner.run_directory import RunDirectory
from defcheck.submission.bundle.archive import MANIFEST, SIGNATURE, VERDICT
from defcheck.submission.bundle.checks import score_run_directory
from defcheck.util.text import clean_line

BUNDLE = "bundle.tar"
REPORT = "report.html"
README = "README.txt"
SYSTEM = "system.yaml"
SECTIONS = "designated-sections.yaml"
PROPERTIES = "additional-properties.yaml"
FLAGS = "flag-requests.yaml"
SCS_REPORT = "scs-report.yaml"
GUIDELINE_FLAGS = "guideline-flags.json"

FORMS = (SYSTEM, SECTIONS, PROPERTIES, FLAGS, SCS_REPORT)
"""Files that a vendor fills in; which of them a package has depends on its run."""

KNOWN_FILES = frozenset(
    {BUNDLE, REPORT, README, *FORMS, GUIDELINE_FLAGS, MANIFEST, SIGNATURE},
)

FILE_DESCRIPTIONS = {
    BUNDLE: "the evidence; leave it as it is: defcheck verify bundle.tar",
    REPORT: "the report for people; leave it as it is",
    SYSTEM: "form: what was tested, who is responsible, how it is built",
    SECTIONS: "form: which designated code the product ships and runs",
    PROPERTIES: "form: whether API responses have additional properties",
    FLAGS: "form: the required tests that did not pass, each with a flag request",
    SCS_REPORT: "form: the report for the SCS compliance monitor",
}
"""What each file is, for README.txt."""

PACKAGE_FOLDER = "defcheck-package/"
"""The folder that contains all files of a sealed package."""

PACKAGE_NAMESPACE = "defcheck-package@v1"
"""The namespace of a sealed package's signature."""


class PackageFindingKind(StrEnum):
    """The kind of a finding."""

    OK = "ok"
    OPEN = "open"
    """The vendor has to fill it in."""

    WRONG = "WRONG"
    """It is invalid, or contradicts the bundle."""

    NOTE = "note"
    """Information for the reader that is not a defect of the package."""


@dataclass(frozen=True, slots=True)
class PackageFinding:
    """One finding of the check of a package."""

    kind: PackageFindingKind
    file: str
    text: str
    count: int = 1
    """The number of fields concerned."""


def ok_finding(file: str, text: str) -> PackageFinding:
    """Return a finding that something is correct."""
    return PackageFinding(PackageFindingKind.OK, file, text)


def open_finding(file: str, text: str, count: int = 1) -> PackageFinding:
    """Return a finding that something is not filled in."""
    return PackageFinding(PackageFindingKind.OPEN, file, text, count)


def wrong_finding(file: str, text: str) -> PackageFinding:
    """Return a finding that something is wrong."""
    return PackageFinding(PackageFindingKind.WRONG, file, text)


def note_finding(file: str, text: str) -> PackageFinding:
    """Return a note for the reader."""
    return PackageFinding(PackageFindingKind.NOTE, file, text)


UNOFFICIAL_LABEL = (
    "Unofficial results, not reviewed: only the submitter ran the tests and checked the results. "
    "They are not a proof of compliance."
)

DEFCORE_LABEL = (
    'In the words of the DefCore process: "Unofficial Results - Not Yet Accepted By The '
    'OpenStack Foundation".'
)
"""The label for results that are published before a review (DefCore 2017A, C1.4)."""

ADDITIONAL_PROPERTIES_ERROR = "Additional properties are not allowed"
"""The error of Tempest's schemas for a response with additional properties."""


@dataclass(frozen=True, slots=True)
class UnpassedTest:
    """A required test that did not pass."""

    test: str
    idempotent_id: str
    capabilities: tuple[str, ...]
    """The capabilities that require it."""

    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """The verdict, record and guideline of a bundle that passed its checks."""

    document: Document
    """The verdict of this version of defcheck, whatever version wrote the bundle."""

    record: RunRecord
    guideline: Guideline
    target: Target
    made_by: str
    """The version of defcheck that wrote the verdict in the bundle."""

    @classmethod
    def from_bundle(cls, files: Mapping[str, bytes]) -> "PackageFacts":
        """Read the files of a bundle; raise `InputError` if they are not valid."""
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                Path(folder, name).write_bytes(content)
            directory = RunDirectory(Path(folder))
            record = directory.read_record()
            guideline = directory.read_guideline(record)
            document = score_run_directory(directory.path)
        target = find_target(guideline, record.inputs.target)
        made_by = clean_line(str(json.loads(files[VERDICT])["defcheck"]), 40)
        return cls(document, record, guideline, target, made_by)

    @property
    def is_scs(self) -> bool:
        """Whether the run is for the Sovereign Cloud Stack instead of DefCore."""
        return self.guideline.policy is PolicyName.SCS

    @property
    def names_replaced(self) -> bool:
        """Whether names of users, projects, hosts and the cloud were replaced in the bundle."""
        return NAMES in (self.record.history.redaction or {}).get("kinds", ())

    @property
    def label(self) -> str:
        """The label for everything generated from an unreviewed run."""
        return UNOFFICIAL_LABEL if self.is_scs else f"{UNOFFICIAL_LABEL} {DEFCORE_LABEL}"

    @property
    def unpassed_tests(self) -> list[UnpassedTest]:
        """The required tests that block a pass, each once."""
        found: dict[str, UnpassedTest] = {}
        for capability, test in iter_counted_tests(self.document):
            if test["judgement"] == "pass":
                continue
            known = found.get(test["name"])
            found[test["name"]] = UnpassedTest(
                test=test["name"],
                idempotent_id=test["idempotent_id"],
                capabilities=(*(known.capabilities if known else ()), capability),
                outcome=test["outcome"],
                reason=test["reason"],
            )
        return list(found.values())

    @property
    def additional_property_failures(self) -> list[str]:
        """Tests that did not pass because a response had additional properties."""
        return sorted(
            {
                test["name"]
                for test in self._list_tests()
                if test["outcome"] != "passed"
                and ADDITIONAL_PROPERTIES_ERROR in f"{test['reason']}\n{test['details']}"
            }
        )

    @property
    def has_a_pass(self) -> bool:
        """Whether any required test passed."""
        return any(test["outcome"] == "passed" for test in self._list_tests())

    @property
    def projects(self) -> list[str]:
        """The projects of the required capabilities."""
        return list(
            dict.fromkeys(
                item["project"].lower()
                for item in self.document["capabilities"]
                if item["status"] == "required" and item["project"]
            )
        )

    @property
    def sections(self) -> list[RequiredSections]:
        """The designated sections that the target requires."""
        return find_required_sections(self.guideline, self.target)

    @property
    def compute_rule(self) -> str:
        """What the guideline says about Nova's code and responses, if the target requires Nova."""
        for one in self.sections:
            if one.sections.project == "nova":
                return f"{one.sections.guidance} {one.sections.comment}".strip()
        return ""

    def _list_tests(self) -> list[dict[str, Any]]:
        return [
            test for capability in self.document["capabilities"] for test in capability["tests"]
        ]
