"""Texts that say why a test did not pass, made fit to be kept."""

from defcheck.redaction.redactor import Redactor

_REDACTOR = Redactor()


def mask(text: str) -> str:
    """Return `text` without secrets: Tempest may print a request in an error."""
    return _REDACTOR.text(text)


def error_line(traceback: str) -> str:
    """Return the line of a traceback that names the error: the first one after its frames."""
    lines = traceback.rstrip().splitlines()
    after_frames = 0
    for number, line in enumerate(lines):
        if line.startswith(("Traceback ", "  File ", "    ")):
            after_frames = number + 1
    rest = [line.strip() for line in lines[after_frames:] if line.strip()]
    return rest[0] if rest else (lines[-1].strip() if lines else "")


def seconds(value: object) -> float | None:
    """Return a duration that is written as text or number, None where it is none."""
    if not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if 0 <= found < float("inf") else None
