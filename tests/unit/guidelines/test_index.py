"""index.json tells the truth about every bundled guideline."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from builder.edition import PUBLISHED, target_path
from builder.scs_list import SCS_LIST
from defcheck.guideline.loader import load_guideline_file

SOURCES = {target_path(source): source for source in (*PUBLISHED, SCS_LIST)}


@pytest.fixture(scope="module")
def index(bundled: Path) -> list[dict[str, Any]]:
    """Return the entries of the index."""
    entries: list[dict[str, Any]] = json.loads((bundled / "index.json").read_bytes())["guidelines"]
    return entries


def test_it_lists_every_file_once(index: list[dict[str, Any]], bundled: Path) -> None:
    there = {
        str(path.relative_to(bundled))
        for path in bundled.rglob("*.json")
        if path.parent.name not in ("words", "schemas") and path.name != "index.json"
    }
    assert sorted(entry["file"] for entry in index) == sorted(there)
    assert len({entry["id"] for entry in index}) == len(index) == 28


def test_it_says_what_loading_says(index: list[dict[str, Any]], bundled: Path) -> None:
    for entry in index:
        guideline = load_guideline_file(bundled / entry["file"], entry["id"])
        assert entry["id"] == Path(entry["file"]).stem
        assert entry["sha256"] == guideline.sha256
        assert entry["schema"] == guideline.schema
        assert entry["status"] == guideline.status
        assert entry["targets"] == [target.name for target in guideline.targets]


def test_the_order_is_chronological(index: list[dict[str, Any]]) -> None:
    ids = [entry["id"] for entry in index]
    editions = [name[-7:] for name in ids[:-5]]
    assert editions == sorted(editions)
    assert editions[0] == "2015.03"
    assert ids[8:11] == ["2018.02", "dns.2018.02", "orchestration.2018.02"]
    assert ids[-5:] == ["next", "dns.next", "orchestration.next", "nfv.next", "scs-0128"]


def test_the_kind_is_that_of_the_folder(index: list[dict[str, Any]]) -> None:
    folders = {"guideline": ".", "add-on": "add-ons", "vertical": "verticals", "scs": "scs"}
    for entry in index:
        assert str(Path(entry["file"]).parent) == folders[entry["kind"]]


def test_the_origin_names_the_published_file(index: list[dict[str, Any]]) -> None:
    for entry in index:
        origin = entry["origin"]
        assert set(origin) == {"repository", "commit", "path", "sha256"}
        assert len(origin["commit"]) == 40
        if entry["kind"] == "scs":
            assert origin["repository"] == "SovereignCloudStack/standards"
            assert origin["path"].endswith("/tempest-tests-non-admin.lst")
        else:
            assert origin["repository"] == "openstack/interop"
            assert origin["path"] == entry["file"]


def test_the_origin_has_the_hash_of_the_published_file(
    index: list[dict[str, Any]], originals: Path
) -> None:
    for entry in index:
        data = (originals / SOURCES[entry["file"]]).read_bytes()
        assert entry["origin"]["sha256"] == hashlib.sha256(data).hexdigest()
