"""Forms of any content: told in words, never with a traceback."""

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from defcheck.errors import InputError
from defcheck.submission.package import forms, model
from defcheck.submission.package.model import PackageFindingKind
from tests.properties import scale_examples
from tests.unit.submission.package.runs import Files

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8))
WORDS = st.sampled_from(
    ["format", "run", "projects", "sections", "flags", "test", "request", "code", "apis", "subject"]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(WORDS, SCALARS), inner, max_size=4),
    ),
    max_leaves=8,
)


@given(value=VALUES, name=st.sampled_from(model.FORMS))
def test_any_value_is_looked_at(failing: Files, scs: Files, value: Any, name: str) -> None:
    files = scs if name == model.SCS_REPORT else failing
    try:
        filled = forms.read_form(name, yaml.safe_dump(value).encode())
    except InputError:
        return
    blank = forms.read_form(name, files[name])
    remarks = [*forms.validate_form(name, filled), *forms.compare_with_blank(name, blank, filled)]
    assert {one.kind for one in remarks} & {PackageFindingKind.OPEN, PackageFindingKind.WRONG}
    assert all("\n" not in one.text for one in remarks)


@settings(max_examples=scale_examples(50))
@given(data=st.data())
def test_a_value_anywhere_in_a_form_is_looked_at(failing: Files, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([one for one in model.FORMS if one in failing]))
    blank = forms.read_form(name, failing[name])
    filled = forms.read_form(name, failing[name])
    place: Any = filled
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(list(keys)))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(VALUES)
            break
        place = place[key]
    remarks = [*forms.validate_form(name, filled), *forms.compare_with_blank(name, blank, filled)]
    # One form asks one question alone, and that may be answered.
    answered = name == model.PROPERTIES and filled["additional_properties"] is False
    assert remarks or answered
    assert all("\n" not in one.text for one in remarks)


@pytest.mark.parametrize(
    "text",
    [
        "a: 0x" + "f" * 5000,
        "a: " + "9" * 5000,
        "? [a]\n: 1",
        "a: !!python/name:os.system",
        "a: [\n",
    ],
)
def test_form_that_is_not_yaml_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"system.yaml is not valid YAML"):
        forms.read_form(model.SYSTEM, text.encode())


def test_a_form_of_many_bytes_is_not_read() -> None:
    with pytest.raises(InputError, match="larger than 8 MiB"):
        forms.read_form(model.SYSTEM, b"#" * (forms.MAX_FORM_BYTES + 1))


def test_days_stay_as_they_were_written() -> None:
    assert forms.read_form(model.FLAGS, b"date: 2026-02-31\nat: 2026-01-01 12:00:00") == {
        "date": "2026-02-31",
        "at": "2026-01-01 12:00:00",
    }
