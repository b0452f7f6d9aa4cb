"""`defcheck verify`: check a bundle without trusting whoever made it."""

from pathlib import Path

import click

from defcheck.cli.outputs import form_option
from defcheck.cli.verbosity import current, quiet_option
from defcheck.errors import ExitCode


@click.command("verify", short_help="Check a bundle, and say what it proves and what not.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--allowed-signers",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Whose signatures count: a file as of ssh-keygen(1). An unsigned bundle is then wrong.",
)
@form_option(shows="json follows reports/schemas/verification-1.json.")
@quiet_option
def command(file: Path, allowed_signers: Path | None, form: str) -> int:
    """Check FILE, a bundle, and say what it proves and what it cannot prove.

    Looked at are the archive and its manifest, the signature, whether the
    guideline is the published one, whether scoring the raw results again gives
    the stated verdict, whether the results are of the stated Tempest and tests,
    and the times. Exit code 1: something is wrong. Whether the verdict is a pass
    does not matter for it.

    \b
    Examples:
      defcheck verify my-run.tar --allowed-signers ~/.ssh/allowed_signers
      defcheck verify my-run.tar -f json | jq .wrong
    """
    from defcheck.cli.evidence import score_evidence
    from defcheck.files import read_bounded
    from defcheck.report import json_report
    from defcheck.report.verification.document import build
    from defcheck.submit.bundle import MAX_BYTES
    from defcheck.submit.verify import Proof, verify

    data = read_bounded(file, "The bundle", MAX_BYTES, "Name a file that `defcheck bundle` made.")
    findings = verify(data, allowed_signers, score_evidence)
    is_wrong = any(finding.proof is Proof.WRONG for finding in findings)
    if form == "json":
        click.echo(json_report.render(build(str(file), data, findings)), nl=False)
    else:
        for finding in findings:
            if finding.proof is Proof.WRONG or not current().quiet:
                click.echo(f"{finding.proof:10}  {finding.text}")
        click.echo(f"{file} is {'not what it claims to be' if is_wrong else 'consistent'}.")
    return ExitCode.FAIL if is_wrong else ExitCode.OK
