"""Results of checking a submission package or an evidence bundle, as JSON-ready documents.

Their schemas are reports/schemas/package-check-1.json and verification-1.json.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict

from defcheck import __version__
from defcheck.report.models.verdict_report import Document
from defcheck.submission.bundle.verification import Proof, VerificationFinding
from defcheck.submission.package.model import PackageFinding, PackageFindingKind

PACKAGE_CHECK_FORMAT = "defcheck package check 1"


def build_package_check_document(
    name: str, remarks: Sequence[PackageFinding], *, sealed: bool
) -> Document:
    """Return the document for the findings on a package; `name` is the path as given."""
    wrong, unfilled = (
        sum(one.count for one in remarks if one.kind is kind)
        for kind in (PackageFindingKind.WRONG, PackageFindingKind.OPEN)
    )
    return {
        "format": PACKAGE_CHECK_FORMAT,
        "defcheck": __version__,
        "package": {"name": name, "sealed": sealed},
        "state": "wrong" if wrong else "open" if unfilled else "complete",
        "wrong": wrong,
        "open": unfilled,
        "remarks": [
            {
                "kind": one.kind.value.lower(),
                "file": one.file,
                "text": one.text,
                "fields": one.count,
            }
            for one in remarks
        ],
    }


VERIFICATION_FORMAT = "defcheck verification 1"


def build_verification_document(
    name: str, data: bytes, findings: Sequence[VerificationFinding]
) -> Document:
    """Return the document for the findings on a file's bytes; `name` is the path as given."""
    signer = next((finding.signer for finding in findings if finding.signer), None)
    return {
        "format": VERIFICATION_FORMAT,
        "defcheck": __version__,
        "file": {
            "name": name,
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
        },
        "consistent": not any(finding.proof is Proof.WRONG for finding in findings),
        "signer": asdict(signer) if signer else None,
        "proved": _list_findings(findings, Proof.PROVED),
        "wrong": _list_findings(findings, Proof.WRONG),
        "not_proved": _list_findings(findings, Proof.OPEN),
    }


def _list_findings(findings: Sequence[VerificationFinding], proof: Proof) -> list[Document]:
    return [
        {"check": finding.check.value, "text": finding.text}
        for finding in findings
        if finding.proof is proof
    ]
