"""tempest.conf from a survey: what is chosen, and where each value comes from.

The surveys are made here; real ones are in tests/e2e.
"""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from defcheck.cloud.accounts.credentials import TempestCredentials
from defcheck.cloud.catalogue import choose_endpoints, find_official_type
from defcheck.cloud.config_builder.builder import (
    ConfigurationRequest,
    build_configuration,
    build_values,
    find_gaps,
)
from defcheck.cloud.config_builder.probes import ProbeResults
from defcheck.cloud.config_builder.values import (
    UNANNOUNCED_ORIGINS,
    OptionValue,
    ValueOrigin,
    Values,
    extract_comments,
    extract_texts,
    load_template,
    merge_values,
    parse_settings,
)
from defcheck.cloud.connection import Cloud, PasswordLogin
from defcheck.cloud.discovery.model import (
    ApiVersion,
    CatalogueEntry,
    CloudDiscovery,
    CloudImage,
    CloudNetwork,
    ComputeFacts,
    EndpointFacts,
    Flavor,
    IdentityFacts,
    ImageFacts,
    NetworkFacts,
    ObjectStorageFacts,
    Unavailable,
    VolumeBackend,
    VolumeFacts,
    VolumeType,
)
from defcheck.cloud.endpoint_filter import EndpointFilter
from defcheck.cloud.tempest_conf import find_accounts_file
from defcheck.errors import InputError
from defcheck.redaction.redactor import PROCESS_SECRETS
from defcheck.tempest.conf_file import parse_conf, render_conf

UNAVAILABLE = Unavailable("it returned HTTP 503 to every attempt", no_answer=True, status=503)
REFUSED = Unavailable("this account is not permitted to see it (HTTP 403)", refused=True)
ACCOUNTS = TempestCredentials("accounts", {"use_dynamic_credentials": "false"}, "member")
ALONE = TempestCredentials("single account", {"use_dynamic_credentials": "false"}, "member")


def image(name: str, size: int = 100, **more: Any) -> CloudImage:
    facts: dict[str, Any] = {
        "min_disk": 0,
        "min_ram": 0,
        "disk_format": "qcow2",
        "container_format": "bare",
        "visibility": "public",
        "hidden": False,
        **more,
    }
    return CloudImage(id=f"id-{name}", name=name, size=size, **facts)


def flavor(name: str, ram: int = 64, disk: int = 1, *, public: bool = True) -> Flavor:
    return Flavor(id=f"id-{name}", name=name, ram=ram, disk=disk, vcpus=1, public=public)


def net(name: str, **more: Any) -> CloudNetwork:
    facts: dict[str, Any] = {
        "external": False,
        "shared": False,
        "own": False,
        "up": True,
        "subnets": ("s",),
        **more,
    }
    return CloudNetwork(id=f"id-{name}", name=name, **facts)


def endpoint(service: str, catalogue_type: str, highest: str = "") -> EndpointFacts:
    version = ApiVersion("3.0", "CURRENT", "3.0" if highest else "", highest)
    entry = CatalogueEntry(catalogue_type, service, "", "public", "R", f"http://x/{service}")
    return EndpointFacts(entry, 200, None, (version,))


ENDPOINTS = (
    endpoint("compute", "compute", "2.90"),
    endpoint("image", "image"),
    endpoint("network", "network"),
    endpoint("block-storage", "volumev3", "3.60"),
    endpoint("object-store", "object-store"),
)


@pytest.fixture
def survey() -> CloudDiscovery:
    """Return what a plain user sees of a whole cloud."""
    return CloudDiscovery(
        cloud="c",
        auth_url="http://keystone.example.org:5000/v3",
        region="R",
        identity=IdentityFacts(
            user_name="u",
            user_id="1",
            project_name="p",
            project_id="2",
            roles=("member",),
            expires=None,
            catalogue=tuple(one.entry for one in ENDPOINTS),
            skew=0.0,
        ),
        endpoints=ENDPOINTS,
        compute=ComputeFacts(
            flavors=(flavor("tiny"), flavor("small", 128)),
            limits={},
            defaults={},
            zones=("nova",),
            extensions=(),
            hosts=REFUSED,
        ),
        image=ImageFacts(
            images=(image("a", 100), image("b", 200)),
            import_methods=("glance-direct",),
            formats={"disk_format": ("raw", "qcow2", "ploop"), "container_format": ("bare",)},
        ),
        network=NetworkFacts(
            networks=(net("private", shared=True), net("public", external=True)),
            subnets=(),
            extensions=("router", "port-security"),
            quotas={},
            used={},
            defaults={},
            agents=(),
        ),
        volume=VolumeFacts(
            types=(),
            limits={},
            defaults={},
            zones=("nova",),
            extensions=("backups", "OS-SCH-HNT"),
            backends=REFUSED,
            services=REFUSED,
        ),
        object_storage=ObjectStorageFacts(
            info={
                "swift": {"version": "2"},
                "slo": {},
                "tempurl": {"allowed_digests": ["sha1", "sha512"]},
                "container_sync": {"realms": {}},
            },
            account={},
        ),
        seconds=0.1,
    )


