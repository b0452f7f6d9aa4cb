"""`defcheck bundle`: the evidence of a run as one file that anybody can check."""

from pathlib import Path

import click

from defcheck.cli import complete
from defcheck.cli.redaction import redact_option
from defcheck.cli.verbosity import note, quiet_option


@click.command("bundle", short_help="Pack a run's evidence into one file, signed.")
@click.argument(
    "run", type=click.Path(path_type=Path, file_okay=False), shell_complete=complete.runs
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The new file.",
)
@click.option(
    "--sign",
    "key_path",
    metavar="KEY",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Sign with this SSH key; for one in an agent name its public file.",
)
@redact_option
@quiet_option
def command(run: Path, output: Path, key_path: Path | None, kinds: tuple[str, ...]) -> None:
    """Pack the evidence of the run directory RUN into one file.

    It holds the record of the run, the raw results, the guideline, the tests
    that this Tempest has, tempest.conf without passwords, the verdict by the
    guideline's own policy, and a manifest of their sums; the same run gives the
    same bytes. The signature is SSH's own, of the manifest, for the namespace
    defcheck-bundle@v1. Passwords, tokens, keys and signatures are replaced
    by ***, and the record says so; the raw results hold Tempest's log, with
    addresses and names of your cloud: --redact addresses,names puts others in
    their place.

    \b
    Example:
      defcheck bundle defcheck-runs/my-run -o my-run.tar --sign ~/.ssh/id_ed25519

    \b
    Check it without defcheck:
      tar xf my-run.tar && cd defcheck-bundle && sha256sum -c manifest
      ssh-keygen -Y verify -f allowed_signers -I me@example.org \\
          -n defcheck-bundle@v1 -s manifest.sig < manifest
    """
    from defcheck.cli.evidence import make_bundle
    from defcheck.errors import InputError
    from defcheck.files import exists, write_new

    if exists(output):
        raise InputError(f"{output} exists already.", "Name another file, or move that one away.")
    data, document = make_bundle(run, key_path, kinds)
    write_new(output, data)
    note(f"Wrote {output}: {document['verdict']}")
