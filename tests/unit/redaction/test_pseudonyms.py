"""Addresses, hosts and names get others: the same for the same thing, and evidence stays."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from defcheck.redaction.pseudonyms import KINDS, Pseudonyms, iter_texts


def other(text: str, *kinds: str, clouds: tuple[str, ...] = ()) -> str:
    names = Pseudonyms(kinds or KINDS, clouds)
    names.learn_from(text.encode())
    return names.replace_in_text(text)


def test_the_same_thing_has_the_same_name_everywhere() -> None:
    names = Pseudonyms(KINDS)
    first = "GET https://api.cloud.internal:5000/v3 10.1.2.3 fd00:1::a"
    second = "https://swift.cloud.internal/v1 at 10.1.2.4, 10.1.2.3/24, api.cloud.internal"
    for text in (first, second):
        names.learn_from(text.encode())
    assert names.replace_in_text(first) == "GET https://host-1:5000/v3 address-1 address-2"
    assert names.replace_in_text(second) == "https://host-2/v1 at address-3, address-1/24, host-1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'fd00:0:0:1::a' [FD00:0:0:1::A]:80", "'address-1' [address-1]:80"),
        ("2001:db8:0:1:2:3:4:5 2001:db8::/32", "address-1 address-2/32"),
        ("http://user@controller:5000/ controller", "http://user@host-1:5000/ controller"),
        ("https://[2001:db8::5]:443/", "https://[address-1]:443/"),
        ("ip=10.0.0.1,10.0.0.2;\\n10.0.0.1", "ip=address-1,address-2;\\naddress-1"),
        ("ping 10.0.0.1.", "ping address-1."),
        ("Pool(host='nova.acme.internal', port=1): no nova.acme.internal",
         "Pool(host='host-1', port=1): no host-1"),
        ("Connection(host='controller', port=50): Failed to resolve 'controller' (of controller)",
         "Connection(host='host-1', port=50): Failed to resolve 'host-1' (of controller)"),
        ("http://controller/v3 no answer from controller:5000, a-controller:5000",
         "http://host-1/v3 no answer from host-1:5000, a-controller:5000"),
        ("Pool(host='127.0.0.1', port=1)", "Pool(host='127.0.0.1', port=1)"),
    ],
)  # fmt: skip
def test_addresses(text: str, expected: str) -> None:
    assert other(text, "addresses") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'project_name': 'Acme Corp', x", "'project_name': 'project-1', x"),
        ("project_name = Acme Corp\nof Acme Corp", "project_name = project-1\nof project-1"),
        ("username=jane.doe7 as jane.doe7", "username=user-1 as user-1"),
        ('{"project": {"domain": {"id": "d"}, "name": "acme-prod"}}',
         '{"project": {"domain": {"id": "d"}, "name": "project-1"}}'),
        ("admin_project_name = acme-prod\nadmin_domain_name = acme-net",
         "admin_project_name = project-1\nadmin_domain_name = domain-1"),
        ("tenant_name='acme-x' acme-x-y acme-x.z", "tenant_name='project-1' project-1-y acme-x.z"),
        ("project_name='compute' tempest.api.compute and compute",
         "project_name='project-1' tempest.api.compute and compute"),
        ("admin_username = acme\nadmin_project_name: acme\nacme = acme",
         "admin_username = user-1\nadmin_project_name: user-1\nacme = acme"),
        ("project_name=admin user_name: demo domain_name='Default'",
         "project_name=admin user_name: demo domain_name='Default'"),
        ("run 2026-mycloud-x of mycloud", "run 2026-cloud-1-x of cloud-1"),
        ("project_name='проект' in проект", "project_name='project-1' in project-1"),
        (r'''"project_name": "\u0434\u043e\u043c" in "дом" and \\u0434\\u043e\\u043c''',
         '"project_name": "project-1" in "project-1" and project-1'),
        (r'{"project": {"name": "a\ud83d\ude00b"}} a\ud83d\ude00b a😀b',
         '{"project": {"name": "project-1"}} project-1 project-1'),
    ],
)  # fmt: skip
def test_names(text: str, expected: str) -> None:
    assert other(text, "names", clouds=("mycloud",)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1 0.0.0.0 255.255.255.0 ::1 :: a[::2] http://127.0.0.1:5000/ http://localhost/",
        "version 2.47 and 1.2.3 of 47.0.0 v10.1.2.3 2020.06 OpenStack-API-Version: compute 2.1",
        "at 12:30:45,123 2026-11-22T15:05:21.896 fa:16:3e:3d:b0:fa",
        "aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99",
        "tempest.api.identity.v3.test_tokens.TokensV3Test.test_create_token[id-6f8e4436,smoke]",
        "req-70103bf3-5783-4037-8ab7-b110407c2d2e d83f6d6a-5f4c-4d2e-9b1a-0c1d2e3f4a5b",
        "https://docs.openstack.org/x https://bugs.launchpad.net/nova/+bug/1 http://host-1/",
        "project_name=tempest-ServersTest-12345 user_name=defcheck-1a2b",
    ],
)
def test_evidence_is_left_as_it_is(text: str) -> None:
    assert other(text) == text


def test_a_cloud_may_be_called_like_what_tests_make() -> None:
    text = "--cloud defcheck-lab 'cloud': 'defcheck-lab' defcheck-1a2b defcheck"
    expected = "--cloud cloud-1 'cloud': 'cloud-1' defcheck-1a2b defcheck"
    assert other(text, "names", clouds=("defcheck-lab",)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_redacting_one_kind_leaves_the_other(kind: str) -> None:
    text = "https://h.example.net/ 10.0.0.1 project_name=acme-prod"
    expected = {
        "addresses": "https://host-1/ address-1 project_name=acme-prod",
        "names": "https://host-1/ 10.0.0.1 project_name=project-1",
    }
    assert other(text, kind) == expected[kind]


def test_texts_of_a_document_come_with_their_keys() -> None:
    document = {"project_name": "acme", "more": [{"x": 1, "y": "z"}, "w"], "none": None}
    assert list(iter_texts(document)) == [b"project_name='acme'", b"y='z'", b"w"]


PIECES = st.sampled_from(
    ["10.0.0.1", "fd00::1", "http://h.example.net", "project_name=", "acme-1", "'", " ", ":", "."]
)


@example("fd00::1010.0.0.1")
@given(st.lists(PIECES | st.text(max_size=4)).map("".join))
def test_any_text_is_taken_and_stays_what_it_became(text: str) -> None:
    names = Pseudonyms(KINDS, ["mycloud"])
    names.learn_from(text.encode("utf-8", "surrogatepass"))
    once = names.replace_in_text(text)
    names.learn_from(once.encode("utf-8", "surrogatepass"))
    assert names.replace_in_text(once) == once