def made(survey: CloudDiscovery, credentials: TempestCredentials = ACCOUNTS, **more: Any) -> Values:
    return build_values(survey, credentials, **more)


def with_images(survey: CloudDiscovery, *images: CloudImage) -> CloudDiscovery:
    assert survey.image is not None
    return replace(survey, image=replace(survey.image, images=images))


def with_flavors(survey: CloudDiscovery, *flavors: Flavor) -> CloudDiscovery:
    assert survey.compute is not None
    return replace(survey, compute=replace(survey.compute, flavors=flavors))


def with_nets(survey: CloudDiscovery, *nets: CloudNetwork) -> CloudDiscovery:
    assert survey.network is not None
    return replace(survey, network=replace(survey.network, networks=nets))


def test_every_value_says_where_it_comes_from(survey: CloudDiscovery) -> None:
    for options in made(survey).values():
        for value in options.values():
            assert value.reason
            assert value.comment.startswith(value.origin.value + ": ")
            assert "\n" not in value.comment


OPTIONS = """
import json
from tempest import config
print(json.dumps([
    [getattr(group, "name", group) or "DEFAULT", [one.dest for one in options]]
    for group, options in config.list_opts()
]))
"""


def test_every_option_is_one_of_tempest_s(survey: CloudDiscovery) -> None:
    listed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OPTIONS],
        capture_output=True,
        check=True,
        timeout=60,
    )
    known: dict[str, set[str]] = {}
    for section, options in json.loads(listed.stdout):
        known.setdefault(section, set()).update(options)
    # Those of plugins, and some of older Tempests.
    others = {"designate", "heat", "api_v2", "api_v2_admin"}
    for section, found in made(_as_administrator(survey)).items():
        assert section in known
        assert set(found) - known[section] <= others, section


def _as_administrator(survey: CloudDiscovery) -> CloudDiscovery:
    assert survey.volume is not None
    assert survey.compute is not None
    return replace(
        survey,
        compute=replace(survey.compute, hosts=3, zones=("a", "b")),
        volume=replace(
            survey.volume,
            zones=("b", "c"),
            backends=(
                VolumeBackend("h@b#p", "b", "ceph", "v"),
                VolumeBackend("h@a#p", "a", "nfs", "w"),
            ),
            services=("cinder-backup", "cinder-volume"),
            types=(VolumeType("1", "multi", True, True, "b", True),),
        ),
    )


def test_what_only_an_administrator_sees_is_discovered_by_one(survey: CloudDiscovery) -> None:
    found = extract_texts(made(_as_administrator(survey)))
    assert found["compute"]["min_compute_nodes"] == "3"
    assert found["compute"]["compute_volume_common_az"] == "b"
    assert found["volume"]["storage_protocol"] == "ceph"
    assert found["volume"]["backend_names"] == "a,b"
    assert found["volume"]["volume_type_multiattach"] == "multi"
    assert found["volume-feature-enabled"]["multi_backend"] == "true"
    assert found["volume-feature-enabled"]["backup"] == "true"
    assert found["compute-feature-enabled"]["volume_multiattach"] == "true"


def test_what_a_plain_user_cannot_see_is_a_default_that_says_so(survey: CloudDiscovery) -> None:
    found = made(survey)
    for section, option in (
        ("compute", "min_compute_nodes"),
        ("volume", "storage_protocol"),
        ("volume-feature-enabled", "backup"),
    ):
        value = found[section][option]
        assert value.origin is ValueOrigin.DEFAULT
        assert "this account is not permitted to see it (HTTP 403)" in value.reason


