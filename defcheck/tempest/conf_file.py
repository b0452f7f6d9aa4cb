"""Read and write tempest.conf by the rules of oslo.config, with which Tempest reads it.

A value here is what Tempest gets: without the quotes around it, with `$option`
replaced and `$$` unescaped.
"""

import copy
import io
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oslo_config import iniparser

from defcheck.errors import InputError

if TYPE_CHECKING:
    from oslo_config.cfg import ConfigOpts

Sections = dict[str, dict[str, str]]
"""Values by section and option."""

ReadSections = Mapping[str, Mapping[str, str]]

DEFAULT_SECTION = "DEFAULT"
"""The section of options without a group, the only one whose name is case-sensitive."""

TRUE_WORDS = ("true", "1", "on", "yes")
"""What oslo.config accepts as true, ignoring case."""

OPTION_LISTS = ("tempest.config", "oslo.log", "oslo.concurrency")
"""Entry points of `oslo.config.opts` that list the options of a tempest.conf."""


def is_true(value: str) -> bool:
    """Return whether Tempest reads the value of a boolean option as true."""
    return value.lower() in TRUE_WORDS


def normalize_section(name: str) -> str:
    """Return a section's name as oslo.config compares it."""
    return name if name == DEFAULT_SECTION else name.lower()


def parse_conf(text: str, name: str = "tempest.conf") -> Sections:
    """Return the values in the text of a tempest.conf that errors call `name`.

    Raises `InputError` if oslo.config cannot read it; the message quotes no
    line, since it may contain a password.
    """
    return _substitute_options(_parse_lines(_split_lines(text), name).sections, name)


def render_conf(
    sections: ReadSections, comments: ReadSections | None = None, template: str = ""
) -> str:
    """Return the text of a tempest.conf in which Tempest finds exactly these values.

    `comments` go above their options. The lines of `template`, the text of a file,
    stay unchanged if their values do.

    Raises `InputError` for a value that oslo.config would not read back.
    """
    text = _edit_template(template, sections, comments or {}, rewritten=[])
    if template:
        # A line of it may refer by $ to an option whose value changed.
        differing = _find_differing(text, sections)
        text = _edit_template(template, sections, comments or {}, rewritten=differing)
    return text


def find_overriding_folders() -> list[Path]:
    """Return the folders whose files Tempest reads last, so that they override tempest.conf."""
    from oslo_config import cfg

    folders = map(Path, cfg.find_config_dirs("tempest"))
    return [folder for folder in folders if any(folder.glob("*.conf"))]


def _edit_template(
    template: str,
    sections: ReadSections,
    comments: ReadSections,
    rewritten: Collection[tuple[str, str]],
) -> str:
    """Return the template with these values; always rewrite the lines of `rewritten` options."""
    lines = _split_lines(template)
    parser = _parse_lines(lines, "The template")
    known = _substitute_options(parser.sections, "The template")
    edits: list[tuple[slice, list[str]]] = []
    for (section, key), places in parser.places.items():
        value = sections.get(section, {}).get(key)
        if value != known[section][key] or (section, key) in rewritten:
            changed = {} if value is None else {key: value}
            edits += [(place, []) for place in places[:-1]]
            edits.append((places[-1], _render_options(section, changed, comments)))
    appended = []
    for section, options in sections.items():
        new = {key: value for key, value in options.items() if key not in known.get(section, {})}
        added = _render_options(section, new, comments)
        if section in parser.ends:
            edits.append((slice(parser.ends[section], parser.ends[section]), added))
        else:
            appended += [f"[{section}]", *added, ""]
    for place, new_lines in sorted(edits, key=lambda edit: edit[0].start, reverse=True):
        lines[place] = new_lines
    if appended and lines and lines[-1]:
        lines.append("")
    return "".join(f"{line}\n" for line in (*lines, *appended))


def _render_options(section: str, options: Mapping[str, str], comments: ReadSections) -> list[str]:
    lines = []
    for key, value in options.items():
        comment = comments.get(section, {}).get(key)
        if comment:
            lines.append(f"# {comment}")
        lines.append(_render_option(section, key, value))
    return lines


def _render_option(section: str, key: str, value: str) -> str:
    """Return the lines of an option; raise `InputError` if the value cannot be written."""
    text = f"{key} = {_escape_value(value)}".rstrip(" ")
    try:
        read = parse_conf(f"[{section}]\n{text}\n".encode(errors="replace").decode())
    except InputError:
        read = {}
    if read != {section: {key: value}}:
        raise InputError(
            f"The value of [{section}] {key} cannot be written into a tempest.conf: it contains a "
            "line break, or is not UTF-8.",
            "Change it where it comes from: clouds.yaml, --set, a file or the cloud.",
        )
    return text


