"""Several regions in the catalogue and none chosen: one is taken for a reason, or it is refused."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from defcheck.cloud.connection import Cloud, connect_cloud, with_endpoint_filter
from defcheck.cloud.endpoint_filter import EndpointFilter, parse_endpoint_filter
from defcheck.cloud.regions import choose_region, follow_settings, move_to_region
from defcheck.errors import InputError
from defcheck.runner.leftover_scan import CleanupRequest, find_cleanup_credentials
from defcheck.runner.preparation import RunRequest, prepare_run
from defcheck.tempest.conf_file import parse_conf
from tests.keystone import keystone
from tests.unit.cloud.clouds import Defcheck, defcheck, entry, folder
from tests.unit.report.test_predicted_skips import record
from tests.unit.runner.test_execution import Silent

__all__ = ["defcheck", "folder"]

pytestmark = pytest.mark.filterwarnings("ignore:Support for InfluxDB")

NOVA = ("compute", "image", "network")


def catalogue(**regions: str) -> tuple[dict[str, Any], ...]:
    """Return a catalogue: by service type the regions that have it, in order."""
    return tuple(
        {
            "id": kind,
            "type": kind.replace("_", "-"),
            "name": kind,
            "endpoints": [
                {
                    "id": f"{kind}-{region}-{interface}",
                    "interface": interface,
                    "region": region,
                    "region_id": region,
                    "url": "{here}/good/v3" if kind == "identity" else f"{{here}}/json/{region}/",
                }
                for region in listed.split()
                for interface in ("admin", "public")
            ],
        }
        for kind, listed in regions.items()
    )


BOTH = catalogue(
    identity="One Two", compute="Two One", image="Two One", network="Two One", object_store="Two"
)
SPLIT = catalogue(identity="One", compute="One", image="One", network="One", object_store="Two")


@contextmanager
def served(listed: tuple[Mapping[str, Any], ...], folder: Path, **more: Any) -> Iterator[Cloud]:
    """Serve a catalogue and yield the cloud after its login."""
    with keystone(catalogue=listed) as address, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = folder / "own.yaml"
        own = entry(f"{address}/good/v3", **more)
        file.write_text(yaml.safe_dump({"clouds": {"c": own}}))
        yield connect_cloud("c", [file])


def test_region_of_clouds_yaml_or_the_only_one_stays(folder: Path) -> None:
    with served(BOTH, folder, region_name="One") as cloud:
        assert choose_region(cloud, NOVA) is cloud
        assert choose_region(cloud, NOVA, "One") is cloud
    with served(catalogue(identity="R", compute="R"), folder) as cloud:
        assert (cloud.region, cloud.region_reason) == ("R", "")
        assert choose_region(cloud, NOVA) is cloud
    with served((), folder) as cloud:
        assert choose_region(cloud, NOVA) is cloud


def test_only_region_with_every_needed_service_is_taken_and_said(folder: Path) -> None:
    with served(BOTH, folder) as cloud:
        assert cloud.region == ""
        found = choose_region(cloud, {*NOVA, "object-store", "dns"})
        assert found.region == found.endpoint_filter.region == "Two"
        assert found.connection.config.get_region_name("compute") == "Two"
    assert found.region_reason == (
        "no region is set, and Two of One, Two is the only one with compute and image and "
        "network and object-store"
    )


def test_service_with_a_region_of_its_own_does_not_decide(folder: Path) -> None:
    with served(SPLIT, folder, object_store_region_name="Two") as cloud:
        found = choose_region(cloud, {*NOVA, "object-store"})
    assert found.region == "One"
    assert found.endpoint_filter.select_service("object-store").region == "Two"


@pytest.mark.parametrize(
    ("listed", "services", "words"),
    [
        (
            BOTH,
            NOVA,
            "Cloud c has 2 regions, and none is set: One, Two.",
        ),
        (
            SPLIT,
            (*NOVA, "object-store"),
            "Cloud c has 2 regions, and none is set: One with compute, image, network; Two with "
            "object-store of the services that are needed (compute, image, network, object-store).",
        ),
        (
            catalogue(identity="A B C", compute="A B", image="A B C"),
            ("compute", "image"),
            "Cloud c has 3 regions, and none is set: A with compute, image; B with compute, "
            "image; C with image of the services that are needed (compute, image).",
        ),
    ],
)
def test_several_regions_are_named_with_what_they_have(
    folder: Path, listed: tuple[dict[str, Any], ...], services: tuple[str, ...], words: str
) -> None:
    with served(listed, folder) as cloud, pytest.raises(InputError) as caught:
        choose_region(cloud, services)
    assert caught.value.message == words
    for option in ("`region_name: ", "in clouds.yaml", "OS_REGION_NAME", "--set identity.region="):
        assert option in caught.value.advice
    own = "`region_name: One` and `object_store_region_name: Two` in clouds.yaml"
    assert (own in caught.value.advice) is (listed is SPLIT)


def test_wished_region_wins_and_has_to_be_there(folder: Path) -> None:
    with served(BOTH, folder, region_name="One") as cloud:
        found = choose_region(cloud, NOVA, "Two")
        assert (found.region, found.region_reason) == ("Two", "")
        with pytest.raises(InputError, match="no region Three in its catalogue") as caught:
            choose_region(cloud, NOVA, "Three")
    assert "Available: One, Two." in caught.value.advice


def test_service_with_an_interface_of_its_own_moves_along(folder: Path) -> None:
    own = {"image_interface": "admin", "network_region_name": "One"}
    for region in ({}, {"region_name": "One"}):
        with served(BOTH, folder, **own, **region) as cloud:
            found = move_to_region(cloud, "Two").endpoint_filter
        assert found.select_service("compute").region == "Two"
        assert found.select_service("image") == EndpointFilter(("admin",), "Two")
        assert found.select_service("network").region == ("Two" if region else "One")


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"image": {"region": "One"}}, {"image": EndpointFilter(region="One")}),
        (
            {"volume": {"endpoint_type": "internalURL"}},
            {"block-storage": EndpointFilter(("internal",), "Two")},
        ),
        (
            {"identity": {"v3_endpoint_type": "admin"}},
            {"identity": EndpointFilter(("admin",), "Two"), "image": EndpointFilter(region="Two")},
        ),
        (
            {"image": {"region": "", "catalog_type": "image"}},
            {"image": EndpointFilter(region="Two")},
        ),
    ],
)
def test_defcheck_looks_where_given_options_lead(
    folder: Path, sections: dict[str, dict[str, str]], expected: dict[str, EndpointFilter]
) -> None:
    with served(BOTH, folder) as cloud:
        found = follow_settings(cloud, {"object-store"}, sections).endpoint_filter
    assert found.region == "Two"
    for service, own in expected.items():
        assert (found.select_service(service).interfaces, found.select_service(service).region) == (
            own.interfaces,
            own.region,
        )


def test_endpoint_of_a_given_region_is_looked_at(defcheck: Defcheck) -> None:
    settings = ("--set", "image.region=One", "--set", "compute.endpoint_type=admin")
    with keystone(catalogue=BOTH) as address:
        cloud = entry(f"{address}/good/v3")
        said = defcheck("cloud", "configure", "c", "--stdout", *settings, cloud=cloud)
    assert said.code == 0, said.stderr
    conf = parse_conf(said.stdout, "conf")
    assert conf["identity"]["region"] == "Two"
    assert conf["image"]["region"] == "One"
    assert conf["compute"]["endpoint_type"] == "admin"
    assert "no admin endpoint" not in said.stderr


def test_keystone_of_another_region_can_be_asked(folder: Path) -> None:
    with served(SPLIT, folder, region_name="Two") as cloud:
        assert cloud.connection.config.get_region_name("identity") == "One"
        assert cloud.connection.config.get_region_name("object-store") == "Two"
        own = with_endpoint_filter(cloud, parse_endpoint_filter({"identity": {"region": "Two"}}))
        assert own.endpoint_filter.select_service("identity").region == "One"
        moved = move_to_region(cloud, "One")
        assert moved.connection.config.get_region_name("identity") == "One"


def test_command_writes_the_region_and_says_why(defcheck: Defcheck) -> None:
    with keystone(catalogue=BOTH) as address:
        said = defcheck(cloud=entry(f"{address}/good/v3"))
    assert said.code == 0, said.stderr
    assert "Warning: no region is set, and Two of One, Two is the only one" in said.stderr
    assert parse_conf(said.stdout, "conf")["identity"]["region"] == "Two"
    assert "# announced: no region is set, and Two of One, Two is the only one" in said.stdout


def test_command_ends_where_no_region_can_be_chosen(defcheck: Defcheck) -> None:
    with keystone(catalogue=SPLIT) as address:
        cloud = entry(f"{address}/good/v3")
        defcheck(cloud=cloud).refuse(2, "none is set: One with compute", "`region_name: One`")
        for command in (("run", "--cloud", "c"), ("cloud", "check", "c")):
            said = defcheck(*command, "-g", "2020.06", "-t", "platform", cloud=cloud)
            shown = "".join(said.stderr.splitlines(keepends=True)[1:])  # behind the login's line
            said._replace(stderr=shown).refuse(2, "none is set", "--set identity.region=One")


CONF = "[identity]\nuri_v3 = {address}/good/v3\n{region}\n[auth]\nuse_dynamic_credentials = false\n"


@pytest.mark.parametrize(
    ("regions", "in_conf", "in_clouds", "expected"),
    [
        ("One RegionOne", "", "", "RegionOne"),
        ("One RegionOne", "", "One", "One"),
        ("One RegionOne", "region = One", "", "One"),
        ("One Two", "region = Two", "", "Two"),
        ("One Two", "", "Two", "Two"),
        ("One Two", "", "", ""),
        ("One", "", "", "One"),
        ("RegionOne", "", "", "(none)"),
    ],
)
def test_tempest_conf_without_a_region_gets_one(
    folder: Path, regions: str, in_conf: str, in_clouds: str, expected: str
) -> None:
    listed = catalogue(identity=regions, object_store=regions)
    with keystone(catalogue=listed) as address, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        region: dict[str, Any] = {"region_name": in_clouds} if in_clouds else {}
        own = entry(f"{address}/good/v3", **region)
        (folder / "own.yaml").write_text(yaml.safe_dump({"clouds": {"c": own}}))
        conf = folder / "own.conf"
        conf.write_text(CONF.format(address=address, region=in_conf))
        request = RunRequest(
            *("2020.06", "object", folder / "run", "c", conf), clouds_files=(folder / "own.yaml",)
        )
        if not expected:
            with pytest.raises(InputError, match="2 regions, and none is set: One, Two"):
                prepare_run(request, {"swift"}, Silent())
            return
        found = prepare_run(request, {"swift"}, Silent())
    assert found.configuration.sections["identity"].get("region", "(none)") == expected
    assert found.survey is not None
    endpoint = found.survey.find_endpoint("object-store")
    assert endpoint is not None
    assert endpoint.entry.region == (expected if expected != "(none)" else "RegionOne")


def test_cleanup_with_a_tempest_conf_looks_in_the_region_of_the_run(folder: Path) -> None:
    conf = folder / "own.conf"
    admin = "admin_username = a\nadmin_password = b\nadmin_project_name = c\n"
    for region, expected in (("", "Two"), ("region = One", "One")):
        conf.write_text(CONF.format(address="http://127.0.0.1:9", region=region) + admin)
        made = record()
        made.inputs.cloud.update(auth_url="http://127.0.0.1:9/good/v3", region="Two")
        given = CleanupRequest(folder / "run", tempest_conf=conf)
        ((_, log_in), *_) = find_cleanup_credentials(given, made, lambda _: None)
        assert log_in().config.get_region_name("compute") == expected


def test_cleanup_looks_in_the_region_of_the_run(folder: Path) -> None:
    with keystone(catalogue=BOTH) as address, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        regions: list[dict[str, Any]] = [{}, {"region_name": "One"}]
        for region in regions:
            own = entry(f"{address}/good/v3", **region)
            (folder / "own.yaml").write_text(yaml.safe_dump({"clouds": {"c": own}}))
            made = record()
            made.inputs.cloud.update(auth_url=f"{address}/good/v3", region="Two", cpid="")
            given = CleanupRequest(folder / "run", clouds_files=(folder / "own.yaml",))
            ((_, log_in), *_) = find_cleanup_credentials(given, made, lambda _: None)
            assert log_in().config.get_region_name("compute") == "Two"
