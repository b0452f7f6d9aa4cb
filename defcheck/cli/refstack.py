"""Commands and options for a RefStack server: `defcheck upload` and `defcheck key`."""

import functools
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from defcheck.cli import completion, options
from defcheck.cli.output import format_option
from defcheck.cli.terminal import detail_options, get_verbosity, print_note, print_warning
from defcheck.errors import InputError
from defcheck.redaction.redactor import PROCESS_SECRETS
from defcheck.submission.refstack.authentication import PASSPHRASE_VARIABLE

if TYPE_CHECKING:
    from defcheck.submission.refstack.authentication import Authentication, SigningKey
    from defcheck.submission.refstack.client import RefStackClient
    from defcheck.submission.refstack.payload import Payload


OPENID_VARIABLE = "DEFCHECK_REFSTACK_OPENID"
MAX_PASSPHRASE_TRIES = 3
"""How often the user is asked for a passphrase."""

cacert_option = options.cacert_option(
    "Trust the certificate authorities in this file (PEM) instead of the usual ones."
)

timeout_option = click.option(
    "--timeout",
    type=click.IntRange(1, 86400),
    default=180,
    show_default=True,
    metavar="SECONDS",
    help="Response timeout in seconds; the read timeout is one third of it.",
)


openid_option = click.option(
    "--openid",
    envvar=OPENID_VARIABLE,
    metavar="URL",
    help=f"Your OpenID on the server, as your profile there shows it.  [env: {OPENID_VARIABLE}]",
)


def server_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the argument `client`, built from the server, login and timeout options."""

    @functools.wraps(function)
    def call_with_client(
        url: str,
        cacert: Path | None,
        timeout: int,
        key_path: Path | None,
        openid: str | None,
        **others: Any,
    ) -> Any:
        client = open_client(url, cacert, timeout)
        key = read_signing_key(key_path) if key_path else None
        if key and not openid:
            raise InputError(
                "--sign needs your OpenID.",
                "Copy it from your profile on the server and pass it with --openid or "
                f"{OPENID_VARIABLE}.",
            )
        client.authentication = choose_authentication(key, openid)
        return function(client=client, **others)

    url = click.option("--url", required=True, metavar="URL", help="The RefStack server.")
    sign = click.option(
        "--sign",
        "key_path",
        metavar="KEY",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Log in with this registered private RSA key instead of a session; needs --openid.",
    )
    return url(sign(openid_option(cacert_option(timeout_option(call_with_client)))))


def open_client(url: str, cacert: Path | None, timeout: int) -> "RefStackClient":
    """Return the server at a URL, without authentication.

    `timeout` is the response timeout in seconds.
    """
    from defcheck.submission.refstack.client import RefStackClient
    from defcheck.submission.refstack.transport import RefStackServer

    server = RefStackServer.from_url(url, cacert, timeout)
    if not server.is_protected:
        click.echo(
            f"Warning: {url} does not use TLS; others can read and change what is sent.", err=True
        )
    return RefStackClient(server)


def choose_authentication(key: "SigningKey | None", openid: str | None) -> "Authentication | None":
    """Return a key's token for an OpenID, else the session from the environment, if any."""
    from defcheck.submission.refstack.authentication import (
        SESSION_VARIABLE,
        SessionCookie,
        SignedToken,
    )

    if key and openid:
        return SignedToken(key, openid.strip())
    text = os.environ.get(SESSION_VARIABLE, "").strip()
    PROCESS_SECRETS.add_secrets(text)
    if not text:
        return None
    session = SessionCookie.parse_cookie(text)
    PROCESS_SECRETS.add_secrets(session.value)
    return session


def read_signing_key(path: Path) -> "SigningKey":
    """Read a key; ask for its passphrase if the environment has none."""
    from defcheck.submission.refstack.authentication import PassphraseError, load_signing_key

    for tries_left in reversed(range(MAX_PASSPHRASE_TRIES)):
        try:
            key = load_signing_key(path, lambda: _ask_passphrase(path))
        except PassphraseError as error:
            if not tries_left or PASSPHRASE_VARIABLE in os.environ or not _has_terminal():
                raise
            click.echo(error.message, err=True)
        else:
            for warning in key.warnings:
                click.echo(f"Warning: {warning}", err=True)
            return key
    raise AssertionError("the last try returns or raises")


def _ask_passphrase(path: Path) -> str | None:
    import getpass

    if PASSPHRASE_VARIABLE in os.environ:
        found: str | None = os.environ[PASSPHRASE_VARIABLE]
    else:
        found = getpass.getpass(f"Passphrase of {path}: ") if _has_terminal() else None
    PROCESS_SECRETS.add_secrets(found)
    return found