def test_the_smallest_images_that_all_testers_see(survey: CloudDiscovery) -> None:
    survey = with_images(
        survey,
        image("own", 1, visibility="private"),
        image("hidden", 2, hidden=True),
        image("tempest-image-1", 3),
        image("kernel", 4, disk_format="aki"),
        image("queued", 0),
        image("large", 900),
        image("small", 500),
    )
    chosen = extract_texts(made(survey))["compute"]
    assert (chosen["image_ref"], chosen["image_ref_alt"]) == ("id-small", "id-large")
    assert extract_texts(made(survey, ALONE))["compute"]["image_ref"] == "id-own"


def test_the_smallest_flavor_that_holds_the_images(survey: CloudDiscovery) -> None:
    survey = with_images(survey, image("a", 5 * 2**30, min_ram=100))
    survey = with_flavors(
        survey,
        flavor("diskless", 4096, 0),
        flavor("narrow", 4096, 4),
        flavor("poor", 64, 50),
        flavor("secret", 100, 5, public=False),
        flavor("right", 128, 10),
        flavor("shrunk", 256, 5),
        flavor("larger", 512, 10),
    )
    chosen = extract_texts(made(survey))["compute"]
    assert (chosen["flavor_ref"], chosen["flavor_ref_alt"]) == ("id-right", "id-larger")
    assert extract_texts(made(survey, ALONE))["compute"]["flavor_ref"] == "id-secret"


def test_one_flavor_and_one_image_stand_for_both(survey: CloudDiscovery) -> None:
    survey = with_flavors(with_images(survey, image("a")), flavor("tiny"))
    chosen = made(survey)["compute"]
    assert chosen["flavor_ref_alt"].text == "id-tiny"
    assert "a resize cannot work" in chosen["flavor_ref_alt"].reason
    assert "the only one" in chosen["image_ref_alt"].reason


def test_nothing_is_made_up_where_there_is_no_image_or_flavor(survey: CloudDiscovery) -> None:
    found = extract_texts(made(with_flavors(with_images(survey), flavor("diskless", 64, 0))))
    assert not {"image_ref", "flavor_ref"} & set(found["compute"])
    assert [words.split()[1] for words in find_gaps(found, ["nova"])] == ["image", "flavor"]
    assert find_gaps(found, ["swift"]) == []


def test_a_setting_fills_a_gap(survey: CloudDiscovery) -> None:
    values = parse_settings(["compute.image_ref=mine"])
    merge_values(values, made(with_images(survey)))
    assert find_gaps(extract_texts(values), ["nova"]) == []


def test_a_network_for_servers_that_tempest_can_name(survey: CloudDiscovery) -> None:
    survey = with_nets(
        survey,
        net("twice", shared=True),
        net("twice", shared=True),
        net("down", shared=True, up=False),
        net("outside", external=True, shared=True),
        net("own", own=True),
        net("all", shared=True),
    )
    assert extract_texts(made(survey))["compute"]["fixed_network_name"] == "all"


def test_a_network_of_its_own_is_for_a_login_that_is_alone(survey: CloudDiscovery) -> None:
    survey = with_nets(survey, net("own", own=True))
    assert "fixed_network_name" not in made(survey)["compute"]
    assert extract_texts(made(survey, ALONE))["compute"]["fixed_network_name"] == "own"


def test_of_external_networks_one_that_is_up_and_has_a_subnet(survey: CloudDiscovery) -> None:
    survey = with_nets(
        survey,
        net("a-bare", external=True, subnets=()),
        net("b-down", external=True, up=False),
        net("c-good", external=True),
    )
    value = made(survey)["network"]["public_network_id"]
    assert value.text == "id-c-good"
    assert "others: a-bare" in value.reason


def test_without_an_external_network_there_are_no_floating_addresses(
    survey: CloudDiscovery,
) -> None:
    found = extract_texts(made(with_nets(survey, net("own", own=True))))
    assert "public_network_id" not in found["network"]
    assert found["network-feature-enabled"]["floating_ips"] == "false"


def test_extensions_are_listed_and_all_where_they_cannot_be_seen(survey: CloudDiscovery) -> None:
    found = extract_texts(made(survey))
    assert found["volume-feature-enabled"]["api_extensions"] == "OS-SCH-HNT,backups"
    assert found["network-feature-enabled"]["api_extensions"] == "port-security,router"
    assert survey.volume is not None
    hidden = replace(survey, volume=replace(survey.volume, extensions=REFUSED))
    assert made(hidden)["volume-feature-enabled"]["api_extensions"].text == "all"


