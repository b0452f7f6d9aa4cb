"""What a package says of its run: all of it out of the bundle."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from defcheck.guideline.designated import Demanded, demanded
from defcheck.guideline.model import Guideline, PolicyName, Target
from defcheck.guideline.select import find_target
from defcheck.redaction.pseudonyms import NAMES
from defcheck.report.clean import clean_line
from defcheck.report.document import Document
from defcheck.report.grouping import counted_tests
from defcheck.runner.directory import RunDirectory
from defcheck.runner.record import Record
from defcheck.submit.bundle import VERDICT
from defcheck.submit.verify import Score

LABEL = (
    "Unofficial results, not reviewed: whoever made them ran the tests, nobody else has looked "
    "at them, and they are no proof of compliance."
)

DEFCORE_LABEL = (
    'In the words of the DefCore process: "Unofficial Results - Not Yet Accepted By The '
    'OpenStack Foundation".'
)
"""What results have to be labelled with that are published before a review (2017A, C1.4)."""

OVER_PROPERTIES = "Additional properties are not allowed"
"""How Tempest's schemas say that an answer holds more than it should."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A demanded test without a pass."""

    test: str
    idempotent_id: str
    capabilities: tuple[str, ...]
    """The capabilities that demand it."""

    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The verdict, record and guideline of a bundle that stood its check."""

    document: Document
    """The verdict as this defcheck gives it, whichever version made the bundle."""

    record: Record
    guideline: Guideline
    target: Target
    made_by: str
    """The version of defcheck that gave the verdict in the bundle."""

    @classmethod
    def of(cls, files: Mapping[str, bytes], score: Score) -> "Facts":
        """Read the files of a bundle; raise `InputError` where they are none."""
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                Path(folder, name).write_bytes(content)
            directory = RunDirectory(Path(folder))
            record = directory.read_record()
            guideline = directory.read_guideline(record)
            document = score(directory.path)
        target = find_target(guideline, record.target)
        made_by = clean_line(str(json.loads(files[VERDICT])["defcheck"]), 40)
        return cls(document, record, guideline, target, made_by)

    @property
    def scs(self) -> bool:
        """Whether the run is for the Sovereign Cloud Stack, not for DefCore."""
        return self.guideline.policy is PolicyName.SCS

    @property
    def names_replaced(self) -> bool:
        """Whether names of users, projects, hosts and the cloud were replaced in the bundle."""
        return NAMES in (self.record.redaction or {}).get("kinds", ())

    @property
    def label(self) -> str:
        """What everything that is made of an unreviewed run has to say."""
        return LABEL if self.scs else f"{LABEL} {DEFCORE_LABEL}"

    @property
    def without_pass(self) -> list[Missing]:
        """The demanded tests that stand against a pass, each once."""
        found: dict[str, Missing] = {}
        for capability, test in counted_tests(self.document):
            if test["judgement"] == "pass":
                continue
            known = found.get(test["name"])
            found[test["name"]] = Missing(
                test=test["name"],
                idempotent_id=test["idempotent_id"],
                capabilities=(*(known.capabilities if known else ()), capability),
                outcome=test["outcome"],
                reason=test["reason"],
            )
        return list(found.values())

    @property
    def over_properties(self) -> list[str]:
        """Tests that did not pass since an answer held more than it should."""
        return sorted(
            {
                test["name"]
                for test in self._tests()
                if test["outcome"] != "passed"
                and OVER_PROPERTIES in f"{test['reason']}\n{test['details']}"
            }
        )

    @property
    def has_a_pass(self) -> bool:
        """Whether any demanded test passed."""
        return any(test["outcome"] == "passed" for test in self._tests())

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
    def sections(self) -> list[Demanded]:
        """The designated sections that the target demands."""
        return demanded(self.guideline, self.target)

    @property
    def compute_rule(self) -> str:
        """What the guideline says of Nova's code and answers, where the target demands it."""
        for one in self.sections:
            if one.sections.project == "nova":
                return f"{one.sections.guidance} {one.sections.comment}".strip()
        return ""

    def _tests(self) -> list[dict[str, Any]]:
        return [
            test for capability in self.document["capabilities"] for test in capability["tests"]
        ]
