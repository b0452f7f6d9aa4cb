"""The overlays that README and help show are overlays, and follow the schema."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import jsonschema
import pytest
import yaml

from defcheck.guideline import catalog
from defcheck.guideline.overlay import load_overlay

PROJECT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((PROJECT / "reports/schemas/overlay-1.json").read_bytes())
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("where", ["README", "help"])
def test_the_example_flags_a_required_test(defcheck: Run, tmp_path: Path, where: str) -> None:
    if where == "README":
        text = (PROJECT / "README.md").read_text(encoding="utf-8")
        (example,) = re.findall(r"```yaml\n(format: defcheck overlay 1\n.*?)```", text, re.DOTALL)
    else:
        text = defcheck("score", "--help").stdout
        example = dedent(
            text[text.index("    format: defcheck overlay 1") : text.index("\nOptions:")]
        )
    path = tmp_path / "o.yaml"
    path.write_text(example)
    (flag,) = load_overlay(path).flags
    demanded = {
        test.name
        for one in catalog.load_guideline("2020.06").capabilities.values()
        for test in one.tests
    }
    assert flag.test in demanded
    quoted = json.loads(json.dumps(yaml.safe_load(example), default=str))
    jsonschema.Draft202012Validator(SCHEMA).validate(quoted)