def test_types_and_microversions_are_the_catalogue_s(survey: CloudDiscovery) -> None:
    found = extract_texts(made(survey))
    assert found["volume"]["catalog_type"] == "volumev3"
    assert found["volume"]["max_microversion"] == "3.60"
    assert found["compute"]["max_microversion"] == "2.90"


def test_formats_are_those_of_the_cloud_that_tempest_tries(survey: CloudDiscovery) -> None:
    found = extract_texts(made(survey))["image"]
    assert (found["disk_formats"], found["container_formats"]) == ("qcow2,raw", "bare")


@pytest.mark.parametrize(
    ("probe", "text", "origin"),
    [
        (True, "true", "probed"),
        (False, "false", "probed"),
        (None, "true", "default"),
        (UNAVAILABLE, "true", "default"),
    ],
)
def test_format_enforcement_is_probed_or_skipped(
    survey: CloudDiscovery, probe: bool | Unavailable | None, text: str, origin: str
) -> None:
    found = made(survey, probes=ProbeResults(enforcement=probe))["image-feature-enabled"]
    value = found["image_format_enforcement"]
    assert (value.text, value.origin.value) == (text, origin)
    assert (UNAVAILABLE.reason in value.reason) == isinstance(probe, Unavailable)


def test_no_answer_is_never_an_announced_no(survey: CloudDiscovery) -> None:
    """Whatever a service does not answer, no value is called announced for that."""
    for name in ("compute", "image", "network", "volume", "object_storage"):
        part = getattr(survey, name)
        nothing = type(part)(**dict.fromkeys(part.__dataclass_fields__, UNAVAILABLE))
        seen, unseen = made(survey), made(replace(survey, **{name: nothing}))
        for section, options in unseen.items():
            for key, value in options.items():
                if value != seen[section].get(key):
                    assert value.origin in UNANNOUNCED_ORIGINS, f"{name}: {section}.{key} {value}"


def test_an_info_that_does_not_answer_is_left_to_the_tests(survey: CloudDiscovery) -> None:
    silent = replace(survey, object_storage=ObjectStorageFacts(UNAVAILABLE, {}))
    found = made(silent)["object-storage-feature-enabled"]["discoverability"]
    assert (found.text, found.origin) == ("true", ValueOrigin.DEFAULT)
    assert UNAVAILABLE.reason in found.reason


def objects(survey: CloudDiscovery, info: Any, **probes: Any) -> dict[str, tuple[str, ValueOrigin]]:
    """Return Swift's features as text and origin."""
    there = replace(survey, object_storage=ObjectStorageFacts(info, {}))
    found = made(there, probes=ProbeResults(**probes))["object-storage-feature-enabled"]
    return {name: (value.text, value.origin) for name, value in found.items()}


def test_what_swift_announces_is_taken_and_the_rest_is_left_to_the_tests(
    survey: CloudDiscovery,
) -> None:
    assert survey.object_storage is not None
    assert objects(survey, survey.object_storage.info) == {
        "discoverability": ("true", ValueOrigin.ANNOUNCED),
        "discoverable_apis": ("all", ValueOrigin.DEFAULT),
        "object_versioning": ("true", ValueOrigin.DEFAULT),
        "container_sync": ("false", ValueOrigin.ANNOUNCED),
        "tempurl_digest_hashlib": ("sha512", ValueOrigin.ANNOUNCED),
    }
    assert objects(survey, {"versioned_writes": {}, "container_sync": {"realms": {"r": {}}}}) == {
        "discoverability": ("true", ValueOrigin.ANNOUNCED),
        "discoverable_apis": ("all", ValueOrigin.DEFAULT),
        "object_versioning": ("true", ValueOrigin.ANNOUNCED),
        "container_sync": ("true", ValueOrigin.ANNOUNCED),
        "tempurl_digest_hashlib": ("sha256", ValueOrigin.DEFAULT),
    }


