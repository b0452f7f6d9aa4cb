"""Commands on evidence: `defcheck bundle`, `verify` and `package`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from defcheck.cli import completion
from defcheck.cli.output import format_option, redact_option
from defcheck.cli.terminal import get_verbosity, print_note, quiet_option
from defcheck.errors import ExitCode, InputError

if TYPE_CHECKING:
    from defcheck.report.models.verdict_report import Document
    from defcheck.submission.package.storage import LoadedPackage


@click.command("bundle", short_help="Pack a run's evidence into one signed file.")
@click.argument(
    "run", type=click.Path(path_type=Path, file_okay=False), shell_complete=completion.complete_runs
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to create.",
)
@click.option(
    "--sign",
    "key_path",
    metavar="KEY",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Sign with this SSH key; for a key in an agent give its public file.",
)
@redact_option
@quiet_option
def bundle_command(run: Path, output: Path, key_path: Path | None, kinds: tuple[str, ...]) -> None:
    """Pack the evidence of the run directory RUN into one file.

    It contains the record of the run, the raw results, the guideline, the tests
    that this Tempest has, tempest.conf without passwords, the verdict under the
    guideline's own policy, and a manifest of checksums. The same run gives the
    same bytes. The manifest is signed with an SSH signature for the namespace
    defcheck-bundle@v1. Passwords, tokens, keys and signatures are replaced
    by ***, and the record says so. The raw results contain Tempest's log, with
    addresses and names of your cloud: --redact addresses,names replaces them.

    \b
    Example:
      defcheck bundle defcheck-runs/my-run -o my-run.tar --sign ~/.ssh/id_ed25519

    \b
    Check it without defcheck:
      tar xf my-run.tar && cd defcheck-bundle && sha256sum -c manifest
      ssh-keygen -Y verify -f allowed_signers -I me@example.org \\
          -n defcheck-bundle@v1 -s manifest.sig < manifest
    """
    from defcheck.errors import InputError
    from defcheck.util.files import path_exists, write_new
    from defcheck.workflows.submission import make_bundle

    if path_exists(output):
        raise InputError(f"{output} exists already.", "Name another file, or move that one away.")
    data, document = make_bundle(run, key_path, kinds)
    write_new(output, data)
    print_note(f"Wrote {output}: {document['verdict']}")


@click.command("verify", short_help="Check a bundle and show what it proves.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--allowed-signers",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Trusted signers: a file in the format of ssh-keygen(1). An unsigned bundle is then "
    "wrong.",
)
@format_option(help_text="json follows reports/schemas/verification-1.json.")
@quiet_option
def verify_command(file: Path, allowed_signers: Path | None, form: str) -> int:
    """Check FILE, a bundle, and show what it proves and what it cannot prove.

    Checks the archive and its manifest, the signature, whether the guideline is
    the published one, whether scoring the raw results again gives the stated
    verdict, whether the results match the stated Tempest and tests, and the
    times. The exit code is 1 if anything is wrong; it does not depend on the
    verdict.

    \b
    Examples:
      defcheck verify my-run.tar --allowed-signers ~/.ssh/allowed_signers
      defcheck verify my-run.tar -f json | jq .wrong
    """
    from defcheck.report.formats import registry
    from defcheck.submission.bundle.archive import MAX_BYTES
    from defcheck.submission.bundle.verification import Proof, verify_bundle
    from defcheck.submission.check_documents import build_verification_document
    from defcheck.util.files import read_bounded

    data = read_bounded(file, "The bundle", MAX_BYTES, "Give a file that `defcheck bundle` wrote.")
    findings = verify_bundle(data, allowed_signers)
    is_wrong = any(finding.proof is Proof.WRONG for finding in findings)
    if form == "json":
        click.echo(
            registry.render_json(build_verification_document(str(file), data, findings)),
            nl=False,
        )
    else:
        for finding in findings:
            if finding.proof is Proof.WRONG or not get_verbosity().quiet:
                click.echo(f"{finding.proof:10}  {finding.text}")
        click.echo(f"{file} is {'not what it claims to be' if is_wrong else 'consistent'}.")
    return ExitCode.FAIL if is_wrong else ExitCode.OK


PACKAGE_EXIT_CODES = {
    "complete": ExitCode.OK,
    "open": ExitCode.INCOMPLETE,
    "wrong": ExitCode.FAIL,
}


@click.command("package", short_help="Create, check and seal a submission package.")
@click.argument("source", metavar="RUN|FOLDER|FILE", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The folder to create; with --seal the file to create.",
)
@click.option("--check", "wants_check", is_flag=True, help="Check a FOLDER or FILE; write nothing.")
@click.option("--seal", "wants_seal", is_flag=True, help="Check FOLDER and pack it into one file.")
@click.option(
    "--sign",
    "key_path",
    metavar="KEY",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Sign the bundle (with --seal the package) with this SSH key; give the public file of a "
    "key in an agent.",
)
@click.option(
    "--allowed-signers",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="For --check: trusted signers, as of ssh-keygen(1). An unsigned package is then wrong.",
)
@format_option(help_text="Output of --check; json follows reports/schemas/package-check-1.json.")
@redact_option
def package_command(
    source: Path,
    output: Path | None,
    wants_check: bool,
    wants_seal: bool,
    key_path: Path | None,
    allowed_signers: Path | None,
    form: str,
    kinds: tuple[str, ...],
) -> int:
    """Create a submission package of the run directory RUN, check it, or seal it.

    A package is a folder with the evidence bundle, the report, labelled as
    unofficial and not reviewed, and forms to fill in: a description of the system,
    the designated sections in use, additional properties of API responses, and a
    flag request for each required test that did not pass. For SCS-0128 it has the
    report for the SCS compliance monitor instead. The monitor publishes that
    report: create the package with --redact names. Any verdict can be submitted,
    but at least one test must have passed.

    --check lists every field that is empty or wrong, and whatever contradicts the
    bundle. Exit codes: 0 complete, 3 something is still open, 1 something is wrong
    or was tampered with, 2 unreadable. They do not depend on the verdict. --seal
    runs the same check first, and writes nothing unless the package is complete.

    \b
    Example:
      defcheck package defcheck-runs/my-run -o submission
      defcheck package --check submission
      defcheck package --seal submission -o submission.tar --sign ~/.ssh/id_ed25519
      defcheck package --check submission.tar --allowed-signers allowed_signers
      defcheck package --check submission -f json | jq '.remarks[] | select(.kind == "open")'
    """
    if wants_check and wants_seal:
        raise InputError(
            "--seal and --check cannot be combined.", "Omit --check; --seal checks first."
        )
    if kinds and (wants_check or wants_seal):
        raise InputError("--redact only applies to a new package.", "Omit --redact.")
    if wants_check:
        if output or key_path:
            raise InputError("--check writes nothing.", "Omit -o and --sign, or use --seal.")
        return _check_package(source, allowed_signers, form)[1]
    if form != "text":
        raise InputError("-f only applies to --check.", "Omit -f.")
    if allowed_signers:
        raise InputError("--allowed-signers only applies to --check.", "Omit --allowed-signers.")
    if output is None:
        raise InputError("No output path given.", "Give one with -o.")
    if wants_seal:
        return _seal_package(source, output, key_path)
    return _make_package(source, output, key_path, kinds)


def _make_package(run: Path, output: Path, key_path: Path | None, kinds: tuple[str, ...]) -> int:
    from defcheck.redaction.pseudonyms import NAMES
    from defcheck.submission.bundle import archive
    from defcheck.submission.bundle.archive import unpack_archive
    from defcheck.submission.package import creation, model, scs_report, storage
    from defcheck.submission.package.model import PackageFacts
    from defcheck.util.files import path_exists
    from defcheck.workflows.submission import make_bundle

    if path_exists(output):
        raise InputError(f"{output} exists already.", "Name another folder, or move that one away.")
    if path_exists(run / model.BUNDLE):
        raise InputError(f"{run} is already a package.", "Use --check or --seal.")
    data, document = make_bundle(run, key_path, kinds)
    facts = PackageFacts.from_bundle(unpack_archive(data, archive.BUNDLE_FILES))
    if not facts.has_a_pass:
        raise InputError(
            "No test of the run passed, so there is nothing to submit.",
            "`defcheck report` shows the result of each test.",
        )
    storage.write_package(output, creation.create_package_files(facts, data))
    click.echo(f"Wrote {output}: {document['verdict']}", err=True)
    if facts.is_scs and NAMES not in kinds:
        click.echo(f"{model.SCS_REPORT}: {scs_report.PUBLIC_WARNING}", err=True)
    click.echo(f"Fill in {', '.join(creation.list_forms(facts))} in it.", err=True)
    click.echo(f"Then: defcheck package --check {output}", err=True)
    return ExitCode.OK


def _check_package(
    source: Path, allowed_signers: Path | None, form: str = "text"
) -> "tuple[LoadedPackage, ExitCode]":
    """Print the findings; return the package and the exit code."""
    from defcheck.report.formats import registry
    from defcheck.submission.check_documents import build_package_check_document
    from defcheck.submission.package import checks, storage
    from defcheck.submission.package.model import PackageFindingKind

    found = storage.read_package(source, allowed_signers)
    remarks = list(found.remarks)
    if not any(remark.kind is PackageFindingKind.WRONG for remark in remarks):
        allowed = None if found.sealed else allowed_signers
        remarks += checks.check_package(found.files, allowed, sealed=found.sealed)
    document = build_package_check_document(str(source), remarks, sealed=found.sealed)
    if form == "json":
        click.echo(registry.render_json(document), nl=False)
    else:
        for remark in remarks:
            click.echo(f"{remark.kind:5}  {remark.file}: {remark.text}")
        click.echo(f"{source} is {_summarize_state(document)}.")
    return found, PACKAGE_EXIT_CODES[document["state"]]


def _summarize_state(document: "Document") -> str:
    if document["state"] == "wrong":
        return f"not correct: {document['wrong']} wrong, {document['open']} open"
    if document["state"] == "open":
        return f"not complete: {document['open']} open"
    return "complete"


def _seal_package(folder: Path, output: Path, key_path: Path | None) -> int:
    from defcheck.submission.bundle import archive, ssh_signature
    from defcheck.submission.package import checks, model, storage
    from defcheck.util.files import path_exists, write_new
    from defcheck.workflows.submission import read_passphrase

    if path_exists(output):
        raise InputError(f"{output} exists already.", "Name another file, or move that one away.")
    if not (path_exists(folder) and folder.is_dir()):
        raise InputError(f"{folder} is not a folder.", "Give one that `defcheck package` created.")
    found, code = _check_package(folder, None)
    if code:
        click.echo("Nothing was written.", err=True)
        return code
    files = checks.complete_files(found.files)
    signature = b""
    if key_path:
        manifest = archive.render_manifest(files)
        signature = ssh_signature.sign_data(
            manifest, key_path, read_passphrase(), model.PACKAGE_NAMESPACE
        )
    write_new(output, storage.build_sealed_package(files, signature))
    click.echo(f"Wrote {output}", err=True)
    return ExitCode.OK
