"""The verdict that is evidence: by the guideline's own policy, whatever the folder is called."""

import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from defcheck.cli.server import PASSPHRASE
from defcheck.errors import InputError
from defcheck.files import clip
from defcheck.report.document import Document
from defcheck.secrecy import PROCESS


def score_evidence(run: Path) -> Document:
    """Score a run directory without any option."""
    from defcheck.cli.documents import score_one
    from defcheck.results.sources import RAW_RESULTS

    document = score_one(str(run))
    return {**document, "results": {**document["results"], "source": RAW_RESULTS}}


def make_bundle(run: Path, key: Path | None, kinds: Collection[str] = ()) -> tuple[bytes, Document]:
    """Return the bundle of a run directory, signed where a key is named, and its verdict.

    Secrets are taken out of its files, and what `kinds` names gets other names.
    Raises `InputError` for a run that would not stand a check, or whose verdict
    would be another one then.
    """
    from defcheck.report import json_report
    from defcheck.runner.directory import RunDirectory
    from defcheck.submit import bundle, redacting, sshsig, verify
    from defcheck.submit.sayings import judgement

    if not RunDirectory(run).read_record().results_sha256:
        raise InputError(
            f"The run in {clip(str(run))} did not end: its record names no sum of the results.",
            "Nothing was written. Go on with `defcheck resume`, or run the tests again.",
        )
    document = score_evidence(run)
    whole = bundle.gather(run)
    files = redacting.redact_kinds(whole, kinds)
    if files != whole:
        before, document = document, _score_files(files)
        if judgement(document) != judgement(before):
            raise InputError(
                "The run cannot be redacted: without its secrets it would be scored otherwise.",
                "Nothing was written. Its results are damaged; run the tests again.",
            )
    files[bundle.VERDICT] = json_report.render(document).encode()
    signature = b""
    if key:
        signature = sshsig.sign(bundle.manifest(files), key, passphrase())
    data = bundle.build(files, signature)
    if len(data) > bundle.MAX_BYTES:
        raise InputError(
            f"The bundle would be larger than {bundle.MAX_BYTES // 2**20} MiB, and nobody could "
            "check it.",
            "Nothing was written. No run of one Tempest writes so much.",
        )
    for finding in verify.verify(data, None, score_evidence):
        if finding.proof is verify.Proof.WRONG:
            raise InputError(
                f"The run would not stand a check: {finding.text}",
                "Nothing was written. Run the tests again, and let nobody change what they leave.",
            )
    return data, document


def _score_files(files: Mapping[str, bytes]) -> Document:
    """Score the files of a run that lie in no directory."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        return score_evidence(Path(folder))


def passphrase() -> str | None:
    """Return the passphrase of the key where the environment has it."""
    found = os.environ.get(PASSPHRASE)
    PROCESS.learn(found)
    return found