@pytest.mark.parametrize(
    ("tempurl", "probe", "expected"),
    [
        ({"allowed_digests": ["sha1", "sha256"]}, "sha1", ("sha256", ValueOrigin.ANNOUNCED)),
        ({"allowed_digests": ["md5"]}, "", ("md5", ValueOrigin.GUESSED)),
        ({"allowed_digests": []}, "sha1", ("sha1", ValueOrigin.PROBED)),
        ({"methods": ["GET"]}, "sha1", ("sha1", ValueOrigin.PROBED)),
        ({"methods": ["GET"]}, "", ("sha256", ValueOrigin.DEFAULT)),
        ("strange", "sha512", ("sha512", ValueOrigin.PROBED)),
        (None, "sha1", ("sha1", ValueOrigin.PROBED)),
    ],
)
def test_the_digest_of_temporary_urls_is_announced_probed_or_tempest_s(
    survey: CloudDiscovery, tempurl: Any, probe: str, expected: tuple[str, ValueOrigin]
) -> None:
    found = objects(survey, {"tempurl": tempurl}, digest=probe)
    assert found["tempurl_digest_hashlib"] == expected


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (Unavailable("HTTP 404", status=404), ("false", ValueOrigin.ANNOUNCED)),
        (Unavailable("HTTP 403", refused=True, status=403), ("true", ValueOrigin.DEFAULT)),
        (Unavailable("HTTP 503", status=503), ("true", ValueOrigin.DEFAULT)),
        (Unavailable("no response in time"), ("true", ValueOrigin.DEFAULT)),
    ],
)
def test_only_a_swift_that_says_so_has_no_info(
    survey: CloudDiscovery, info: Unavailable, expected: tuple[str, ValueOrigin]
) -> None:
    found = objects(survey, info)
    assert found["discoverability"] == expected
    assert found["discoverable_apis"] == ("all", ValueOrigin.DEFAULT)
    assert found["object_versioning"] == ("true", ValueOrigin.DEFAULT)


def test_the_role_that_sets_quotas_is_probed_or_tempest_s(survey: CloudDiscovery) -> None:
    def role(**probes: Any) -> OptionValue:
        return made(survey, probes=ProbeResults(**probes))["object-storage"]["reseller_admin_role"]

    assert (role().text, role().origin) == ("ResellerAdmin", ValueOrigin.DEFAULT)
    found = role(reseller_role="admin")
    assert (found.text, found.origin) == ("admin", ValueOrigin.PROBED)


@pytest.mark.parametrize(
    ("kind", "role", "origin"),
    [
        ("accounts", "swiftoperator", ValueOrigin.USER),
        ("single account", "member", ValueOrigin.ANNOUNCED),
        ("dynamic", "member", ValueOrigin.DEFAULT),
        ("dynamic", "swiftoperator", ValueOrigin.GUESSED),
    ],
)
def test_a_role_is_guessed_where_only_its_name_speaks_for_it(
    survey: CloudDiscovery, kind: str, role: str, origin: ValueOrigin
) -> None:
    value = made(survey, TempestCredentials(kind, {}, role))["object-storage"]["operator_role"]
    assert (value.text, value.origin) == (role, origin)


@pytest.mark.parametrize(
    ("networks", "extensions", "floating", "port_security"),
    [
        ((net("x", external=True),), ("router",), ("true", "announced"), ("false", "announced")),
        ((net("x", external=True),), ("dns",), ("false", "announced"), ("false", "announced")),
        ((), ("router", "port-security"), ("false", "announced"), ("true", "announced")),
        ((net("x", external=True),), REFUSED, ("true", "default"), ("true", "guessed")),
        ((net("x", external=True),), (), ("true", "default"), ("true", "guessed")),
        (REFUSED, ("router",), ("true", "default"), ("false", "announced")),
    ],
)
def test_what_neutron_does_not_announce_is_left_to_the_tests(
    survey: CloudDiscovery, networks: Any, extensions: Any, floating: Any, port_security: Any
) -> None:
    assert survey.network is not None
    seen = replace(survey.network, networks=networks, extensions=extensions)
    found = made(replace(survey, network=seen))["network-feature-enabled"]
    assert (found["floating_ips"].text, found["floating_ips"].origin) == floating
    assert (found["port_security"].text, found["port_security"].origin) == port_security


def test_a_list_without_any_extension_is_no_announcement(survey: CloudDiscovery) -> None:
    assert survey.volume is not None
    bare = replace(survey, volume=replace(survey.volume, extensions=()))
    found = made(bare)["volume-feature-enabled"]["api_extensions"]
    assert (found.text, found.origin) == ("all", ValueOrigin.DEFAULT)


