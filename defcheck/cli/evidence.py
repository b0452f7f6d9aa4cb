"""The verdict that is evidence: by the guideline's own policy, whatever the folder is called."""

import os
from pathlib import Path

from defcheck.cli.server import PASSPHRASE
from defcheck.errors import InputError
from defcheck.report.document import Document
from defcheck.secrecy import PROCESS


def score_evidence(run: Path) -> Document:
    """Score a run directory without any option."""
    from defcheck.cli.documents import score_one
    from defcheck.results.sources import RAW_RESULTS

    document = score_one(str(run))
    return {**document, "results": {**document["results"], "source": RAW_RESULTS}}


def make_bundle(run: Path, key: Path | None) -> tuple[bytes, Document]:
    """Return the bundle of a run directory, signed where a key is named, and its verdict.

    Raises `InputError` for a run that would not stand a check.
    """
    from defcheck.report import json_report
    from defcheck.runner.directory import RunDirectory
    from defcheck.submit import bundle, sshsig, verify

    RunDirectory(run).read_record()
    document = score_evidence(run)
    files = bundle.gather(run, json_report.render(document).encode())
    signature = b""
    if key:
        signature = sshsig.sign(bundle.manifest(files), key, passphrase())
    data = bundle.build(files, signature)
    for finding in verify.verify(data, None, score_evidence):
        if finding.proof is verify.Proof.WRONG:
            raise InputError(
                f"The run would not stand a check: {finding.text}",
                "Nothing was written. Run the tests again, and let nobody change what they leave.",
            )
    return data, document


def passphrase() -> str | None:
    """Return the passphrase of the key where the environment has it."""
    found = os.environ.get(PASSPHRASE)
    PROCESS.learn(found)
    return found
