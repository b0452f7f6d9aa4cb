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
from defcheck.submission.bundle.checks import score_run_directory
from defcheck.submission.refstack import payload
from defcheck.submission.refstack.authentication import PASSPHRASE_VARIABLE
from defcheck.util.files import clip_text
from defcheck.util.text import clean_line
from defcheck.workflows.verdicts import ScorableResults


def make_bundle(run: Path, key: Path | None, kinds: Collection[str] = ()) -> tuple[bytes, Document]:
    """Return the bundle of a run directory, signed if a key is given, and its verdict.

    Secrets are replaced in its files, and `kinds` are replaced with placeholders.
    Raises `InputError` if the bundle would not pass `verify`, or if the replacements
    would change the verdict.
    """
    from defcheck.report.formats import registry
    from defcheck.runner.run_directory import RunDirectory
    from defcheck.submission.bundle import archive, checks, ssh_signature, verification
    from defcheck.submission.bundle.verification import digest_judgement

    if not RunDirectory(run).read_record().outcome.results_sha256:
        raise InputError(
            f"The run in {clip_text(str(run))} did not finish: "
            "its record has no checksum of the results.",
            "Nothing was written. Continue it with `defcheck resume`, or run the tests again.",
        )
    document = score_run_directory(run)
    whole = archive.read_evidence(run)
    files = checks.redact_bundle(whole, kinds)
    if files != whole:
        before, document = document, _score_files(files)
        if digest_judgement(document) != digest_judgement(before):
            raise InputError(
                "The run cannot be redacted: without its secrets the verdict would change.",
                "Nothing was written. Its results are damaged; run the tests again.",
            )
    files[archive.VERDICT] = registry.render_json(document).encode()
    signature = b""
    if key:
        signature = ssh_signature.sign_data(archive.render_manifest(files), key, read_passphrase())
    data = archive.build_bundle(files, signature)
    if len(data) > archive.MAX_BYTES:
        raise InputError(
            f"The bundle would be larger than {archive.MAX_BYTES // 2**20} MiB, which `verify` "
            "rejects.",
            "Nothing was written. A run of one Tempest never writes this much.",
        )
    for finding in verification.verify_bundle(data, None):
        if finding.proof is verification.Proof.WRONG:
            raise InputError(
                f"The bundle would not pass `defcheck verify`: {finding.text}",
                "Nothing was written. Run the tests again, and do not edit the run directory.",
            )
    return data, document


def _score_files(files: Mapping[str, bytes]) -> Document:
    """Score the files of a run that are only in memory."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        return score_run_directory(Path(folder))


def read_passphrase() -> str | None:
    """Return the passphrase of the key from the environment, if set."""
    found = os.environ.get(PASSPHRASE_VARIABLE)
    PROCESS_SECRETS.add_secrets(found)
    return found


MAX_NAMED = 3
"""How many excluded passes a warning lists, unless it lists all."""

Warn = Callable[[str], None]
"""Shows the user a warning of one line."""


def build_verdict_payload(
    loaded: ScorableResults, document: Document, warn: Warn, *, verbose: bool = False
) -> bytes:
    """Return the payload of the results that `document` is the verdict on.

    Raises `InputError` if RefStack could not store the results.
    """
    found = build_results_payload(loaded, warn, verbose=verbose).body
    if document["refstack"] is None:
        warn(_describe_unknown_guideline(document["guideline"]["id"]))
    return found


def warn_unknown_run_guideline(run: Path, loaded: ScorableResults, warn: Warn) -> None:
    """Warn if RefStack never had the guideline of a run."""
    if loaded.record is None:
        return
    # A payload contains no guideline, so a damaged copy of it does not prevent an upload.
    with suppress(DefcheckError):
        guideline = RunDirectory(run).read_guideline(loaded.record)
        if not guideline.known_to_refstack:
            warn(_describe_unknown_guideline(guideline.id))


def _describe_unknown_guideline(guideline_id: str) -> str:
    return (
        f"RefStack never had guideline {clean_line(guideline_id)}: its server stores the passed "
        "tests but cannot score them against that guideline."
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
    """Return the payload of results; warn which passes it excludes, all of them if `verbose`.

    `cpid` is the cloud provider id; without it the cloud named `cloud` is queried, which
    `clouds_files` may define too. Raises `InputError` for incomplete results, unless
    `partial`, and if RefStack could not store them.
    """
    problems = loaded.evidence.problems
    if problems and not partial:
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise InputError(
            f"The results are incomplete: {clean_line(problems[0])}{more}.",
            "Run the tests again, or use `defcheck upload --partial` to send the passed tests "
            "anyway.",
        )
    selection = payload.select_passed_tests(loaded.results)
    if selection.left_out:
        limit = None if verbose else MAX_NAMED
        named = ", ".join(clean_line(name) for name in selection.left_out[:limit])
        more = ", …" if limit and len(selection.left_out) > limit else ""
        warn(
            f"Not for RefStack: {len(selection.left_out)} tests, each of which passed but also "
            f"failed, was skipped, or had a failed clean-up: {named}{more}"
        )
    seconds = loaded.record.seconds if loaded.record else None
    if seconds is None:
        seconds = payload.measure_duration(loaded.results)
    return payload.build_payload(
        cpid or _find_cloud_id(loaded, cloud, clouds_files), seconds, selection
    )


def _find_cloud_id(loaded: ScorableResults, cloud: str, clouds_files: Sequence[Path]) -> str:
    """Return the cloud provider id from the run or from the cloud itself."""
    known = (loaded.record.inputs.cloud["cpid"] if loaded.record else "") or loaded.results.cpid
    if cloud:
        from defcheck.cloud.connection import connect_cloud

        found = connect_cloud(cloud, clouds_files).cpid
        if known and known != found:
            raise InputError(
                f"The run was made on the cloud with the id {known}, but {cloud} has the id "
                f"{found}.",
                "Omit --cloud, or give the right id with --cpid.",
            )
        return found
    if not known:
        raise InputError(
            "The results do not name their cloud.",
            "Use `defcheck upload` with --cloud NAME, or give the cloud's id with --cpid.",
        )
    return known