@pytest.mark.parametrize("service", ["compute", "block-storage"])
def test_microversions_are_announced_absent_or_tried(survey: CloudDiscovery, service: str) -> None:
    section = "compute" if service == "compute" else "volume"

    def found(versions: Any) -> OptionValue | None:
        changed = tuple(
            replace(one, versions=versions) if one.entry.official_type == service else one
            for one in ENDPOINTS
        )
        return made(replace(survey, endpoints=changed))[section].get("max_microversion")

    assert found((ApiVersion("2.0", "CURRENT", "", ""),)) is None
    value = found(Unavailable("no response in time"))
    assert value is not None
    assert (value.text, value.origin) == ("latest", ValueOrigin.GUESSED)


def test_backups_are_left_to_the_tests_where_services_are_hidden(survey: CloudDiscovery) -> None:
    found = made(survey)["volume-feature-enabled"]["backup"]
    assert (found.text, found.origin) == ("true", ValueOrigin.DEFAULT)


@pytest.mark.parametrize(
    ("hosts", "expected"), [(1, "announced"), (2, "default"), (REFUSED, "default")]
)
def test_live_migration_takes_a_second_host(
    survey: CloudDiscovery, hosts: Any, expected: str
) -> None:
    assert survey.compute is not None
    there = replace(survey, compute=replace(survey.compute, hosts=hosts))
    found = made(there)["compute-feature-enabled"]["live_migration"]
    assert (found.origin.value, found.text) == (expected, str(expected == "default").lower())


def test_only_what_is_wanted_is_configured(survey: CloudDiscovery) -> None:
    found = made(survey, projects=["swift"])
    assert "object-storage" in found
    assert not {"compute", "network", "volume", "image"} & set(found)
    assert found["service_available"]["nova"].text == "true"


def test_a_service_that_is_not_there_is_not_available(survey: CloudDiscovery) -> None:
    bare = replace(survey, identity=replace(survey.identity, catalogue=()), compute=None)
    assert {value.text for value in made(bare)["service_available"].values()} == {"false"}


def test_certificates_and_their_neglect_come_from_clouds_yaml(survey: CloudDiscovery) -> None:
    found = made(survey, cacert="/etc/ca.pem", verify=False)["identity"]
    assert (
        found["ca_certificates_file"].comment == "user: cacert in clouds.yaml, or the environment"
    )
    assert found["disable_ssl_certificate_validation"].text == "true"


def test_settings_win_over_a_template_and_both_over_the_cloud(
    survey: CloudDiscovery, tmp_path: Path
) -> None:
    path = tmp_path / "mine.conf"
    path.write_text(
        "[compute]\nimage_ref = t\nflavor_ref = 't'\n[extra]\nx = 1\n"
        "[identity]\nca_certificates_file = ca.pem\n"
    )
    (tmp_path / "ca.pem").touch()
    values = parse_settings(["compute.image_ref=s"])
    own, text = load_template(path)
    assert text == path.read_text()
    merge_values(values, own)
    merge_values(values, made(survey))
    assert values["compute"]["image_ref"] == OptionValue("s", ValueOrigin.USER, "--set")
    assert values["compute"]["flavor_ref"].comment == "user: template mine.conf"
    assert values["compute"]["flavor_ref_alt"].origin is ValueOrigin.ANNOUNCED
    assert extract_texts(values)["extra"] == {"x": "1"}
    assert extract_texts(values)["identity"]["ca_certificates_file"] == str(tmp_path / "ca.pem")
    assert extract_comments(values)["compute"]["image_ref"] == "user: --set"


@pytest.mark.parametrize(
    ("auth", "kind"),
    [
        ("test_accounts_file = accounts.yaml", "accounts"),
        ("test_accounts_file = accounts.yaml\nuse_dynamic_credentials = No", "accounts"),
        ("test_accounts_file = accounts.yaml\nuse_dynamic_credentials = Yes", "single account"),
        ("test_accounts_file = gone.yaml\nuse_dynamic_credentials = on", "single account"),
        (
            "test_accounts_file = gone.yaml\nuse_dynamic_credentials = 1\nadmin_username = a",
            "as configured",
        ),
        ("admin_username = a", "as configured"),
        ("", "single account"),
    ],
)
def test_a_template_decides_who_the_users_are_as_it_would_for_tempest(
    auth: str, kind: str, survey: CloudDiscovery, tmp_path: Path
) -> None:
    login = PasswordLogin("u", "canary", "p", "Default", "Default")
    cloud = Cloud("c", "http://x", "", login, ("member",), frozenset(), "", "", True, None)
    (tmp_path / "accounts.yaml").write_text("- {username: u, password: p, project_name: n}\n")
    path = tmp_path / "mine.conf"
    path.write_text(f"[auth]\n{auth}\n")
    found = build_configuration(
        cloud, ConfigurationRequest(template=path), known_discovery=survey
    ).configuration
    assert found.credentials == kind
    text = render_conf(found.sections, found.comments, found.template)
    assert parse_conf(text) == found.sections
    accounts = find_accounts_file(found.sections)
    assert accounts == (tmp_path / "accounts.yaml" if kind == "accounts" else None)