def _escape_value(value: str) -> str:
    """Return a value escaped so that oslo.config reads it back unchanged."""
    # oslo.config reads \$ like $$, so a $ after a backslash needs a second backslash.
    first, *more = value.replace("$", "$$").replace(r"\$$", r"\\$").split("\n")
    if first != first.strip() or (first and first[0] == first[-1] and first[0] in "\"'"):
        first = f'"{first}"'
    return "\n\t".join([first, *more])


def _find_differing(text: str, sections: ReadSections) -> list[tuple[str, str]]:
    """Return the options that Tempest would read differently from a text than from `sections`."""
    read = parse_conf(text)
    return [
        (section, key)
        for section, options in sections.items()
        for key, value in options.items()
        if read.get(section, {}).get(key) != value
    ]


def _split_lines(text: str) -> list[str]:
    """Return the lines of a text as `open` yields them, without their ends."""
    return [line.removesuffix("\n") for line in io.StringIO(text, newline=None)]


class _Parser(iniparser.BaseParser):
    """Collects values as they are written, without quotes, and their line numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: Sections = {}
        self.places: dict[tuple[str, str], list[slice]] = {}
        """The line ranges of each option, one for each time that it is set."""

        self.ends: dict[str, int] = {}
        """The line after the last option of each section."""

        self._section = ""

    def new_section(self, section: str) -> None:
        self._section = normalize_section(section)
        self.sections.setdefault(self._section, {})
        self.ends[self._section] = self.lineno

    def assignment(self, key: str, value: list[str]) -> None:
        """Store the lines of an option's value; the parser already reads the line after them."""
        if not self._section:
            raise self.parse_exc("an option before the first section", self.lineno - 1, "")
        self.sections[self._section][key] = "\n".join(value)
        end = self.lineno - 1
        self.places.setdefault((self._section, key), []).append(slice(end - len(value), end))
        self.ends[self._section] = end


def _parse_lines(lines: Sequence[str], name: str) -> _Parser:
    parser = _Parser()
    try:
        parser.parse([*lines, ""])
    except iniparser.ParseError as error:
        raise InputError(
            f"{name} is not a tempest.conf: line {error.lineno} cannot be read "
            f"({error.msg[:1].lower()}{error.msg[1:]}).",
            "Fix the line.",
        ) from None
    return parser


def _substitute_options(sections: Sections, name: str) -> Sections:
    """Return the sections with `$option` replaced, and `$$` and a `$` after a backslash by `$`.

    oslo.config itself does it: each value is substituted through an extra, registered option.
    """
    dollars = [
        (section, key, value)
        for section, options in sections.items()
        for key, value in options.items()
        if "$" in value
    ]
    if not dollars:
        return sections
    from oslo_config import cfg

    referring = any(_has_reference(value) for _, _, value in dollars)
    conf = _register_options(sections) if referring else cfg.ConfigOpts()
    found = {section: dict(options) for section, options in sections.items()}
    for number, (section, key, value) in enumerate(dollars):
        stand_in = f"defcheck_{number}"
        group = None if section == DEFAULT_SECTION else section
        conf.register_opt(cfg.StrOpt(stand_in, default=value), group)
        try:
            found[section][key] = conf[group][stand_in] if group else conf[stand_in]
        except (cfg.Error, ValueError, RecursionError):
            raise InputError(
                f"{name}: the $ in [{section}] {key} does not refer to an option of Tempest.",
                "Write $$ for a dollar sign; oslo.config replaces $name with that option.",
            ) from None
    return found


def _has_reference(value: str) -> bool:
    """Return whether a value has a `$` that refers to an option."""
    from oslo_config import cfg

    return bool(cfg.ConfigOpts.Template(value.replace(r"\$", "$$")).get_identifiers())


def _register_options(sections: Sections) -> "ConfigOpts":
    """Return an oslo.config with Tempest's options, set to the values of `sections`."""
    from oslo_config import cfg

    conf = cfg.ConfigOpts()
    for group, option in _list_options():
        own = copy.copy(option)
        value = sections.get(group or DEFAULT_SECTION, {}).get(option.dest)
        if value is not None:
            own.default = [value] if option.multi else value
        with suppress(cfg.DuplicateOptError):
            conf.register_opt(own, group)
    for section, options in sections.items():
        for key, value in options.items():
            # A plugin's option, or a name that oslo.config does not accept.
            with suppress(cfg.DuplicateOptError, ValueError):
                group = None if section == DEFAULT_SECTION else section
                conf.register_opt(cfg.StrOpt(key, dest=key, default=value), group)
    return conf


def _list_options() -> Iterator[tuple[str | None, Any]]:
    """Yield the options of the installed Tempest and its plugins, each with its section."""
    for library in OPTION_LISTS:
        for entry in entry_points(group="oslo.config.opts", name=library):
            with warnings.catch_warnings():  # Tempest imports modules that it deprecated itself
                warnings.simplefilter("ignore")
                lists = entry.load()()
            for group, options in lists:
                for option in options:
                    yield getattr(group, "name", group), option
