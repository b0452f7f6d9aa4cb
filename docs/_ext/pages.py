"""Pages that are generated before Sphinx reads its sources."""

from collections.abc import Mapping, Sequence
from pathlib import Path


def write(folder: Path, pages: Mapping[str, str]) -> None:
    """Make `folder` contain exactly these Markdown files; do not rewrite unchanged ones."""
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def cell(text: str) -> str:
    """Return text unchanged for a cell of a table; text in backticks stays code."""
    parts = text.replace("|", "\\|").split("`")
    for number in range(0, len(parts), 2):
        for sign in "*_<>[]":
            parts[number] = parts[number].replace(sign, f"\\{sign}")
    return "`".join(parts)


def table(*columns: str, rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table of cells that already are Markdown."""
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