def _has_terminal() -> bool:
    """Return whether a terminal can prompt without echo; standard input does not matter."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def confirm_deletion(question: str, *, yes: bool) -> None:
    """Ask before an irreversible step; raise `InputError` without a terminal."""
    import sys

    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise InputError(
            "Cannot prompt: standard input is not a terminal.", "Pass --yes to go ahead."
        )
    click.confirm(question, abort=True, err=True)


@click.command("upload", short_help="Upload the passed tests of a run to a RefStack server.")
@click.argument("results", metavar="RUN|FILE", shell_complete=completion.complete_results)
@click.option("--url", metavar="URL", help="The RefStack server.")
@click.option(
    "--sign",
    "key_path",
    metavar="KEY",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Sign with this private RSA key: PEM, PKCS#8 or OpenSSH.",
)
@openid_option
@click.option("--cpid", metavar="ID", help="The cloud provider id.  [default: that of the run]")
@click.option(
    "--cloud",
    metavar="NAME",
    shell_complete=completion.complete_clouds,
    help="Get the cloud provider id from this cloud of clouds.yaml.",
)
@click.option(
    "--stestr-run",
    type=click.IntRange(min=0),
    metavar="N",
    help="Number of the run if FILE is a stestr repository.  [default: the latest]",
)
@click.option(
    "--partial",
    is_flag=True,
    help="Send the passed tests even if the results are truncated, damaged or of an unfinished "
    "run.",
)
@cacert_option
@timeout_option
@click.option("--dry-run", is_flag=True, help="Print the payload and send nothing.")
@click.option("--format", "form", type=click.Choice(["refstack"]), help="Format of the file of -o.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write the payload to a new file and send nothing.",
)
@detail_options
def upload_command(
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
    """Upload the passed tests of a run to a RefStack server.

    RUN is a run directory, FILE any results that `defcheck score` reads. Sends
    only the names and ids of the passed tests, their duration and the cloud
    provider id. If a test has several results, the worst counts.

    If the server does not confirm the upload, defcheck looks for it among the
    cloud's runs before it sends anything again; for a signed upload this needs a
    session, or the key and --openid. The passphrase of a key is read from
    $DEFCHECK_KEY_PASSPHRASE or from a prompt. Proxies come from the environment.

    \b
    Examples:
      defcheck upload defcheck-runs/my-run --url https://refstack.example --sign ~/.ssh/id_rsa
      defcheck upload defcheck-runs/my-run --dry-run
      defcheck upload .stestr --cloud mycloud --format refstack -o mine.json
    """
    from defcheck.errors import InputError
    from defcheck.lab import paths as lab_paths
    from defcheck.util.files import path_exists, write_new
    from defcheck.workflows.submission import build_results_payload, warn_unknown_run_guideline
    from defcheck.workflows.verdicts import load_results

    if cpid == "":
        raise InputError("--cpid is empty.", "Give the cloud provider id, or omit the option.")
    if not (url or dry_run or output):
        raise InputError("No server given.", "Give one with --url, or use --dry-run or -o.")
    if dry_run and output:
        raise InputError("--dry-run and -o cannot be combined.", "Omit one of them.")
    if form and not output:
        raise InputError("--format needs a file.", "Give one with -o.")
    if output is not None and path_exists(output):
        raise InputError(f"{output} exists already.", "Name another file, or move that one away.")
    client = open_client(url, cacert, timeout) if url else None
    given = load_results(results, stestr_run, own_guideline=False)
    payload = build_results_payload(
        given,
        print_warning,
        cpid=cpid or "",
        cloud=cloud or "",
        clouds_files=lab_paths.list_clouds_files(),
        partial=partial,
        verbose=get_verbosity().verbose,
    )
    warn_unknown_run_guideline(Path(results), given, print_warning)
    key = read_signing_key(key_path) if key_path else None
    if output is not None:
        write_new(output, payload.body)
        print_note(f"Wrote {output}")
        _print_signature(key, payload)
    elif dry_run or client is None:
        if client:
            print_note(f"Not sent: POST {client.server.url}/v1/results/")
        click.echo(payload.body)
        _print_signature(key, payload)
    else:
        client.authentication = choose_authentication(key, openid)
        _send_payload(client, payload, key)


def _print_signature(key: "SigningKey | None", payload: "Payload") -> None:
    if key:
        for name, value in key.signature_headers(payload.body).items():
            click.echo(f"{name}: {value}", err=True)


def _send_payload(client: "RefStackClient", payload: "Payload", key: "SigningKey | None") -> None:
    from defcheck.submission.refstack.upload import (
        SIGNED_ADVICE,
        lookup_command_line,
        upload_payload,
    )

    try:
        receipt = upload_payload(
            client, payload, key.signature_headers(payload.body) if key else {}
        )
    except KeyboardInterrupt:
        command = lookup_command_line(client.server.url, payload.cpid, signed=bool(key))
        click.echo(
            "It is unknown whether the server stored the run. Look for it before you upload it "
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
    click.echo(f"Uploaded {tests} as {receipt.id}.")
    if receipt.url:
        click.echo(receipt.url)


@click.group("key", short_help="Prove to a RefStack server that a key is yours.")
def key_group() -> None:
    """Prove to a RefStack server that a key is yours.

    \b
    Example:
      defcheck key sign ~/.ssh/id_rsa
    """


@key_group.command("sign", short_help="Print a key's public part and its self-signature.")
@click.argument("key", type=click.Path(path_type=Path, dir_okay=False))
@format_option()
def sign_key_command(key: Path, form: str) -> None:
    """Print the public part of KEY and its self-signature, to register it.

    KEY is a private RSA key in PEM, PKCS#8 or OpenSSH format. The output is not
    secret. JSON output is what the server's API expects.

    \b
    Example:
      defcheck key sign ~/.ssh/id_rsa
    """
    found = read_signing_key(key)
    if form == "json":
        document = {"raw_key": found.public, "self_signature": found.self_signature()}
        click.echo(json.dumps(document))
        return
    click.echo(f"Public key:\n{found.public}\n\nSelf signature:\n{found.self_signature()}")
