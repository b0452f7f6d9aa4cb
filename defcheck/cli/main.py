"""Entry point of the command line: find the command, run it, explain errors."""

import errno
import io
import logging
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

import click

from defcheck import __version__
from defcheck.cli.options import LazyCommands, LazyGroup
from defcheck.errors import DefcheckError, ExitCode, UnusableError
from defcheck.redaction.redactor import PROCESS_SECRETS

COMMANDS: LazyCommands = {
    "bundle": (
        "defcheck.cli.submission:bundle_command",
        "Pack a run's evidence into one signed file.",
    ),
    "cleanup": (
        "defcheck.cli.run:cleanup_command",
        "Show or delete the leftovers of a run.",
    ),
    "cloud": ("defcheck.cli.cloud:cloud_group", "Check a cloud and prepare it for a run."),
    "compare": (
        "defcheck.cli.scoring:compare_command",
        "Compare runs, clouds or days side by side.",
    ),
    "completion": (
        "defcheck.cli.completion:completion_command",
        "Print the completion script for bash, zsh or fish.",
    ),
    "demo": (
        "defcheck.cli.lab:demo_command",
        "Start a small OpenStack here, check it, show the report.",
    ),
    "explain": (
        "defcheck.cli.scoring:explain_command",
        "Explain a capability or test, and its result in a run.",
    ),
    "gate": (
        "defcheck.cli.scoring:gate_command",
        "Stop a pipeline on regressions against a baseline.",
    ),
    "guideline": (
        "defcheck.cli.guideline:guideline_group",
        "List and show guidelines and the tests they require.",
    ),
    "key": ("defcheck.cli.refstack:key_group", "Prove to a RefStack server that a key is yours."),
    "lab": ("defcheck.cli.lab:command", "Run a real OpenStack on this machine, small or full."),
    "package": (
        "defcheck.cli.submission:package_command",
        "Create, check and seal a submission package.",
    ),
    "report": ("defcheck.cli.scoring:report_command", "Write reports of a run, in any format."),
    "resume": (
        "defcheck.cli.run:resume_command",
        "Resume a run that was interrupted or killed.",
    ),
    "results": (
        "defcheck.cli.refstack_results:results_group",
        "List, show, share and delete results on a RefStack server.",
    ),
    "run": (
        "defcheck.cli.run:run_command",
        "Run a guideline's tests against a cloud and give the verdict.",
    ),
    "score": (
        "defcheck.cli.scoring:score_command",
        "Score existing results against a guideline.",
    ),
    "tempest": (
        "defcheck.cli.tempest:tempest_group",
        "Install and choose other versions of Tempest.",
    ),
    "upload": (
        "defcheck.cli.refstack:upload_command",
        "Upload the passed tests of a run to a RefStack server.",
    ),
    "verify": (
        "defcheck.cli.submission:verify_command",
        "Check a bundle and show what it proves.",
    ),
}

DISK_FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT)


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 pass or done, 1 fail, 2 wrong usage or unreadable input, 3 incomplete, "
    "4 cloud, server or Tempest unusable, 130 interrupted.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def cli(debug: bool) -> None:
    """Check whether an OpenStack cloud meets an interoperability guideline.

    \b
    Examples:
      defcheck demo
      defcheck run --cloud mycloud --guideline 2020.06 --target storage
    """


def run(args: Sequence[str] | None = None) -> Any:
    """Run the command line and exit with its code."""
    arguments = list(sys.argv[1:] if args is None else args)
    debug = arguments[:1] == ["--debug"]
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _handle_signal)
    _show_warnings(debug=debug)
    try:
        result = cli.main(args=arguments, prog_name="defcheck", standalone_mode=False)
        code = int(result) if isinstance(result, int) else ExitCode.OK
    except click.ClickException as error:
        words = io.StringIO()
        error.show(words)
        _print_error(words.getvalue().rstrip("\n"))
        code = error.exit_code
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except (click.Abort, KeyboardInterrupt):
        _print_error("Interrupted.")
        code = ExitCode.INTERRUPTED
    except SystemExit as leave:
        # The end of a completion; or click's exit with 1 after a broken pipe, whose
        # reader may have missed a verdict.
        code = ExitCode.OK if leave.code == 0 else ExitCode.UNUSABLE
    except Exception as error:
        if debug:
            _print_error(traceback.format_exc())
        code = _show_error(error)
    if not _flush_streams() and code == ExitCode.OK:
        code = ExitCode.UNUSABLE
    sys.exit(int(code))


def _show_error(error: Exception) -> ExitCode:
    """Print an error and return its exit code.

    Only errors of the program itself show the name of the exception.
    """
    from defcheck.cloud.failures import explain_failure

    if isinstance(error, OSError) and error.errno in DISK_FULL_ERRORS:
        what = error.filename or "Standard output or a temporary file"
        explained: DefcheckError | None = UnusableError(
            f"{what} cannot be written: {error.strerror}.",
            "Free some space. Temporary files are in the folder that TMPDIR names.",
        )
    else:
        explained = explain_failure(error)
    if explained is None:
        _print_error(f"Unexpected error: {type(error).__name__}: {error}")
        _print_error("Run it again with --debug, and report what it shows.")
        # Never Python's own exit code for an exception: 1 means the verdict fail.
        return ExitCode.UNUSABLE
    _print_error(f"Error: {explained.message}")
    if explained.advice:
        _print_error(explained.advice)
    return explained.exit_code


def _flush_streams() -> bool:
    """Flush both streams; discard what cannot be written, and return whether that happened.

    Otherwise Python would try again at exit and end with a code of its own.
    """
    written = True
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None if it was closed
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            written = False
    return written


def _show_warnings(*, debug: bool) -> None:
    """Show warnings of libraries only with --debug: they would interrupt our own output."""
    root = logging.getLogger()
    for handler in root.handlers[:]:  # from an earlier command in this process
        if isinstance(handler, _WarningHandler | _SilentHandler):
            root.removeHandler(handler)
    root.addHandler(_WarningHandler() if debug else _SilentHandler())
    logging.captureWarnings(True)


class _SilentHandler(logging.NullHandler):
    """Keeps Python's handler of last resort from writing to standard error."""


class _WarningHandler(logging.Handler):
    """Shows warnings of libraries, without secrets."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Show one warning."""
        _print_error(self.format(record))


def _print_error(text: str) -> None:
    """Write to standard error, without secrets; ignore a closed stream, the exit code remains."""
    with suppress(OSError):
        click.echo(PROCESS_SECRETS.redact_text(text), err=True)


def _handle_signal(signum: int, frame: FrameType | None) -> None:
    """Treat SIGTERM and SIGHUP like Ctrl-C, so that partial results are kept."""
    if signum == signal.SIGHUP:
        # The kernel sends SIGHUP to the session leader and the foreground group; a shell
        # may send it again.
        signal.signal(signum, signal.SIG_IGN)
        _leave_lost_terminal()
    raise KeyboardInterrupt


def _leave_lost_terminal() -> None:
    """Discard output to a terminal that is gone: each write there would fail."""
    for descriptor in (0, 1, 2):
        try:
            os.ttyname(descriptor)
        except OSError as error:
            if error.errno == errno.EIO:
                os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
