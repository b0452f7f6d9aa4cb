"""Values that are known to be secrets are found in every form, and common words are not."""

import base64
import json
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from defcheck.redaction.known_secrets import KnownSecrets, is_distinctive
from defcheck.redaction.redactor import Redactor

CANARY = "s3cr/et+\"q\\'<é&=ü 9"


@pytest.mark.parametrize(
    "written",
    [
        CANARY,
        quote(CANARY),
        quote(CANARY, safe=""),
        quote(CANARY, safe="").lower(),
        quote(quote(CANARY, safe=""), safe=""),
        quote_plus(CANARY),
        json.dumps(CANARY),
        json.dumps(CANARY, ensure_ascii=False),
        json.dumps(json.dumps(CANARY)),
        json.dumps(json.dumps(CANARY, ensure_ascii=False), ensure_ascii=False),
        repr(CANARY),
        repr(json.dumps(CANARY)),
        repr(CANARY.encode()),
        repr(json.dumps(CANARY).encode()),
        escape(CANARY),
        escape(CANARY, quote=False),
    ],
)
def test_every_way_of_writing_it(written: str) -> None:
    assert "3cr" not in Redactor([CANARY]).redact_text(f"before {written} after, said {written}")


@pytest.mark.parametrize("before", ["", "u:", "us:", "user:", "demo:"])
@pytest.mark.parametrize("after", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_it_is_found_in_base64(before: str, after: str, encode: object) -> None:
    assert callable(encode)
    coded = encode(f"{before}{CANARY}{after}".encode()).decode()
    assert Redactor([CANARY]).redact_text(f"({coded}) kept") == "(***) kept"


@pytest.mark.parametrize(
    ("value", "telling"),
    [
        ("admin", False),
        ("Password", False),
        ("secret", False),
        ("short", False),
        ("", False),
        ("demo", False),
        ("gocubsgo", False),
        ("20260101", False),
        ("hunter22", True),
        ("Tr0ub4", True),
        ("correcthorsebattery", True),
        ("a***b-c9", False),
    ],
)
def test_a_common_word_is_left_to_the_names(value: str, telling: bool) -> None:
    assert is_distinctive(value) is telling
    text = f"the user {value} of tempest"
    assert (Redactor([value]).redact_text(text) != text) is telling
    if value and "*" not in value:
        named = f"said {{'password': '{value}', 'user': 'x'}}"
        assert Redactor([value]).redact_text(named) == "said {'password': '***', 'user': 'x'}"


@given(st.text(min_size=6), st.text(), st.text())
def test_a_known_value_never_survives(value: str, before: str, after: str) -> None:
    if not is_distinctive(value):
        return
    redactor = Redactor([value])
    once = redactor.redact_text(f"{before}{value}{after}")
    assert value not in once
    assert redactor.redact_text(once) == once


def test_a_longer_value_goes_before_one_that_it_holds() -> None:
    assert (
        Redactor(["abc123xyz", "abc123xyz-more9"]).redact_text("is abc123xyz-more9.") == "is ***."
    )


def test_each_way_of_writing_it_is_the_same_for_a_plain_value() -> None:
    """So that many users cost no more time than they have passwords."""
    assert len(KnownSecrets(["Ab3-x_9zQ1"])._plain) == 1
