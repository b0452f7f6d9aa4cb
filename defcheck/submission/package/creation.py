"""Create the files of a submission package, with the forms still empty."""

import json
import textwrap
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment

from defcheck.guideline.models import FLAG_CODES
from defcheck.report.formats import html
from defcheck.report.templates import create_environment
from defcheck.report.verdict_summary import describe_cause, describe_outcomes, list_allowed_skips
from defcheck.submission.package import model, scs_report
from defcheck.submission.package.model import PackageFacts
from defcheck.util.text import clean_line

LINE_WIDTH = 100


def create_package_files(facts: PackageFacts, bundle: bytes) -> dict[str, bytes]:
    """Return every file of the package; the same run gives the same bytes."""
    texts = {name: render_blank_form(name, facts) for name in list_forms(facts)}
    texts[model.REPORT] = html.render_verdict_html(facts.document, facts.label)
    words = {
        name: model.FILE_DESCRIPTIONS[name] for name in model.FILE_DESCRIPTIONS if name in texts
    }
    words = {model.BUNDLE: model.FILE_DESCRIPTIONS[model.BUNDLE], **words}
    texts[model.README] = _render_template("package-readme.txt", facts, {"files": words})
    return {model.BUNDLE: bundle} | {name: text.encode() for name, text in texts.items()}


def list_forms(facts: PackageFacts) -> tuple[str, ...]:
    """Return the names of the forms that a run needs."""
    if facts.is_scs:
        return (model.SYSTEM, model.SCS_REPORT)
    asked = {
        model.SYSTEM: True,
        model.SECTIONS: bool(facts.sections),
        model.PROPERTIES: True,
        model.FLAGS: bool(facts.unpassed_tests),
    }
    return tuple(name for name, needed in asked.items() if needed)


def render_blank_form(name: str, facts: PackageFacts) -> str:
    """Return an empty form."""
    more = scs_report.split_report(facts) if name == model.SCS_REPORT else {}
    return _render_template(f"package-{name}", facts, {"file": name, **more})


def _render_template(template: str, facts: PackageFacts, more: Mapping[str, Any]) -> str:
    text = (
        _make_environment()
        .get_template(template)
        .render(
            doc=facts.document,
            run=facts.document["run"],
            label=textwrap.fill(facts.label, LINE_WIDTH - 2).replace(
                "\n", _label_separator(template)
            ),
            projects=facts.projects,
            sections=facts.sections,
            compute_rule=facts.compute_rule,
            over_properties=facts.additional_property_failures,
            without_pass=facts.unpassed_tests,
            allowed=list_allowed_skips(facts.document),
            outcomes=describe_outcomes,
            said=describe_cause,
            codes=FLAG_CODES,
            **more,
        )
    )
    return text.rstrip("\n") + "\n"


@cache
def _make_environment() -> Environment:
    found = create_environment(html=False)
    found.filters.update(quoted=quote_yaml, comment=render_comment, comments=wrap_comment)
    return found


def _label_separator(template: str) -> str:
    """Return the separator of the lines of a label."""
    return "\n# " if template.endswith(".yaml") else "\n"


def quote_yaml(value: object) -> str:
    """Return a text as a quoted YAML string."""
    return json.dumps(str(value), ensure_ascii=False)


def render_comment(text: object) -> str:
    """Return a text on one line, safe in a comment."""
    return clean_line(str(text))


def wrap_comment(text: object, columns: int) -> str:
    """Return a text as comment lines, indented by `columns`."""
    lead = " " * columns + "# "
    lines = textwrap.wrap(
        clean_line(str(text), 2000), LINE_WIDTH - len(lead), break_on_hyphens=False
    )
    return "\n".join(lead + line for line in lines)
