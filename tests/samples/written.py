"""The samples: which command prints each, from which runs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """A text that a command prints."""

    path: str
    """Below reports/samples."""

    arguments: tuple[str, ...]
    runs: tuple[str, ...]
    """Names of the run directories that it is made of."""

    code: int = 0
    """The exit code, which is part of what the sample shows."""

    @property
    def line(self) -> str:
        """The command as a person types it."""
        return " ".join(("defcheck", *self.arguments))


def _report(run: str, form: str, path: str) -> Sample:
    return Sample(path, ("report", f"runs/{run}", "-f", form), (run,))


_BOTH = ("accepted", "today")
_COMPARE = ("compare", "runs/accepted", "runs/today", "-l", "accepted", "-l", "today", "-f")
_GATE = ("gate", "runs/today", "--baseline", "runs/accepted", "-f")
_ENDINGS = {
    "text": "txt",
    "html": "html",
    "json": "json",
    "markdown": "md",
    "rst": "rst",
    "junit": "xml",
    "csv": "csv",
}

SAMPLES = (
    *(_report("today", form, f"storage/report.{end}") for form, end in _ENDINGS.items()),
    _report("today", "refstack", "storage/refstack.json"),
    _report("accepted", "text", "storage/accepted.txt"),
    *(
        Sample(f"compare/compare.{_ENDINGS[form]}", (*_COMPARE, form), _BOTH)
        for form in ("text", "html", "markdown", "csv", "json")
    ),
    *(
        Sample(f"gate/gate.{_ENDINGS[form]}", (*_GATE, form), _BOTH, code=1)
        for form in ("text", "markdown", "json")
    ),
    *(
        _report(run, form, f"{run}/report.{_ENDINGS[form]}")
        for run in ("platform", "scs")
        for form in ("text", "html")
    ),
)
