"""The verdict as JUnit XML, by reports/schemas/junit-1.xsd: a capability is a suite."""

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from defcheck.report.models.verdict_report import Document
from defcheck.util.text import clean_line, clean_text

_NO_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_verdict_junit(document: Document) -> str:
    """Return the document."""
    title = f"{document['target']['title']}, guideline {document['guideline']['id']}"
    root = Element("testsuites", name=_xml_line(title))
    _add_verdict_suite(root, document, title)
    for item in document["capabilities"]:
        if item["tests"]:
            _add_capability_suite(root, item)
    _set_counts(root, list(root.iter("testcase")))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, "unicode")}\n'


def _add_verdict_suite(root: Element, document: Document, title: str) -> None:
    suite = SubElement(root, "testsuite", name="verdict")
    overlay = document["overlay"]
    moved = overlay is not None and overlay["verdict_without"] != document["verdict"]
    facts = {
        "verdict": document["verdict"] + " with local flags" * moved,
        "why": document["why"],
        "rule": document["policy"]["rule"],
    }
    if overlay:
        facts["overlay"] = overlay["source"]
    _add_properties(suite, facts)
    case = SubElement(suite, "testcase", classname="verdict", name=_xml_line(title), time="0.000")
    told = [document["why"], *document["problems"], document["problems_advice"]]
    why = "\n".join(filter(None, told))
    if document["verdict"] == "fail":
        _add_message(case, "failure", "fail", document["why"], why)
    elif document["verdict"] == "incomplete":
        _add_message(case, "error", "incomplete", document["why"], why)
    _set_counts(suite, [case])


def _add_capability_suite(root: Element, item: Document) -> None:
    suite = SubElement(root, "testsuite", name=_xml_line(item["name"]))
    _add_properties(suite, {name: item[name] for name in ("status", "component", "judgement")})
    cases = [_add_case(suite, item, test) for test in item["tests"]]
    _set_counts(suite, cases)


def _add_properties(suite: Element, facts: dict[str, str]) -> None:
    properties = SubElement(suite, "properties")
    for name, value in facts.items():
        SubElement(properties, "property", name=name, value=_xml_line(value))


def _add_case(suite: Element, item: Document, test: Document) -> Element:
    head, bracket, rest = test["name"].partition("[")
    owner, _, method = head.rpartition(".")
    case = SubElement(
        suite,
        "testcase",
        classname=_xml_line(owner),
        name=_xml_line(f"{method}{bracket}{rest}"),
        time=f"{test['seconds'] or 0:.3f}",
    )
    said = f"{test['outcome']}: {test['reason']}" if test["reason"] else test["outcome"]
    if not test["counted"]:
        if test["outcome"] != "passed":
            _add_message(case, "skipped", "", f"{_explain_not_counted(item, test)}; {said}")
    elif test["judgement"] == "fail":
        kind = "failure" if test["outcome"] == "failed" else "error"
        _add_message(case, kind, test["outcome"], said, test["details"])
    elif test["judgement"] == "incomplete":
        _add_message(case, "error", test["outcome"], said, test["details"])
    elif test["outcome"] != "passed":
        _add_message(case, "skipped", "", f"allowed by the policy; {said}")
    return case


def _explain_not_counted(item: Document, test: Document) -> str:
    if test["flag"]:
        return f"flagged {test['flag']['code']}".strip()
    if test["local_flag"]:
        flag = test["local_flag"]
        return f"flagged locally until {flag['expires']} by {flag['approver']}: {flag['reason']}"
    return f"the capability is {item['status']}"


def _add_message(case: Element, tag: str, kind: str, message: str, text: str = "") -> None:
    found = SubElement(case, tag, message=_xml_line(message))
    if kind:
        found.set("type", kind)
    if text:
        found.text = _NO_XML.sub("", clean_text(text))


def _set_counts(element: Element, cases: list[Element]) -> None:
    element.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(case.find(tag) is not None for case in cases)))
    element.set("time", f"{sum(float(case.get('time', 0)) for case in cases):.3f}")


def _xml_line(text: str) -> str:
    return _NO_XML.sub("", clean_line(text, 1000))
