"""Rewrite a published guideline: its facts as they stand, its sentences in our words."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from builder.files import Json
from builder.tables import Words
from defcheck.errors import InputError
from defcheck.guideline.fields import JsonFields, read_flag

MENDED = {"acheivements": "achievements", "descriptin": "description"}
"""Misspelt keys of published files; `required-since` is right in 1.x and wrong in 2.0."""

MAX_WORDS = 4
"""A text of more words than this is prose and never carried over."""

Change = Callable[[Any], Any]


class Rewriter:
    """Rewrite one published document; the methods mirror its parts."""

    def __init__(self, words: Words, where: str) -> None:
        self.words = words
        self.where = where
        self.edition = Path(where).stem
        self.schema_2 = False

    def document(self, original: Json) -> Json:
        """Return the whole document in our words, whichever schema it has."""
        self.schema_2 = "metadata" in original
        sections = self.sections_2 if self.schema_2 else self.sections_1
        return self.fields(
            original,
            "id schema reference source status replaces target_approval releases cutoff_score "
            "platform components",
            {
                "metadata": self.metadata,
                "platforms": self.targets,
                "add-ons": self.targets,
                "capabilities": self.capabilities,
                "criteria": self.criteria,
                "designated-sections": sections,
                "designated_sections": sections,
                "test-repositories": self.repositories,
                "test_repositories": self.repositories,
            },
        )

    def metadata(self, original: Json) -> Json:
        """Return the metadata of schema 2.0."""
        return self.fields(
            original,
            "id schema reference source os_trademark_approval",
            {"scoring": self.scoring},
        )

    def scoring(self, original: Json) -> Json:
        """Return the scoring of schema 2.0."""
        return self.fields(original, "cutoff_score", {"criteria": self.criteria})

    def criteria(self, original: Json) -> Json:
        """Return the scoring criteria; schema 1.x writes `Description`."""
        return self.described("criteria", original, "name weight")

    def targets(self, original: Json) -> Json:
        """Return the platforms or add-ons of schema 2.0."""
        return self.described("targets", original, "components required_platform_components")

    def repositories(self, original: Json) -> Json:
        """Return the repositories of the tests."""
        return self.described("repositories", original, "url git-sha repository reference")

    def described(self, table: str, original: Json, facts: str) -> Json:
        """Return an object whose values hold facts and a description of their name."""
        return self.each(
            original,
            facts,
            lambda name: dict.fromkeys(("description", "Description"), self.say(table, name)),
        )

    def capabilities(self, original: Json) -> Json:
        """Return the capabilities with their tests (1.2: with lists of test names)."""
        facts = "achievements admin project required_since required-since name status guidelines"
        listed = facts + " tests flagged"
        return {
            name: self.fields(
                body,
                listed if isinstance(body.get("tests"), list) else facts,
                {
                    "description": self.say("capabilities", name),
                    "tests": self.tests,
                },
            )
            for name, body in original.items()
        }

    def tests(self, original: Json) -> Json:
        """Return the tests of a capability of schema 1.3 or later."""
        return self.each(original, "idempotent_id aliases", lambda _: {"flagged": self.flag})

    def flag(self, original: Json) -> Json:
        """Return a flag: same code, date and references, reason and action in our words."""
        return self.fields(original, "date", {"reason": self.reason, "action": self.action})

    def reason(self, original: str) -> str:
        """Return a reason that `read_flag` reads the same facts from as from the original.

        The reason codes are those of the flagging rules in the HACKING.rst of
        openstack/interop; published reasons often lack them, and ours then do too.
        """
        flag = read_flag(JsonFields.from_document({"reason": original}, self.where))
        parts = [self.words.mentioned("details", original)]
        if flag.code:
            parts[:0] = [flag.code, str(self.words.find("flags", "codes", flag.code))]
        elif not parts[0]:
            self.words.missing[f"flags details for the reason {original!r}"] = None
        parts += [reference(text) for text in flag.references]
        return " ".join(filter(None, parts))

    def action(self, original: str) -> str:
        """Return what is to happen with the test."""
        words = self.words.mentioned("actions", original)
        if not words:
            self.words.missing[f"flags actions for {original!r}"] = None
        return words

    def sections_1(self, original: Json) -> Json:
        """Return the designated sections of schema 1.x: status, then project."""
        return {
            status: {name: self.project(name, status, body) for name, body in projects.items()}
            for status, projects in original.items()
        }

    def sections_2(self, original: Json) -> Json:
        """Return the designated sections of schema 2.0: project, then status."""
        return {
            name: {status: self.project(name, status, body) for status, body in statuses.items()}
            for name, statuses in original.items()
        }

    def project(self, project: str, status: str, original: Json) -> Json:
        """Return the designated sections of one project."""

        def say(field: str) -> Change:
            return lambda _: self.words.project(project, status, self.edition, field)

        return self.fields(
            original,
            "required",
            {
                "guidance": say("guidance"),
                "comment": say("comment"),
                "sections": lambda body: self.sections(project, body),
            },
        )

    def sections(self, project: str, original: Any) -> Any:
        """Return the sections of a project; early files have an empty list of them."""
        if isinstance(original, list):
            return self.fact("sections", original)

        def say(name: str, field: str) -> Change:
            return lambda _: self.words.section(project, name, field)

        return self.each(
            original,
            "designated",
            lambda name: {field: say(name, field) for field in ("description", "comment")},
        )

    def say(self, *path: str) -> Change:
        """Return a change into the words at `path`."""
        return lambda _: self.words.find(*path)

    def each(
        self, original: Json, facts: str, changes: Callable[[str], Mapping[str, Change]]
    ) -> Json:
        """Rewrite every value of an object of objects; `changes` gets the name of each."""
        return {name: self.fields(body, facts, changes(name)) for name, body in original.items()}

    def fields(self, original: Json, facts: str, changes: Mapping[str, Change]) -> Json:
        """Return the fields in their order: facts kept, the others changed, none unknown."""
        fields: Json = {}
        for misspelt, value in original.items():
            key = self.mended(misspelt)
            if key in fields:
                raise self.wrong(f"has the field {key} twice")
            if key in facts.split():
                fields[key] = self.fact(key, value)
            elif key in changes:
                fields[key] = changes[key](value)
            else:
                raise self.wrong(f"has the field {key}, which build.py does not know")
        return fields

    def mended(self, key: str) -> str:
        """Return a key in its right spelling for the schema."""
        if key == "required-since" and self.schema_2:
            return "required_since"
        return MENDED.get(key, key)

    def fact(self, key: str, value: Any) -> Any:
        """Return a fact as it stands, unless it turns out to be prose."""
        for text in texts(value):
            if len(text.split()) > MAX_WORDS:
                raise self.wrong(f"has prose in the field {key}: {text!r}")
        return value

    def wrong(self, problem: str) -> InputError:
        """Return the error for something unexpected in the original."""
        return InputError(f"{self.where} {problem}.", "Teach build.py what to do with it.")


def reference(text: str) -> str:
    """Return a reference so that `read_flag` finds it: a link, a commit or a bug number."""
    if text.startswith("http"):
        return f"See {text}"
    return f"Bug id {text}" if text.isdigit() else f"Commit {text}"


def texts(value: Any) -> Iterator[str]:
    """Yield every text inside decoded JSON, not the keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)
