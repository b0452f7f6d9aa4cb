"""What the checks of a bundle found, as one JSON-ready document.

Its schema is reports/schemas/verification-1.json.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict

from defcheck import __version__
from defcheck.report.document import Document
from defcheck.submit.verify import Finding, Proof

FORMAT = "defcheck verification 1"


def build(name: str, data: bytes, findings: Sequence[Finding]) -> Document:
    """Return the document for the findings on a file's bytes; `name` is how it was named."""
    signer = next((finding.signer for finding in findings if finding.signer), None)
    return {
        "format": FORMAT,
        "defcheck": __version__,
        "file": {
            "name": name,
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
        },
        "consistent": not any(finding.proof is Proof.WRONG for finding in findings),
        "signer": asdict(signer) if signer else None,
        "proved": _said(findings, Proof.PROVED),
        "wrong": _said(findings, Proof.WRONG),
        "not_proved": _said(findings, Proof.OPEN),
    }


def _said(findings: Sequence[Finding], proof: Proof) -> list[Document]:
    return [
        {"check": finding.check.value, "text": finding.text}
        for finding in findings
        if finding.proof is proof
    ]
