"""Build what is submitted: bundles, and RefStack payloads for `upload` and `-f refstack`."""

import os
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from defcheck.errors import DefcheckError, InputError
from defcheck.redaction.redactor import PROCESS_SECRETS
from defcheck.report.models.verdict_report import Document
from defcheck.runner.run_directory import RunDirectory
from defcheck.submission.refstack import payload
from defcheck.submission.refstack.authentication import PASSPHRASE_VARIABLE
from defcheck.util.files import clip_text
from defcheck.util.text import clean_line
from defcheck.workflows.verdicts import ScorableResults


def score_evidence(run: Path) -> Document:
    """Score a run directory without any option."""
    from defcheck.results.loader import RAW_RESULTS
    from defcheck.workflows.verdicts import score_results

    document = score_results(str(run))
    return {**document, "results": {**document["results"], "source": RAW_RESULTS}}


def make_bundle(run: Path, key: Path | None, kinds: Collection[str] = ()) -> tuple[bytes, Document]:
    """Return the bundle of a run directory, signed where a key is named, and its verdict.

    Secrets are taken out of its files, and what `kinds` names gets other names.
    Raises `InputError` for a run that would not stand a check, or whose verdict
    would be another one then.
    """
    from defcheck.report.formats import registry
    from defcheck.runner.run_directory import RunDirectory
    from defcheck.submission.bundle import archive, checks, ssh_signature, verification
    from defcheck.submission.bundle.verification import digest_judgement

    if not RunDirectory(run).read_record().results_sha256:
        raise InputError(
            f"The run in {clip_text(str(run))} did not end: "
            "its record names no sum of the results.",
            "Nothing was written. Go on with `defcheck resume`, or run the tests again.",
        )
    document = score_evidence(run)
    whole = archive.read_evidence(run)
    files = checks.redact_bundle(whole, kinds)
    if files != whole:
        before, document = document, _score_files(files)
        if digest_judgement(document) != digest_judgement(before):
            raise InputError(
                "The run cannot be redacted: without its secrets it would be scored otherwise.",
                "Nothing was written. Its results are damaged; run the tests again.",
            )
    files[archive.VERDICT] = registry.render_json(document).encode()
    signature = b""
    if key:
        signature = ssh_signature.sign_data(archive.render_manifest(files), key, read_passphrase())
    data = archive.build_bundle(files, signature)
    if len(data) > archive.MAX_BYTES:
        raise InputError(
            f"The bundle would be larger than {archive.MAX_BYTES // 2**20} MiB, and nobody could "
            "check it.",
            "Nothing was written. No run of one Tempest writes so much.",
        )
    for finding in verification.verify_bundle(data, None, score_evidence):
        if finding.proof is verification.Proof.WRONG:
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


def read_passphrase() -> str | None:
    """Return the passphrase of the key where the environment has it."""
    found = os.environ.get(PASSPHRASE_VARIABLE)
    PROCESS_SECRETS.add_secrets(found)
    return found


MAX_NAMED = 3
"""Passes that are left out and named, unless all are wanted."""

Warn = Callable[[str], None]
"""Takes a warning for the user, one line."""


def build_verdict_payload(
    loaded: ScorableResults, document: Document, warn: Warn, *, verbose: bool = False
) -> bytes:
    """Return the upload of the results that `document` is the verdict on.

    Raises `InputError` where RefStack could not take the results.
    """
    found = build_results_payload(loaded, warn, verbose=verbose).body
    if document["refstack"] is None:
        warn(_describe_unknown_guideline(document["guideline"]["id"]))
    return found


def warn_unknown_run_guideline(run: Path, loaded: ScorableResults, warn: Warn) -> None:
    """Warn where RefStack never had the guideline of a run."""
    if loaded.record is None:
        return
    # An upload holds no guideline: a damaged copy of it is no reason to send nothing.
    with suppress(DefcheckError):
        guideline = RunDirectory(run).read_guideline(loaded.record)
        if not guideline.known_to_refstack:
            warn(_describe_unknown_guideline(guideline.id))


def _describe_unknown_guideline(guideline_id: str) -> str:
    return (
        f"RefStack never had guideline {clean_line(guideline_id)}: its server takes the passed "
        "tests and gives no answer on that guideline."
    )


def build_results_payload(
    loaded: ScorableResults,
    warn: Warn,
    *,
    cpid: str = "",
    cloud: str = "",
    clouds_files: Sequence[Path] = (),
    partial: bool = False,
    verbose: bool = False,
) -> payload.Payload:
    """Return the upload of results; warn which passes it leaves out, all of them if `verbose`.

    `cpid` is the cloud's id, `cloud` the name of one to ask for it, looked up in
    `clouds_files` too. Raises `InputError` for results that are not whole, unless
    `partial`, and where RefStack could not take them.
    """
    problems = loaded.evidence.problems
    if problems and not partial:
        more = f", and {len(problems) - 1} more such" if len(problems) > 1 else ""
        raise InputError(
            f"The results are incomplete: {clean_line(problems[0])}{more}.",
            "Run the tests again, or say --partial to `defcheck upload`, which then takes what "
            "passed nevertheless.",
        )
    selection = payload.select_passed_tests(loaded.results)
    if selection.left_out:
        limit = None if verbose else MAX_NAMED
        named = ", ".join(clean_line(name) for name in selection.left_out[:limit])
        more = ", …" if limit and len(selection.left_out) > limit else ""
        warn(
            f"Not for RefStack: {len(selection.left_out)} passed but also failed, was skipped, or "
            f"its clean-up failed: {named}{more}"
        )
    seconds = loaded.record.seconds if loaded.record else None
    if seconds is None:
        seconds = payload.measure_duration(loaded.results)
    return payload.build_payload(
        cpid or _find_cloud_id(loaded, cloud, clouds_files), seconds, selection
    )


def _find_cloud_id(loaded: ScorableResults, cloud: str, clouds_files: Sequence[Path]) -> str:
    """Return the cloud's id as the run says or the cloud itself."""
    known = (loaded.record.cloud["cpid"] if loaded.record else "") or loaded.results.cpid
    if cloud:
        from defcheck.cloud.connection import connect_cloud

        found = connect_cloud(cloud, clouds_files).cpid
        if known and known != found:
            raise InputError(
                f"The run was made on the cloud with the id {known}, {cloud} has {found}.",
                "Leave --cloud out, or say which id is right with --cpid.",
            )
        return found
    if not known:
        raise InputError(
            "Nothing in the results says which cloud they are of.",
            "Name the cloud to `defcheck upload` with --cloud, or give its id with --cpid.",
        )
    return known
