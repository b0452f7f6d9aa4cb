"""The verdict as JUnit XML: a capability is a suite, and red exactly where the verdict is no pass.

Flagged tests, those of capabilities that are not required, and skips that the
policy allows are skipped, never failures. A counted test that failed is a
failure; one without a pass (skipped, not run, absent, cut off) is an error,
since a reader of JUnit would take a skip for harmless. The suite `verdict`
tells what no single test tells: damaged results, or nothing that passed.

Its schema is reports/schemas/junit-1.xsd.
"""

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from defcheck.report.clean import clean, clean_line
from defcheck.report.document import Document

_NO_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(document: Document) -> str:
    """Return the document."""
    title = f"{document['target']['title']}, guideline {document['guideline']['id']}"
    root = Element("testsuites", name=_line(title))
    _verdict_suite(root, document, title)
    for item in document["capabilities"]:
        if item["tests"]:
            _capability_suite(root, item)
    _count(root, list(root.iter("testcase")))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, "unicode")}\n'


def _verdict_suite(root: Element, document: Document, title: str) -> None:
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
    _properties(suite, facts)
    case = SubElement(suite, "testcase", classname="verdict", name=_line(title), time="0.000")
    told = [document["why"], *document["problems"], document["problems_advice"]]
    why = "\n".join(filter(None, told))
    if document["verdict"] == "fail":
        _say(case, "failure", "fail", document["why"], why)
    elif document["verdict"] == "incomplete":
        _say(case, "error", "incomplete", document["why"], why)
    _count(suite, [case])


def _capability_suite(root: Element, item: Document) -> None:
    suite = SubElement(root, "testsuite", name=_line(item["name"]))
    _properties(suite, {name: item[name] for name in ("status", "component", "judgement")})
    cases = [_case(suite, item, test) for test in item["tests"]]
    _count(suite, cases)


def _properties(suite: Element, facts: dict[str, str]) -> None:
    properties = SubElement(suite, "properties")
    for name, value in facts.items():
        SubElement(properties, "property", name=name, value=_line(value))


def _case(suite: Element, item: Document, test: Document) -> Element:
    head, bracket, rest = test["name"].partition("[")
    owner, _, method = head.rpartition(".")
    case = SubElement(
        suite,
        "testcase",
        classname=_line(owner),
        name=_line(f"{method}{bracket}{rest}"),
        time=f"{test['seconds'] or 0:.3f}",
    )
    said = f"{test['outcome']}: {test['reason']}" if test["reason"] else test["outcome"]
    if not test["counted"]:
        if test["outcome"] != "passed":
            _say(case, "skipped", "", f"{_why_not_counted(item, test)}; {said}")
    elif test["judgement"] == "fail":
        kind = "failure" if test["outcome"] == "failed" else "error"
        _say(case, kind, test["outcome"], said, test["details"])
    elif test["judgement"] == "incomplete":
        _say(case, "error", test["outcome"], said, test["details"])
    elif test["outcome"] != "passed":
        _say(case, "skipped", "", f"allowed by the policy; {said}")
    return case


def _why_not_counted(item: Document, test: Document) -> str:
    if test["flag"]:
        return f"flagged {test['flag']['code']}".strip()
    if test["local_flag"]:
        flag = test["local_flag"]
        return f"flagged locally until {flag['expires']} by {flag['approver']}: {flag['reason']}"
    return f"the capability is {item['status']}"


def _say(case: Element, tag: str, kind: str, message: str, text: str = "") -> None:
    found = SubElement(case, tag, message=_line(message))
    if kind:
        found.set("type", kind)
    if text:
        found.text = _NO_XML.sub("", clean(text))


def _count(element: Element, cases: list[Element]) -> None:
    element.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(case.find(tag) is not None for case in cases)))
    element.set("time", f"{sum(float(case.get('time', 0)) for case in cases):.3f}")


def _line(text: str) -> str:
    return _NO_XML.sub("", clean_line(text, 1000))
