"""Fail if a built page would load anything from the network."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

LOADING = {"src", "srcset", "poster", "data", "action"}
"""Attributes whose URL a browser loads by itself, or sends a form to."""

REMOTE = re.compile(r"\s*(https?:)?//", re.IGNORECASE)
STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?\s*(?:https?:)?//", re.IGNORECASE)


class Page(HTMLParser):
    """Collects the external resources that a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.remote: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record remote URLs, except links that a person follows."""
        for name, value in attrs:
            loads = name in LOADING or (tag == "link" and name == "href")
            if (loads and REMOTE.match(value or "")) or STYLE.search(value or ""):
                self.remote.append(f"<{tag} {name}={value}>")


def remote(path: Path) -> list[str]:
    """Return the external resources that a built file loads."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        page = Page()
        page.feed(text)
        return [*page.remote, *STYLE.findall(text)]
    return STYLE.findall(text) if path.suffix in (".css", ".svg") else []


def main(folder: Path) -> None:
    """Check every page, style sheet and picture below a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".html", ".css", ".svg"))
    if not paths:
        sys.exit(f"{folder} has no pages.")
    found = [f"{path}: {one}" for path in paths for one in remote(path)]
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
