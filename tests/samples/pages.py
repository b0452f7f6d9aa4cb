"""Pictures of pages, taken by Chromium."""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 300_000
MOST_TRIES = 8

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--run-all-compositor-stages-before-draw",
)


@dataclass(frozen=True)
class Picture:
    """A picture of the top of a page."""

    name: str
    page: str
    width: int
    height: int
    dark: bool = False


PICTURES = (
    Picture("report-light.png", "storage/report.html", 1200, 900),
    Picture("report-dark.png", "storage/report.html", 1200, 900, dark=True),
    Picture("report-phone.png", "storage/report.html", 390, 844),
    Picture("platform.png", "platform/report.html", 1200, 900),
    Picture("compare.png", "compare/compare.html", 1200, 900),
)


def browser() -> str | None:
    """Return the path of a Chromium, None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def take(program: str, picture: Picture, folder: Path, into: Path) -> None:
    """Write one picture of a page below `folder`, once two are alike; end where it is too big."""
    with tempfile.TemporaryDirectory() as place:
        # A window has a least width; a frame can be as narrow as a phone.
        frame = Path(place) / "frame.html"
        page = (folder / picture.page).resolve().as_uri()
        frame.write_text(
            "<!doctype html><style>html,body{margin:0;overflow:hidden}iframe{border:0}</style>"
            f'<iframe src="{page}" width="{picture.width}" height="{picture.height}"></iframe>'
        )
        url = frame.as_uri() if picture.width < 500 else page
        before = b""
        for _ in range(MOST_TRIES):
            made = _shot(program, picture, url, Path(place))
            if made == before:
                break
            before = made
        else:
            sys.exit(f"Chromium shows {picture.page} differently each time.")
        if len(made) > MOST_BYTES:
            sys.exit(f"{picture.name} has {len(made)} bytes, more than {MOST_BYTES}.")
        (into / picture.name).write_bytes(made)


def _shot(program: str, picture: Picture, url: str, place: Path) -> bytes:
    """Return a picture, in which parts may lack: on a busy machine Chromium does not wait."""
    made = place / "full.png"
    subprocess.run(
        [
            program,
            *QUIET,
            f"--user-data-dir={place}/profile",
            f"--window-size={picture.width},{picture.height}",
            f"--blink-settings=preferredColorScheme={0 if picture.dark else 1}",
            f"--screenshot={made}",
            url,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=120,
        check=True,
    )
    return made.read_bytes()
