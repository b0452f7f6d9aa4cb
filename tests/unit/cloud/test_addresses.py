"""Two spellings of Keystone's address are one cloud; two addresses are two."""

import pytest

from defcheck.cloud.connection import is_same_keystone

ONE = "https://cloud.example.org/identity/v3"


@pytest.mark.parametrize(
    "other",
    [
        "https://cloud.example.org:443/identity/v3",
        "https://CLOUD.example.ORG/identity/v3",
        "HTTPS://cloud.example.org/identity/v3",
        "https://cloud.example.org/identity/v3/",
        "https://cloud.example.org/identity/",
        "https://cloud.example.org/identity",
        "https://cloud.example.org/identity/v2.0",
        "https://user:pw@cloud.example.org/identity/v3",
        " https://cloud.example.org/identity/v3",
    ],
)
def test_another_spelling_is_the_same_keystone(other: str) -> None:
    assert is_same_keystone(ONE, other)
    assert is_same_keystone(other, ONE)


@pytest.mark.parametrize(
    "other",
    [
        "",
        "https://cloud.example.org:5000/identity/v3",
        "https://cloud.example.org:80/identity/v3",
        "http://cloud.example.org/identity/v3",
        "https://cloud.example.com/identity/v3",
        "https://cloud.example.org/other/v3",
        "https://cloud.example.org/Identity/v3",
        "https://cloud.example.org:port/identity/v3",
        "https://[::1/identity/v3",
        "cloud.example.org/identity/v3",
    ],
)
def test_another_address_is_another_keystone(other: str) -> None:
    assert not is_same_keystone(ONE, other)
    assert is_same_keystone(other, other)


def test_the_usual_port_of_http_is_80() -> None:
    assert is_same_keystone("http://[::1]/v3", "http://[::1]:80")
    assert not is_same_keystone("http://[::1]/v3", "http://[::1]:443")
