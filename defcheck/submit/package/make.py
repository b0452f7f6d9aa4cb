"""The files of a package as defcheck makes them, the forms still empty."""

import json
import textwrap
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment

from defcheck.guideline.flagcodes import FLAG_CODES
from defcheck.report import html
from defcheck.report.clean import clean_line
from defcheck.report.grouping import allowed_skips, outcomes, said
from defcheck.report.pages import environment
from defcheck.submit.package import content, scs
from defcheck.submit.package.facts import Facts

WIDTH = 100


def make(facts: Facts, bundle: bytes) -> dict[str, bytes]:
    """Return every file of the package; the same run gives the same bytes."""
    texts = {name: blank(name, facts) for name in forms(facts)}
    texts[content.REPORT] = html.render(facts.document, facts.label)
    words = {name: content.WORDS[name] for name in content.WORDS if name in texts}
    words = {content.BUNDLE: content.WORDS[content.BUNDLE], **words}
    texts[content.README] = _render("package-readme.txt", facts, {"files": words})
    return {content.BUNDLE: bundle} | {name: text.encode() for name, text in texts.items()}


def forms(facts: Facts) -> tuple[str, ...]:
    """Return the names of the forms that are asked for a run."""
    if facts.scs:
        return (content.SYSTEM, content.SCS_REPORT)
    asked = {
        content.SYSTEM: True,
        content.SECTIONS: bool(facts.sections),
        content.PROPERTIES: True,
        content.FLAGS: bool(facts.without_pass),
    }
    return tuple(name for name, needed in asked.items() if needed)


def blank(name: str, facts: Facts) -> str:
    """Return a form that nobody has filled in yet."""
    more = scs.parts(facts) if name == content.SCS_REPORT else {}
    return _render(f"package-{name}", facts, {"file": name, **more})


def _render(template: str, facts: Facts, more: Mapping[str, Any]) -> str:
    text = (
        _environment()
        .get_template(template)
        .render(
            doc=facts.document,
            run=facts.document["run"],
            label=textwrap.fill(facts.label, WIDTH - 2).replace("\n", _between(template)),
            projects=facts.projects,
            sections=facts.sections,
            compute_rule=facts.compute_rule,
            over_properties=facts.over_properties,
            without_pass=facts.without_pass,
            allowed=allowed_skips(facts.document),
            outcomes=outcomes,
            said=said,
            codes=FLAG_CODES,
            **more,
        )
    )
    return text.rstrip("\n") + "\n"


@cache
def _environment() -> Environment:
    found = environment(html=False)
    found.filters.update(quoted=quoted, comment=comment, comments=comments)
    return found


def _between(template: str) -> str:
    """Return what stands between the lines of a label."""
    return "\n# " if template.endswith(".yaml") else "\n"


def quoted(value: object) -> str:
    """Return a text as YAML writes it between quotes."""
    return json.dumps(str(value), ensure_ascii=False)


def comment(text: object) -> str:
    """Return a text on one line, harmless in a comment."""
    return clean_line(str(text))


def comments(text: object, columns: int) -> str:
    """Return a text as lines of comment, so many columns to the right."""
    lead = " " * columns + "# "
    lines = textwrap.wrap(clean_line(str(text), 2000), WIDTH - len(lead), break_on_hyphens=False)
    return "\n".join(lead + line for line in lines)
