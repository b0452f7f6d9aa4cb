"""Our own words for what the published guidelines name, out of words/*.json."""

from pathlib import Path
from typing import Any

from builder.files import GUIDELINES, Json, read_json
from defcheck.errors import InputError


class Words:
    """Our own words, found by the names that the published files use."""

    def __init__(self, folder: Path = GUIDELINES / "builder" / "words") -> None:
        if not folder.is_dir():
            raise InputError(f"There is no folder {folder}.", "Run build.py in a checkout.")
        self.tables: Json = {path.stem: read_json(path) for path in sorted(folder.glob("*.json"))}
        self.missing: dict[str, None] = {}
        """Names that were asked for and have no words, in the order of asking."""

        self.used: set[tuple[str, ...]] = set()
        """Paths of the entries that were found."""

    def find(self, *path: str) -> Any:
        """Return the entry at `path`, or an empty text and remember that it is missing."""
        entry = self.tables
        for key in path:
            if not isinstance(entry, dict) or key not in entry:
                self.missing[" ".join(path)] = None
                return ""
            entry = entry[key]
        self.used.add(path)
        return entry

    def section(self, project: str, name: str, field: str) -> str:
        """Return the description or comment of a designated section; a comment may be empty."""
        entry = self.find("sections", project, name)
        if field == "comment" and field not in (entry or {}):
            return ""
        return str(self.find("sections", project, name, field)) if entry else ""

    def project(self, project: str, status: str, edition: str, field: str) -> str:
        """Return the guidance or comment on a project; the first variant for the edition."""
        variants = self.find("projects", project, status)
        if not variants:
            return ""
        for number, variant in enumerate(variants):
            if edition in variant.get("only", [edition]):
                self.used.add(("projects", project, status, str(number)))
                return str(variant.get(field, ""))
        self.missing[f"projects {project} {status} {edition}"] = None
        return ""

    def mentioned(self, table: str, text: str) -> str:
        """Return the words of the first entry whose fragment occurs in `text`, or nothing."""
        for number, entry in enumerate(self.tables["flags"][table]):
            if entry["mentions"] in text:
                self.used.add(("flags", table, str(number)))
                return str(entry["words"])
        return ""

    def area(self, table: str, test: str) -> str:
        """Return what scs.json says of the longest prefix of a test's name."""
        parts = test.split(".")
        prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        found = next((name for name in prefixes if name in self.tables["scs"][table]), test)
        return str(self.find("scs", table, found))

    def refuse_missing(self) -> None:
        """Raise `InputError` that names everything that was asked for and not found."""
        if self.missing:
            raise InputError(
                f"No words of our own for: {', '.join(self.missing)}.",
                "Write them into guidelines/words/; the original's are not carried over.",
            )
