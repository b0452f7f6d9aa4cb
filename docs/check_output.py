"""End with an error where a built page would load anything from the network."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

LOADING = {"src", "srcset", "poster", "data", "action"}
"""Attributes whose address a browser opens by itself, or sends a form to."""

REMOTE = re.compile(r"\s*(https?:)?//", re.IGNORECASE)
STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?\s*(?:https?:)?//", re.IGNORECASE)


class Page(HTMLParser):
    """Collects what a page loads from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.remote: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note remote addresses; that of a link that a person follows is none."""
        for name, value in attrs:
            loads = name in LOADING or (tag == "link" and name == "href")
            if (loads and REMOTE.match(value or "")) or STYLE.search(value or ""):
                self.remote.append(f"<{tag} {name}={value}>")


def remote(path: Path) -> list[str]:
    """Return what a built file loads from elsewhere."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        page = Page()
        page.feed(text)
        return [*page.remote, *STYLE.findall(text)]
    return STYLE.findall(text) if path.suffix in (".css", ".svg") else []


def main(folder: Path) -> None:
    """Look at every page, style sheet and picture below a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".html", ".css", ".svg"))
    if not paths:
        sys.exit(f"{folder} has no pages.")
    found = [f"{path}: {one}" for path in paths for one in remote(path)]
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
