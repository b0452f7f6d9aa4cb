"""Make reports/samples anew: reports of real runs, and pictures of them.

`tox -e samples` does it. Runs that exist already are taken from the folder in
DEFCHECK_SAMPLE_RUNS: `accepted` and `today` of the small lab, `platform` and
`scs` of the full one. Without them the small lab is started, and the full one
is used where it runs; `tox -e samples -- --full` starts it. Samples whose run
could not be had stay as they are.
"""

import argparse
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

from tests.samples import pages, scrub
from tests.samples.command import Command
from tests.samples.listing import note, readme
from tests.samples.runs import provide
from tests.samples.written import SAMPLES, Sample

SAMPLES_FOLDER = Path(__file__).resolve().parents[2] / "reports/samples"


def say(text: str) -> None:
    """Tell on standard error what is done."""
    print(text, file=sys.stderr, flush=True)


def keep(into: Path) -> None:
    """Copy what is there already and still is a sample."""
    names = ["runs.json", *(one.path for one in SAMPLES), *(one.name for one in pages.PICTURES)]
    into.mkdir()
    for name in names:
        if (SAMPLES_FOLDER / name).exists():
            (into / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(SAMPLES_FOLDER / name, into / name)


def write(command: Command, sample: Sample, into: Path, passwords: Collection[str]) -> None:
    """Write one sample; end where it holds what no sample may."""
    printed = command(*sample.arguments, codes=(sample.code,))
    text = scrub.without_places(printed)
    if found := scrub.faults(text, passwords, [socket.gethostname()]):
        sys.exit(f"{sample.path} would hold {', '.join(sorted(set(found))[:5])}.")
    path = into / sample.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main() -> None:
    """Make the samples beside the old ones, then put them in their place."""
    parser = argparse.ArgumentParser(prog="tests.samples", description=__doc__)
    parser.add_argument("--full", action="store_true", help="start the full lab")
    arguments = parser.parse_args()
    given = os.environ.get("DEFCHECK_SAMPLE_RUNS")
    with tempfile.TemporaryDirectory() as name:
        command = Command(Path(name))
        provided = provide(command, Path(given) if given else None, arguments.full, say)
        made = command.folder / "samples"
        keep(made)
        for sample in SAMPLES:
            if provided.names.issuperset(sample.runs):
                write(command, sample, made, provided.passwords)
            elif (made / sample.path).exists():
                say(f"Keeping {sample.path}: there is no new run for it")
        program = pages.browser()
        for picture in pages.PICTURES:
            if program and (made / picture.page).exists():
                pages.take(program, picture, made, made)
        known = note(command, made, provided.names)
        (made / "README.md").write_text(readme(known, made), encoding="utf-8")
        shutil.rmtree(SAMPLES_FOLDER, ignore_errors=True)
        shutil.copytree(made, SAMPLES_FOLDER)
    say(f"Wrote {SAMPLES_FOLDER}")


if __name__ == "__main__":
    main()
