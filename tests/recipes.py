"""The recipes of examples/, run without a cloud: a stand-in for `defcheck run`."""

import sys
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[1]
EXAMPLES = PROJECT / "examples"

STAND_IN = """\
#!{python}
# As defcheck, but `run` has a recorded run at hand; RUN_CODE is how it ends.
import os, shutil, subprocess, sys
sys.path.insert(0, {project!r})
from tests.commandlines import parse
words = sys.argv[1:]
given = parse(words).params
defcheck = [sys.executable, "-m", "defcheck"]
if words[0] != "run":
    os.execv(sys.executable, [*defcheck, *words])
if "RECORDED" in os.environ:
    shutil.copytree(os.environ["RECORDED"], given["output"])
    form = [word for one in given["formats"] for word in ("-f", one)]
    verdict = ["-f", f"json:{{given['output']}}/verdict.json"]
    code = subprocess.call([*defcheck, "score", str(given["output"]), *form, *verdict])
else:
    print("Error: The cloud did not answer.", file=sys.stderr)
    code = 4
sys.exit(int(os.environ.get("RUN_CODE", code)))
"""


def write_stand_in(path: Path) -> Path:
    """Write the stand-in as a command at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(STAND_IN.format(python=sys.executable, project=str(PROJECT)))
    path.chmod(0o755)
    return path


def read_recipe(path: str) -> Any:
    """Return a recipe in YAML, by its path below examples/."""
    return yaml.safe_load((EXAMPLES / path).read_text(encoding="utf-8"))
