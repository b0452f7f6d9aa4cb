"""The services' configuration files, made from the templates beside this module."""

from pathlib import Path

import jinja2

from defcheck.lab.files import write_private

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("defcheck.lab"),
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # noqa: S701 - configuration files are not HTML
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write(template: str, path: Path, **values: object) -> None:
    """Write the configuration file `path`, readable by its owner only.

    Raise jinja2.UndefinedError if the template names a value that is not given.
    """
    write_private(path, render(template, **values))


def render(template: str, **values: object) -> str:
    """Return what a template makes of the values; raise as `write` does."""
    return _TEMPLATES.get_template(template).render(values)
