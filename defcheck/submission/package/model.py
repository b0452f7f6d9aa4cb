"""What a submission package holds, and the facts of its run."""

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
    SYSTEM: "form: what was tested, who answers for it, how it is built",
    SECTIONS: "form: which designated code the product ships and runs",
    PROPERTIES: "form: whether API answers hold more than the standard ones",
    FLAGS: "form: the tests without a pass, a flag request for each",
    SCS_REPORT: "form: the report for the SCS compliance monitor",
}
"""What each file is, as README.txt tells it."""

PACKAGE_FOLDER = "defcheck-package/"
"""Where everything lies in a sealed package."""

PACKAGE_NAMESPACE = "defcheck-package@v1"
"""What the signature of a sealed package is for."""


class PackageFindingKind(StrEnum):
    """What a remark comes to."""

    OK = "ok"
    OPEN = "open"
    """A vendor has to fill it in."""

    WRONG = "WRONG"
    """It cannot be, or contradicts the bundle."""

    NOTE = "note"
    """Something that a reader has to know, and that is no defect of the package."""


@dataclass(frozen=True, slots=True)
class PackageFinding:
    """One thing that the check of a package says."""

    kind: PackageFindingKind
    file: str
    text: str
    count: int = 1
    """How many fields it is about."""


def ok_finding(file: str, text: str) -> PackageFinding:
    """Return that something is as it has to be."""
    return PackageFinding(PackageFindingKind.OK, file, text)


def open_finding(file: str, text: str, count: int = 1) -> PackageFinding:
    """Return that something is not filled in."""
    return PackageFinding(PackageFindingKind.OPEN, file, text, count)


def wrong_finding(file: str, text: str) -> PackageFinding:
    """Return that something cannot be as it is."""
    return PackageFinding(PackageFindingKind.WRONG, file, text)


def note_finding(file: str, text: str) -> PackageFinding:
    """Return something that a reader has to know."""
    return PackageFinding(PackageFindingKind.NOTE, file, text)


UNOFFICIAL_LABEL = (
    "Unofficial results, not reviewed: whoever made them ran the tests, nobody else has looked "
    "at them, and they are no proof of compliance."
)

DEFCORE_LABEL = (
    'In the words of the DefCore process: "Unofficial Results - Not Yet Accepted By The '
    'OpenStack Foundation".'
)
"""What results have to be labelled with that are published before a review (2017A, C1.4)."""

ADDITIONAL_PROPERTIES_ERROR = "Additional properties are not allowed"
"""How Tempest's schemas say that an answer holds more than it should."""


@dataclass(frozen=True, slots=True)
class UnpassedTest:
    """A demanded test without a pass."""

    test: str
    idempotent_id: str
    capabilities: tuple[str, ...]
    """The capabilities that demand it."""

    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """The verdict, record and guideline of a bundle that stood its check."""

    document: Document
    """The verdict as this defcheck gives it, whichever version made the bundle."""

    record: RunRecord
    guideline: Guideline
    target: Target
    made_by: str
    """The version of defcheck that gave the verdict in the bundle."""

    @classmethod
    def from_bundle(cls, files: Mapping[str, bytes]) -> "PackageFacts":
        """Read the files of a bundle; raise `InputError` where they are none."""
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
        """Whether the run is for the Sovereign Cloud Stack, not for DefCore."""
        return self.guideline.policy is PolicyName.SCS

    @property
    def names_replaced(self) -> bool:
        """Whether names of users, projects, hosts and the cloud were replaced in the bundle."""
        return NAMES in (self.record.history.redaction or {}).get("kinds", ())

    @property
    def label(self) -> str:
        """What everything that is made of an unreviewed run has to say."""
        return UNOFFICIAL_LABEL if self.is_scs else f"{UNOFFICIAL_LABEL} {DEFCORE_LABEL}"

    @property
    def unpassed_tests(self) -> list[UnpassedTest]:
        """The demanded tests that stand against a pass, each once."""
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
        """Tests that did not pass since an answer held more than it should."""
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
        """Whether any demanded test passed."""
        return any(test["outcome"] == "passed" for test in self._list_tests())

    @property
    def projects(self) -> list[str]:
        """The projects whose required capabilities the tests are for."""
        return list(
            dict.fromkeys(
                item["project"].lower()
                for item in self.document["capabilities"]
                if item["status"] == "required" and item["project"]
            )
        )

    @property
    def sections(self) -> list[RequiredSections]:
        """The designated sections that the target demands."""
        return find_required_sections(self.guideline, self.target)

    @property
    def compute_rule(self) -> str:
        """What the guideline says of Nova's code and answers, where the target demands it."""
        for one in self.sections:
            if one.sections.project == "nova":
                return f"{one.sections.guidance} {one.sections.comment}".strip()
        return ""

    def _list_tests(self) -> list[dict[str, Any]]:
        return [
            test for capability in self.document["capabilities"] for test in capability["tests"]
        ]