@pytest.mark.parametrize(
    "word", ["", "x", "a=b", "a.b", "a.b.c=d", ".b=c", "a.=c", "a b.c=d", "a.b =c"]
)
def test_invalid_setting_is_refused_without_its_value(word: str) -> None:
    with pytest.raises(InputError, match="is not section") as caught:
        parse_settings([f"{word}=canary" if word == "a b.c" else word])
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "value", ["", " a=b [c] #d ", '"quoted"', "pa$$word", "$region", "${x}", "\\$", "%(x)s", "ä"]
)
def test_a_setting_is_what_tempest_gets_to_the_letter(value: str) -> None:
    found = extract_texts(parse_settings([f"auth.admin_password={value}"]))
    assert found == {"auth": {"admin_password": value}}
    assert parse_conf(render_conf(found)) == found


def test_a_setting_names_a_section_in_any_case_and_its_secret_is_learnt() -> None:
    assert extract_texts(
        parse_settings(["Auth.admin_password=canary-of-a-setting", "DEFAULT.x=1"])
    ) == {
        "auth": {"admin_password": "canary-of-a-setting"},
        "DEFAULT": {"x": "1"},
    }
    assert "canary-of-a-setting" in PROCESS_SECRETS.values


def test_a_setting_of_two_lines_cannot_smuggle_in_a_section() -> None:
    with pytest.raises(InputError, match="several lines"):
        parse_settings(["a.b=c\n[d]"])
    with pytest.raises(InputError, match="several lines"):
        parse_settings(["a.b=c\r[d]"])


def test_the_file_is_read_back_with_its_comments_left_out(survey: CloudDiscovery) -> None:
    values = made(survey)
    text = render_conf(extract_texts(values), extract_comments(values))
    assert parse_conf(text) == extract_texts(values)
    assert text.count("\n# ") == sum(map(len, values.values()))


SERVICE_TYPES = {
    "identity": ("identity", "identityv3"),
    "compute": ("compute", "compute_legacy", "computev21"),
    "image": ("image", "imagev2"),
    "network": ("network", "networkv2"),
    "volume": ("block-storage", "volumev3", "volumev2", "volume"),
    "object-storage": ("object-store",),
}


@pytest.mark.parametrize(
    ("section", "kind"),
    [(section, kind) for section, kinds in SERVICE_TYPES.items() for kind in kinds],
)
def test_catalog_type_is_written_as_the_catalogue_has_it(
    survey: CloudDiscovery, section: str, kind: str
) -> None:
    official = find_official_type(kind)
    found = endpoint(official, kind)
    kept = [one for one in survey.endpoints if one.entry.official_type != official]
    value = made(replace(survey, endpoints=(*kept, found)))[section]["catalog_type"]
    assert (value.text, value.origin) == (kind, ValueOrigin.ANNOUNCED)


def test_type_that_tempest_cannot_use_is_told_beside_the_one_that_it_can(
    survey: CloudDiscovery,
) -> None:
    listed = tuple(
        CatalogueEntry(kind, "block-storage", "", "public", "R", f"http://x/{path}", number)
        for number, (kind, path) in enumerate({"block-storage": "", "volumev3": "v3/p"}.items())
    )
    (entry,) = choose_endpoints(listed, EndpointFilter(region="R"))
    found = EndpointFacts(entry, 200, None, ())
    identity = replace(survey.identity, catalogue=listed)
    value = made(replace(survey, identity=identity, endpoints=(found,)))["volume"]["catalog_type"]
    assert value.comment == (
        "announced: type of Cinder in the catalogue; Tempest cannot use the address of "
        "block-storage, http://x/"
    )
    assert value.text == "volumev3"
