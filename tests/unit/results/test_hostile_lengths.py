"""Small files that once took minutes: no pattern looks at a text more than a few times."""

import pytest

from defcheck.errors import InputError
from defcheck.guideline.matching import parse_test_name, strip_scenario
from defcheck.results.loader import load_bytes
from defcheck.results.non_test_events import is_tempest_test_name
from defcheck.results.result_set import find_error_line
from tests.unit.results.streams import v2

LONG = 400_000


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "name", ["(" * LONG + "x", "tempest" * 60_000, "a." * LONG, "[" * LONG, "x (" * LONG + ")"]
)
def test_long_name_is_looked_at_in_bounded_time(name: str) -> None:
    assert strip_scenario(parse_test_name(name).name)
    assert not is_tempest_test_name(name)
    case = f'<testcase classname="a.b.C" name="{name}"><failure/></testcase>'
    listed = v2({"test_id": name[:60_000], "test_status": "exists"})
    for data in (f"<testsuite>{case}</testsuite>".encode(), listed):
        with pytest.raises(InputError, match="contains no test result"):
            load_bytes(data, "x")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        '  File "x", line 1, in f A' + "Error" * 40_000 + "!",
        'Traceback (most recent call last): File "x", line 1, in f ' + "aA" * 90_000,
        "E   \n" * 60_000 + "x",
        "Traceback (most recent call last):\n" + '  File "x", line 1, in f\n' * 9_000,
    ],
)
def test_long_traceback_is_looked_at_in_bounded_time(text: str) -> None:
    assert isinstance(find_error_line(text), str)
