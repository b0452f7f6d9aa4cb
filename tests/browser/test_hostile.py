"""A run full of hostile text: nothing of it executes, loads or rearranges the page."""

import copy
from typing import Any

import pytest

from tests.browser.conftest import Open

pytestmark = pytest.mark.browser

JSON = dict[str, Any]
MARK = "window.defcheck_was_here = true"
HOSTILE = (
    f"</pre></script></style></title></svg>--><script>{MARK}</script>"
    f"<img src=x onerror='{MARK}'><svg onload='{MARK}'><iframe srcdoc='<script>parent.{MARK}"
    f"</script>'></iframe><a href='javascript:{MARK}'>a</a><style>*{{display:none}}</style>"
    f"<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>{{{{ 7 * 7 }}}}"
    f"<base href='http://127.0.0.1:9/'><link rel=stylesheet href='http://127.0.0.1:9/x.css'>"
    "\x1b[31mred\x1b]0;title\x07 \u202eevil\u202c \u2066hidden\u2069 \x00 \u200b & \"quoted\" 'x'"
)
KEPT = {"format", "verdict", "judgement", "judgements", "outcome", "match", "status", "state", "x"}
"""What is chosen from a few words by defcheck itself, or is compared."""


def poisoned(value: Any, key: str = "") -> Any:
    """Return a document with hostile text at the end of every text in it."""
    if isinstance(value, dict):
        return {name: poisoned(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [poisoned(one, key) for one in value]
    if isinstance(value, str) and key not in KEPT:
        return value + HOSTILE
    return value


@pytest.fixture
def hostile(varied: JSON) -> JSON:
    document = copy.deepcopy(varied)
    test = document["capabilities"][0]["tests"][0]
    test["calls"] = [{"status": 403, "method": "POST", "path": "/x", "request_id": "req-1"}]
    document["causes"][0] |= {"request": "POST /x", "request_ids": ["req-1"], "messages": ["m"]}
    document["run"] |= {
        "second_account": ["a"],
        "leftovers": {
            "at": "",
            "ours": [{"kind": "k", "id": "i", "name": "n", "project": "p", "why": "w"}],
            "unproven": [],
            "unseen": ["u"],
        },
        "foresight": {
            kind: {"foreseen": 1, "came_true": 0, "not_true": ["a"], "not_foreseen": ["b"]}
            for kind in ("skips", "fixture_errors")
        },
    }
    found: JSON = poisoned(document)
    found["policy"]["changes"] = []
    return found


def test_nothing_executes_and_nothing_is_asked_for(open_page: Open, hostile: JSON) -> None:
    opened = open_page(hostile)
    page = opened.page
    page.get_by_role("button", name="unfold all").click()
    for _ in range(3):
        page.keyboard.press("Tab")
    page.wait_for_timeout(300)
    assert page.evaluate("window.defcheck_was_here") is None
    assert page.locator("script").count() == page.locator("style").count() == 1
    assert page.locator("img, iframe, base, link, a[href^=javascript]").count() == 0
    assert page.locator("h1").is_visible()
    assert "7 * 7" in page.locator("body").inner_text()
    opened.quiet()


def test_no_escape_and_no_bidirectional_control_reaches_the_page(
    open_page: Open, hostile: JSON
) -> None:
    page = open_page(hostile).page
    text = page.evaluate("document.documentElement.outerHTML")
    for letter in "\x1b\x07\x00\u202e\u202c\u2066\u2069\u200b":
        assert letter not in text
    assert "evil" in text


def test_filter_and_search_work_among_hostile_names(open_page: Open, hostile: JSON) -> None:
    opened = open_page(hostile)
    opened.page.locator("#words").fill("test_put <script>")
    opened.page.locator("#shown", has_text="1 of 5 tests").wait_for()
    opened.page.locator(".map a").first.click()
    opened.quiet()


def test_megabytes_of_log_are_cut_with_a_note(open_page: Open, varied: JSON) -> None:
    test = varied["capabilities"][0]["tests"][0]
    test["details"] = "begin\n" + "x" * 4_000_000 + "\nthe end"
    test["reason"] = "y" * 1_000_000
    opened = open_page(varied)
    traceback = opened.page.locator("pre").first.text_content() or ""
    assert traceback.startswith("begin")
    assert traceback.endswith("the end")
    assert "characters omitted …" in traceback
    assert len(opened.page.content()) < 200_000
    opened.quiet()


def test_the_policy_of_the_page_stops_what_would_get_in(open_page: Open, varied: JSON) -> None:
    opened = open_page(varied)
    refused: list[tuple[str, str | None]] = []
    opened.page.on("requestfailed", lambda one: refused.append((one.url, one.failure)))
    opened.page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.got_in = true";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", "<p id=p style='color: red'>p</p>");
          document.body.insertAdjacentHTML("beforeend", "<img src='http://127.0.0.1:9/x.png'>");
        }"""
    )
    opened.page.wait_for_timeout(300)
    assert opened.page.evaluate("window.got_in") is None
    assert opened.page.evaluate("getComputedStyle(p).color") != "rgb(255, 0, 0)"
    assert sum("Content Security Policy" in said for said in opened.said) == 3
    assert refused == [("http://127.0.0.1:9/x.png", "csp")]
