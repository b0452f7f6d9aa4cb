"""The command that repeats a run or a scoring."""

import shlex
from pathlib import Path

from defcheck.cloud.preflight.context import DYNAMIC
from defcheck.cloud.tempest_conf import FILE_OPTIONS
from defcheck.guideline import catalog
from defcheck.runner.record import CLASS_SECONDS, RunRecord
from defcheck.scoring.evidence import RerunRule
from defcheck.scoring.policy import ScoringOptions
from defcheck.scoring.verdict import Verdict
from defcheck.tempest.installed import DEFAULT_TEMPEST

REQUIRED = ["required"]
STDIN = "standard input"


def build_command(verdict: Verdict, source: str, record: RunRecord | None) -> str:
    """Return the command, without passwords and without paths of this machine.

    Whoever repeats it has to fill in user files and secret settings.
    """
    words = ["defcheck", "run" if record else "score"]
    if record is None:
        words.append("-" if source == STDIN else source)
    elif record.inputs.cloud["name"]:
        words += ["--cloud", record.inputs.cloud["name"]]
    words += ["--guideline", _name_guideline(verdict), "--target", verdict.target.name]
    if record is not None:
        words += _list_run_options(record)
    words += _list_scoring_options(verdict.options)
    return shlex.join(words)


def _name_guideline(verdict: Verdict) -> str:
    """Return the guideline's id, or its file name if it is not bundled."""
    own = catalog.find_origin(verdict.guideline) is None
    return f"{verdict.guideline.id}.json" if own else verdict.guideline.id


def _list_run_options(record: RunRecord) -> list[str]:
    words = []
    if record.inputs.statuses != REQUIRED:
        words += ["--type", ",".join(record.inputs.statuses)]
    if (record.inputs.users or record.history.credentials) == DYNAMIC:
        words += ["--users", DYNAMIC]
    if "--accounts" in record.inputs.files or (
        record.history.credentials == "accounts" and not record.inputs.files
    ):
        words += ["--accounts", "accounts.yaml"]
    if "--tempest-conf" in record.inputs.files:
        words += ["--tempest-conf", "tempest.conf"]
    for setting in record.inputs.settings:
        words += ["--set", _strip_folder(setting)]
    if record.inputs.cacert:
        words += ["--cacert", Path(record.inputs.cacert).name]
    if record.inputs.regardless:
        words.append("--regardless")
    if record.inputs.tempest_name != DEFAULT_TEMPEST:
        words += ["--tempest", record.inputs.tempest_name]
    if record.inputs.class_seconds is not None and record.inputs.class_seconds != CLASS_SECONDS:
        words += ["--class-timeout", f"{record.inputs.class_seconds / 60:.10g}"]
    rounds = max([record.inputs.rerun_failed, *(one["round"] for one in record.history.reruns)])
    if rounds:
        words += ["--rerun", f"failed={rounds}"]
    return [*words, "--workers", str(record.history.workers)]


def _strip_folder(word: str) -> str:
    """Return a setting without the folder of its file."""
    name, _, value = word.partition("=")
    section, _, key = name.partition(".")
    return f"{name}={Path(value).name}" if (section, key) in FILE_OPTIONS else word


def _list_scoring_options(terms: ScoringOptions) -> list[str]:
    words = []
    if terms.strict:
        words.append("--strict")
    if terms.forbid_skips:
        words.append("--forbid-skips")
    if terms.reruns is not RerunRule.WORST:
        words += ["--reruns", terms.reruns.value]
    if terms.overlay.flags:
        words += ["--overlay", "overlay.yaml"]
    return words
