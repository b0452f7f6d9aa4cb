"""Guideline and target of a shared result are what RefStack's pages look for.

RefStack 2.1.0: the pages store the `name` of an entry of /v1/guidelines and the
key of a target; `get_guideline_list` (api/guidelines.py) gives an add-on the
name without its prefix, `platformsMap` there has the keys of targets.
"""

import pytest

from defcheck.errors import InputError
from defcheck.submission.refstack.result_fields import build_metadata


@pytest.mark.parametrize(
    ("guideline", "target", "stored"),
    [
        ("2020.06", "storage", {"guideline": "2020.06.json", "target": "object"}),
        ("2020.06.json", "object", {"guideline": "2020.06.json", "target": "object"}),
        ("2020.06", "platform", {"guideline": "2020.06.json", "target": "platform"}),
        ("2016.01", "Compute", {"guideline": "2016.01.json", "target": "compute"}),
        ("next", "", {"guideline": "next.json"}),
        ("Next.json", "", {"guideline": "next.json"}),
        ("dns.2020.06", "", {"guideline": "2020.06.json", "target": "dns"}),
        ("dns.next.json", "dns", {"guideline": "next.json", "target": "dns"}),
        ("2020.06", "orchestration", {"guideline": "2020.06.json", "target": "orchestration"}),
        ("2022.11", "Key-Manager", {"guideline": "2022.11.json", "target": "key_manager"}),
        ("dns.2022.11", "dns", {"guideline": "2022.11.json", "target": "dns"}),
        ("2022.11", "platform", {"guideline": "2022.11.json", "target": "platform"}),
        ("", "storage", {"target": "object"}),
        ("", "", {}),
    ],
)
def test_refstack_finds_what_is_stored(guideline: str, target: str, stored: dict[str, str]) -> None:
    assert build_metadata(guideline, target) == stored


@pytest.mark.parametrize(
    ("guideline", "target", "message"),
    [
        ("scs-0128", "", "RefStack has no guideline scs-0128"),
        ("nfv.next", "", "RefStack has no guideline nfv.next"),
        ("2020.06.yaml", "", "RefStack has no guideline 2020.06.yaml"),
        ("guidelines/2020.06.json", "", "RefStack has no guideline guidelines/2020.06.json"),
        ("2020", "", "RefStack has no guideline 2020"),
        ("2020.13", "", "RefStack has no guideline 2020.13"),
        ("2019.07", "", "There is no guideline 2019.07"),
        ("dns.2016.01", "", "There is no guideline dns.2016.01"),
        ("2016.01", "dns", "There is no guideline dns.2016.01"),
        ("2020.06", "scs-iaas", "RefStack has no target scs-iaas"),
        ("2020.06", "OpenStack Powered Storage", "RefStack has no target"),
        ("", "objects", "RefStack has no target objects"),
        ("dns.2020.06", "platform", "Guideline dns.2020.06 has no target platform"),
        ("dns.2020.06", "orchestration", "Guideline dns.2020.06 has no target orchestration"),
    ],
)
def test_what_refstack_would_not_find_is_refused(guideline: str, target: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        build_metadata(guideline, target)
    assert caught.value.advice
