"""Read YAML and JSON files that hold passwords, without ever quoting them in an error."""

import json
from pathlib import Path
from typing import Any

import yaml

from defcheck.errors import InputError
from defcheck.secrecy import PROCESS


def read(path: Path, what: str, advice: str) -> Any:
    """Return the document in a YAML or .json file; `what` names the file's kind in errors.

    Raises `InputError` with the place of a mistake, never with the line itself.
    """
    try:
        text = path.read_text(encoding="utf-8")
        # JSON may be indented by tabs, which YAML forbids.
        document = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except OSError as error:
        raise InputError(f"{what} {path} cannot be read: {error.strerror}.", advice) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "an unknown place"
        raise InputError(f"{what} {path} is not YAML: mistake at {place}.", advice) from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"{what} {path} is not JSON: mistake at {place}.", advice) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise InputError(f"{what} {path} is not YAML in UTF-8.", advice) from None
    PROCESS.learn_from(document)
    return document
