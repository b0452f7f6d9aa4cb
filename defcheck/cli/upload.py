"""`defcheck upload`: hand the passed tests of a run in to a RefStack server."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from defcheck.cli import complete
from defcheck.cli.server import (
    cacert_option,
    connect,
    find_authentication,
    openid_option,
    read_key,
    timeout_option,
)
from defcheck.cli.verbosity import length_options, note

if TYPE_CHECKING:
    from defcheck.submit.client import Client
    from defcheck.submit.keys import SigningKey
    from defcheck.submit.payload import Payload


@click.command("upload", short_help="Hand the passed tests of a run in to a RefStack server.")
@click.argument("results", metavar="RUN|FILE", shell_complete=complete.results)
@click.option("--url", metavar="URL", help="The RefStack server.")
@click.option(
    "--sign",
    "key_path",
    metavar="KEY",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Sign with this private RSA key: PEM, PKCS#8 or OpenSSH.",
)
@openid_option
@click.option("--cpid", metavar="ID", help="The cloud's id; by default what the run says.")
@click.option(
    "--cloud",
    metavar="NAME",
    shell_complete=complete.clouds,
    help="Ask this cloud of clouds.yaml for its id.",
)
@click.option(
    "--stestr-run",
    type=click.IntRange(min=0),
    metavar="N",
    help="Number of the run where FILE is a stestr repository; the latest by default.",
)
@click.option(
    "--partial",
    is_flag=True,
    help="Send what passed of results that are cut off, damaged or of an unfinished run.",
)
@cacert_option
@timeout_option
@click.option("--dry-run", is_flag=True, help="Print what would be sent, and send nothing.")
@click.option("--format", "form", type=click.Choice(["refstack"]), help="The form of the file.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write what would be sent to a new file, and send nothing.",
)
@length_options
def command(
    results: str,
    url: str | None,
    key_path: Path | None,
    openid: str | None,
    cpid: str | None,
    cloud: str | None,
    stestr_run: int | None,
    partial: bool,
    cacert: Path | None,
    timeout: int,
    dry_run: bool,
    form: str | None,
    output: Path | None,
) -> None:
    """Hand the passed tests of a run in to a RefStack server.

    RUN is a run directory, FILE any results that `defcheck score` reads. Names
    and ids of the passed tests, the time that they took and the cloud's id are
    sent, and nothing else; of a test with several results the worst counts.

    Where the server does not confirm the upload it is asked for the runs of this
    cloud before anything is sent again: for a signed one with a session, or with
    the key and --openid. The passphrase of a key is asked for, or read from
    $DEFCHECK_KEY_PASSPHRASE. Proxies are taken from the environment.

    \b
    Examples:
      defcheck upload defcheck-runs/my-run --url https://refstack.example --sign ~/.ssh/id_rsa
      defcheck upload defcheck-runs/my-run --dry-run
      defcheck upload .stestr --cloud mycloud --format refstack -o mine.json
    """
    from defcheck.cli.given import gather
    from defcheck.cli.passes import payload_of, warn_of_own_guideline
    from defcheck.errors import InputError
    from defcheck.files import exists, write_new

    if cpid == "":
        raise InputError("--cpid is empty.", "Give the cloud's id, or leave the option out.")
    if not (url or dry_run or output):
        raise InputError("No server is named.", "Name one with --url, or see --dry-run and -o.")
    if dry_run and output:
        raise InputError("--dry-run prints and -o writes.", "Leave one of the two out.")
    if form and not output:
        raise InputError("--format is for a file.", "Name one with -o.")
    if output is not None and exists(output):
        raise InputError(f"{output} exists already.", "Name another file, or move that one away.")
    client = connect(url, cacert, timeout) if url else None
    given = gather(results, stestr_run, own_guideline=False)
    payload = payload_of(given, cpid or "", cloud or "", partial)
    warn_of_own_guideline(Path(results), given)
    key = read_key(key_path) if key_path else None
    if output is not None:
        write_new(output, payload.body)
        note(f"Wrote {output}")
        _tell_signature(key, payload)
    elif dry_run or client is None:
        if client:
            note(f"Not sent: POST {client.server.url}/v1/results/")
        click.echo(payload.body)
        _tell_signature(key, payload)
    else:
        client.authentication = find_authentication(key, openid)
        _send(client, payload, key)


def _tell_signature(key: "SigningKey | None", payload: "Payload") -> None:
    if key:
        for name, value in key.headers(payload.body).items():
            click.echo(f"{name}: {value}", err=True)


def _send(client: "Client", payload: "Payload", key: "SigningKey | None") -> None:
    from defcheck.submit.upload import SIGNED_ADVICE, lookup_command, upload

    try:
        receipt = upload(client, payload, key.headers(payload.body) if key else {})
    except KeyboardInterrupt:
        command = lookup_command(client.server.url, payload.cpid, signed=bool(key))
        click.echo(
            "Whether the server stored the run is unknown. Look for it before you upload it "
            f"again:\n  {command}" + (f"\n{SIGNED_ADVICE}" if key else ""),
            err=True,
        )
        raise
    tests = f"{len(payload.tests)} passed test{'s' * (len(payload.tests) > 1)}"
    if receipt.recovered:
        click.echo(
            "The server did not confirm the upload, but lists this run: stored at "
            f"{receipt.recovered} (server time).",
            err=True,
        )
    click.echo(f"Handed in {tests} as {receipt.id}.")
    if receipt.url:
        click.echo(receipt.url)
