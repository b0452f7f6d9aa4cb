"""Each option of tempest.conf that discovery writes, by where its value can come from.

The table in docs/reference/tempest-conf.md is held against surveys that cover
every branch: everything announced, nothing to be seen, and all between.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from defcheck.cloud.accounts.credentials import TempestCredentials
from defcheck.cloud.config_builder.builder import build_values
from defcheck.cloud.config_builder.probes import NO_PROBES, ProbeResults
from defcheck.cloud.config_builder.values import OptionValue, ValueOrigin
from defcheck.cloud.discovery.model import (
    CloudDiscovery,
    CloudImage,
    CloudNetwork,
    Flavor,
    Unavailable,
    VolumeBackend,
    VolumeType,
)
from defcheck.cloud.endpoint_filter import SERVICE_SECTIONS, EndpointFilter
from tests.unit.cloud.preflight import clouds

PAGE = Path(__file__).resolve().parents[3] / "docs/reference/tempest-conf.md"
ROW = re.compile(r"\| `([\w-]+\.[\w.-]+)` \| ([\w, ]+) \|")

HIDDEN = Unavailable("this account is not permitted to see it (HTTP 403)", refused=True, status=403)
EMPTY: tuple[object, ...] = (HIDDEN, (), {})
PARTS = ("compute", "image", "network", "volume", "object_storage")

LOGIN = {
    "use_dynamic_credentials": "true",
    "create_isolated_networks": "true",
    "admin_username": "a",
    "admin_password": "b",
    "admin_project_name": "c",
    "admin_domain_name": "d",
    "admin_user_domain_name": "d",
    "admin_project_domain_name": "d",
    "tempest_roles": "member",
    "default_credentials_domain_name": "d",
}
FILE = {
    "use_dynamic_credentials": "false",
    "test_accounts_file": "/accounts.yaml",
    "create_isolated_networks": "false",
}
ALONE = {"use_dynamic_credentials": "false", "create_isolated_networks": "false"}
USERS = (
    TempestCredentials("dynamic", LOGIN, "member"),
    TempestCredentials("dynamic", LOGIN, "swiftoperator"),
    TempestCredentials("accounts", FILE, "member"),
    TempestCredentials("single account", ALONE, "member"),
)
PROBED = ProbeResults(enforcement=False, digest="sha1", reseller_role="admin")


def announcing() -> CloudDiscovery:
    """Return a cloud that announces everything, to an administrator."""
    survey = clouds.survey(
        compute={"hosts": 1, "zones": ("a", "b")},
        image={
            "images": (CloudImage("i", "cirros", 1, 0, 0, "qcow2", "bare", "public", False),),
            "import_methods": ("glance-direct",),
            "formats": {"disk_format": ("raw",), "container_format": ("bare",)},
        },
        network={
            "networks": (
                CloudNetwork("n1", "public", True, False, False, True, ("s",)),
                CloudNetwork("n2", "all", False, True, False, True, ("s",)),
            )
        },
        volume={
            "types": (VolumeType("t", "multi", True, True, "b", True),),
            "zones": ("b", "c"),
            "extensions": ("backups",),
            "backends": (VolumeBackend("h@b#p", "b", "ceph", "v"),),
            "services": ("cinder-backup",),
        },
        object_storage={
            "info": {
                "versioned_writes": {},
                "container_sync": {"realms": {}},
                "tempurl": {"allowed_digests": ["sha256"]},
            }
        },
    )
    newest = tuple(
        replace(one, versions=tuple(replace(v, max_microversion="3.9") for v in one.versions))
        if isinstance(one.versions, tuple)
        else one
        for one in survey.endpoints
    )
    return replace(survey, endpoints=newest)


def variants(survey: CloudDiscovery) -> Iterator[CloudDiscovery]:
    """Yield the cloud, and it with each thing hidden, empty or strange."""
    yield survey
    yield replace(survey, region="")
    yield replace(
        survey, endpoints=tuple(replace(one, versions=HIDDEN) for one in survey.endpoints)
    )
    inside = tuple(
        replace(one, entry=replace(one.entry, interface="internal")) for one in survey.endpoints
    )
    elsewhere = EndpointFilter(("internal",), "elsewhere")
    yield replace(
        survey,
        endpoints=inside,
        endpoint_filter=EndpointFilter(services=dict.fromkeys(SERVICE_SECTIONS, elsewhere)),
    )
    for part in PARTS:
        seen = getattr(survey, part)
        for field in fields(seen):
            for other in EMPTY:
                if type(other) in (type(getattr(seen, field.name)), Unavailable):
                    yield replace(survey, **{part: replace(seen, **{field.name: other})})
    assert survey.compute is not None
    assert survey.object_storage is not None
    yield replace(survey, compute=replace(survey.compute, hosts=2))
    yield replace(
        survey, compute=replace(survey.compute, flavors=(Flavor("f", "f", 1, 1, 1, True),))
    )
    for info in (Unavailable("HTTP 404", status=404), {"tempurl": {"allowed_digests": ["md5"]}}):
        yield replace(survey, object_storage=replace(survey.object_storage, info=info))


@cache
def written() -> dict[str, set[OptionValue]]:
    """Return all values that discovery writes for each option."""
    found: dict[str, set[OptionValue]] = {}
    for survey, users, probes in product(variants(announcing()), USERS, (NO_PROBES, PROBED)):
        sections = build_values(survey, users, cacert="ca.pem", verify=False, probes=probes)
        for section, options in sections.items():
            for name, value in options.items():
                found.setdefault(f"{section}.{name}", set()).add(value)
    return found


def test_the_table_of_the_documentation_has_each_option_with_its_origins() -> None:
    table = {
        name: frozenset(origins.split(", ")) for name, origins in ROW.findall(PAGE.read_text())
    }
    code = {
        name: frozenset(value.origin.value for value in values)
        for name, values in written().items()
    }
    assert table == code


def test_every_origin_is_used() -> None:
    assert {value.origin for values in written().values() for value in values} == set(ValueOrigin)


DEFAULTS = """
import json
from tempest import config
print(json.dumps({
    f'{getattr(group, "name", group)}.{one.dest}': one.default
    for group, options in config.list_opts() for one in options
}, default=str))
"""


@pytest.fixture(scope="module")
def defaults() -> dict[str, Any]:
    """Return Tempest's own default of each option."""
    listed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DEFAULTS],
        capture_output=True,
        check=True,
        timeout=60,
    )
    found: dict[str, Any] = json.loads(listed.stdout)
    return found


def as_text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_a_default_is_tempest_s_own(defaults: dict[str, Any]) -> None:
    for name, values in written().items():
        for value in values:
            if value.origin is ValueOrigin.DEFAULT:
                assert value.text == as_text(defaults[name]), name


def test_a_guess_is_not_tempest_s_own(defaults: dict[str, Any]) -> None:
    for name, values in written().items():
        for value in values:
            if value.origin is ValueOrigin.GUESSED:
                assert value.text != as_text(defaults[name]), name


def test_no_feature_is_switched_off_that_the_cloud_did_not_deny(defaults: dict[str, Any]) -> None:
    """The absence of an announcement is not the absence of the feature."""
    off = {
        name
        for name, values in written().items()
        for value in values
        if "-feature-enabled." in name
        and value.text == "false"
        and value.origin not in (ValueOrigin.ANNOUNCED, ValueOrigin.PROBED)
    }
    # Tempest's own, which needs more than a cloud shows: consoles, other backends, host paths.
    own = {name for name in off if defaults[name] is False}
    # Gone from Keystone since 2018.
    assert off - own == {"identity-feature-enabled.api_v2_admin"}
