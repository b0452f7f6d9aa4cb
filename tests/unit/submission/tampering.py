"""What somebody can do to a bundle who packs it anew, with all sums right."""

import gzip
import hashlib
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from subunit.v2 import ByteStreamToStreamResult, StreamResultToBytes
from testtools import StreamResult

from defcheck.guideline import catalog
from defcheck.results.loader import load_bytes
from tests.bundles import Files, Tamper
from tests.unit.recordings import raw


@dataclass(frozen=True)
class Tampering:
    """A way to make a bundle say what is not so."""

    what: str
    """As docs/explanation/evidence.md has it."""

    tamper: Tamper
    answer: str
    """What `verify` says of it, in part."""


def edit_verdict(files: Files) -> None:
    files["verdict.json"] = files["verdict.json"].replace(b'"passed"', b'"failed"', 1)


def edit_essence(files: Files) -> None:
    document = json.loads(files["verdict.json"])
    document["defcheck"] = "99"
    document["counts"]["counted"]["passed"] += 1
    files["verdict.json"] = json.dumps(document).encode()


def edit_words(files: Files) -> None:
    document = json.loads(files["verdict.json"])
    document["why"] += " Splendid."
    files["verdict.json"] = json.dumps(document).encode()


def no_verdict(files: Files) -> None:
    files["verdict.json"] = b"{"


def edit_result(files: Files) -> None:
    files["results.subunit"] = files["results.subunit"].replace(b"Quotas", b"Qu0tas", 1)


def record_of(files: Files) -> dict[str, object]:
    document: dict[str, object] = json.loads(files["run.json"])
    return document


def edit_record(files: Files, /, **changes: object) -> None:
    files["run.json"] = json.dumps({**record_of(files), **changes}).encode()


def with_results(files: Files, results: bytes) -> None:
    files["results.subunit"] = results
    edit_record(files, results_sha256=hashlib.sha256(results).hexdigest())


def swap_guideline(files: Files) -> None:
    files["guideline.json"] = catalog.load_with_bytes("2018.02")[1]


def weaken_guideline(files: Files) -> None:
    document = json.loads(files["guideline.json"])
    capability = next(iter(document["capabilities"].values()))
    capability["tests"].popitem()
    files["guideline.json"] = json.dumps(document).encode()
    guideline = {"id": "2020.06", "schema": "2.0"}
    sha256 = hashlib.sha256(files["guideline.json"]).hexdigest()
    edit_record(files, guideline={**guideline, "sha256": sha256})


def add_a_pass(files: Files) -> None:
    """Append the pass of a test that was not planned."""
    other = raw("inherited.subunit")
    assert load_bytes(other, "x").events
    with_results(files, files["results.subunit"] + other)


def remove_a_failure(files: Files) -> None:
    """Take away results that the verdict was made of."""
    whole = raw("storage.subunit")
    with_results(files, whole[: whole.rindex(b"test_object_temp_url")])


def swap_inventory(files: Files) -> None:
    files["inventory.txt"] += b"a.C.test_x\n"


def lose_inventory(files: Files) -> None:
    files["inventory.txt"] = b"a.C.test_x\n"
    edit_record(files, inventory_sha256=hashlib.sha256(files["inventory.txt"]).hexdigest())


TEST = "tempest.api.object_storage.test_object_services.ObjectTest.test_delete_object"


def name_of(files: Files) -> str:
    """Return the full name of a test that the run planned and that passed."""
    return next(name for name in planned(files) if name.startswith(TEST))


def planned(files: Files) -> list[str]:
    names: list[str] = json.loads(files["run.json"])["planned"]
    return names


def packet(name: str, status: str, second: int) -> bytes:
    """Return what a run writes of a test that begins and ends, so many seconds into it."""
    out = io.BytesIO()
    for word, at in (("inprogress", 0), (status, 500_000)):
        StreamResultToBytes(out).status(
            test_id=name,
            test_status=word,
            timestamp=datetime(2026, 11, 25, 4, 1, second, at, tzinfo=UTC),
        )
    return out.getvalue()


def fail_then_pass(files: Files) -> None:
    name = name_of(files)
    with_results(
        files, files["results.subunit"] + packet(name, "fail", 2) + packet(name, "success", 3)
    )


def pass_then_fail(files: Files) -> None:
    with_results(files, files["results.subunit"] + packet(name_of(files), "fail", 2))


def fail_behind_a_cut(files: Files) -> None:
    """Say that the run was resumed after a failure, and that the test was run again."""
    name = name_of(files)
    before = files["results.subunit"] + packet(name, "fail", 2)
    with_results(files, before + packet(name, "success", 3))
    again = {"at": "2026-11-25T04:01:02+00:00", "offset": len(before), "again": [name]}
    edit_record(files, resumed=[{**again, "cut": "", "workers": 2}])


def fail_before_a_rerun(files: Files) -> None:
    name = name_of(files)
    before = files["results.subunit"] + packet(name, "fail", 2)
    with_results(files, before + packet(name, "success", 3))
    edit_record(files, reruns=[{"round": 1, "tests": [name], "offset": len(before)}])


def resumed(files: Files, /, **changes: Any) -> None:
    entry = {"at": "2026-11-25T04:01:02+00:00", "offset": 0, "again": [], "cut": "", "workers": 2}
    edit_record(files, resumed=[{**entry, **changes}])


def renamed(stream: bytes, old: str, new: str) -> bytes:
    """Write a stream anew, whole packets with right sums, with another name for a test."""
    out = io.BytesIO()
    writer = StreamResultToBytes(out)

    class Renaming(StreamResult):
        def status(self, *args: Any, **packet: Any) -> None:
            if packet["test_id"] == old:
                packet["test_id"] = new
            if packet["file_bytes"] is not None:
                packet["file_bytes"] = bytes(packet["file_bytes"])
            writer.status(*args, **packet)

    ByteStreamToStreamResult(io.BytesIO(stream)).run(Renaming())
    return out.getvalue()


def rename_result(files: Files) -> None:
    """Give a result the name of a test that was not planned."""
    name = name_of(files)
    with_results(files, renamed(files["results.subunit"], name, f"acme.{name}"))


def rename_everywhere(files: Files) -> None:
    """Plan, list and name a test of one's own in the place of a demanded one, by its id."""
    name = name_of(files)
    rename_result(files)
    files["inventory.txt"] = files["inventory.txt"].replace(name.encode(), f"acme.{name}".encode())
    edit_record(
        files,
        planned=[f"acme.{name}" if one == name else one for one in planned(files)],
        inventory_sha256=hashlib.sha256(files["inventory.txt"]).hexdigest(),
    )


def edit_json(files: Files, old: bytes, new: bytes, name: str = "verdict.json") -> None:
    assert old in files[name]
    files[name] = files[name].replace(old, new, 1)


def other_version(files: Files, **changes: Any) -> None:
    """State a verdict as another version of defcheck would, whose words cannot be made again."""
    document = json.loads(files["verdict.json"])
    files["verdict.json"] = json.dumps({**document, "defcheck": "0.0.1", **changes}).encode()


def other_cloud(files: Files) -> None:
    run = json.loads(files["verdict.json"])["run"]
    other_version(files, run={**run, "cloud": {**run["cloud"], "name": "another"}})


def deep(files: Files, name: str) -> None:
    files[name] = b"[" * 200_000


def inventory_of_bytes(files: Files) -> None:
    files["inventory.txt"] += b"\xff\n"
    edit_record(files, inventory_sha256=hashlib.sha256(files["inventory.txt"]).hexdigest())


def pack_results(files: Files) -> None:
    with_results(files, gzip.compress(files["results.subunit"], mtime=0))


def version_1(files: Files) -> None:
    """Write results in subunit's first version, which tells less."""
    lines = []
    for name in planned(files):
        lines += ["time: 2026-11-25 04:00:30Z", f"test: {name}", f"successful: {name}"]
    with_results(files, "\n".join([*lines, ""]).encode())


def unseen_id(files: Files) -> None:
    """Give a guideline of one's own the name of a published one, and a space behind it."""
    edit_record(files, guideline={**_guideline(files), "id": "2020.06\N{ZERO WIDTH SPACE}"})


def other_id(files: Files) -> None:
    edit_record(files, guideline={**_guideline(files), "id": "2018.02"})


def _guideline(files: Files) -> dict[str, str]:
    named: dict[str, str] = json.loads(files["run.json"])["guideline"]
    return named


def edited(**changes: Any) -> Tamper:
    return lambda files: edit_record(files, **changes)


OTHER = "gives another verdict or other reasons"
ONE_WAY = "invalid or ambiguous JSON"
NO_VERSION = "does not say which version of defcheck wrote it"
NO_RECORD = "run.json is not a run record"
TAMPERINGS = (
    Tampering(
        "an edited number in the verdict",
        lambda f: edit_json(f, b'"total": ', b'"total": 1'),
        OTHER,
    ),
    Tampering("an edited reason in the verdict", edit_words, OTHER),
    Tampering(
        "an edited verdict, said to be by another version",
        edit_essence,
        "The verdict is by defcheck 99; scoring the results again with",
    ),
    Tampering(
        "another cloud in a verdict by another version",
        other_cloud,
        "scoring the results again with",
    ),
    Tampering(
        "local flags in a verdict by another version",
        lambda f: other_version(f, overlay={"flags": []}),
        "scoring the results again with",
    ),
    Tampering(
        "a verdict with `false` for 0",
        lambda f: edit_json(f, b'"failed": 0', b'"failed": false'),
        OTHER,
    ),
    Tampering(
        "a verdict with a key twice", lambda f: edit_json(f, b"{", b'{"verdict": "fail",'), ONE_WAY
    ),
    Tampering("a verdict with NaN", lambda f: edit_json(f, b"{", b'{"x": NaN,'), ONE_WAY),
    Tampering(
        "a verdict with half a character",
        lambda f: edit_json(f, b"{", b'{"x": "\\ud800",'),
        ONE_WAY,
    ),
    Tampering(
        "a verdict in UTF-16",
        lambda f: f.update({"verdict.json": f["verdict.json"].decode().encode("utf-16")}),
        ONE_WAY,
    ),
    Tampering("a verdict that is nested 200,000 deep", lambda f: deep(f, "verdict.json"), ONE_WAY),
    Tampering("a verdict that is cut off", no_verdict, ONE_WAY),
    Tampering(
        "a verdict by no version of defcheck",
        lambda f: edit_json(f, b'"defcheck": ', b'"by": '),
        NO_VERSION,
    ),
    Tampering(
        "a verdict by this version with a space that does not show",
        lambda f: edit_json(f, b'"defcheck": "', '"defcheck": "\N{ZERO WIDTH SPACE}'.encode()),
        NO_VERSION,
    ),
    Tampering("an edited result", edit_result, "results.subunit is not what the run wrote"),
    Tampering("a pass of a test that was not planned", add_a_pass, "inventory.txt do not match"),
    Tampering("a failure, then a pass of the same test", fail_then_pass, f"{OTHER}: fail"),
    Tampering("a pass, then a failure of the same test", pass_then_fail, f"{OTHER}: fail"),
    Tampering("a failure before a made-up resumption", fail_behind_a_cut, f"{OTHER}: fail"),
    Tampering("a failure before a made-up rerun", fail_before_a_rerun, f"{OTHER}: fail"),
    Tampering("removed results", remove_a_failure, f"{OTHER}: incomplete"),
    Tampering(
        "a result renamed to a test that was not planned",
        rename_result,
        "inventory.txt do not match: acme.",
    ),
    Tampering(
        "a test of one's own in the place of a demanded one, with its id", rename_everywhere, OTHER
    ),
    Tampering("results in subunit's first version", version_1, "is not a subunit v2 stream"),
    Tampering("packed results", pack_results, "is not a subunit v2 stream"),
    Tampering("no results", lambda f: with_results(f, b""), "results.subunit is empty"),
    Tampering(
        "a swapped guideline", swap_guideline, "guideline.json does not match the run's record"
    ),
    Tampering(
        "a weakened guideline",
        weaken_guideline,
        "guideline.json is not the published guideline 2020.06",
    ),
    Tampering(
        "another guideline's id", other_id, "guideline.json is not the published guideline 2018.02"
    ),
    Tampering(
        "an id with a letter that does not show",
        unseen_id,
        "The guideline's id has unusual characters",
    ),
    Tampering(
        "a longer list of Tempest's tests",
        swap_inventory,
        "inventory.txt does not match the run's record",
    ),
    Tampering("a shorter list, and its sum", lose_inventory, "inventory.txt do not match"),
    Tampering(
        "a list that is no text, and its sum",
        inventory_of_bytes,
        "inventory.txt is not a list of tests",
    ),
    Tampering("fewer workers", edited(workers=1), "2 tests ran at once, with 1 workers"),
    Tampering(
        "a later beginning", edited(started="2026-11-25T04:00:40+00:00"), "before the run began"
    ),
    Tampering("an earlier end", edited(finished="2026-11-25T04:00:20+00:00"), "after it ended"),
    Tampering(
        "an end before the beginning",
        edited(finished="2026-11-25T03:00:00+00:00"),
        "before it began",
    ),
    Tampering(
        "an end in the future", edited(finished="2999-11-25T03:00:00+00:00"), "in the future"
    ),
    Tampering("a beginning in the year 1", edited(started="0001-01-01T00:00:00+14:00"), OTHER),
    Tampering(
        "an end that is no time", edited(finished="yesterday"), "does not say when the run began"
    ),
    Tampering(
        "a resumption at a place beyond the results",
        lambda f: resumed(f, offset=10**30),
        "at a place that the results do not have",
    ),
    Tampering(
        "a resumption at a place before them",
        lambda f: resumed(f, offset=-5),
        "at a place that the results do not have",
    ),
    Tampering(
        "a resumption of a test that was not planned",
        lambda f: resumed(f, again=["a.B.test_c"]),
        "was not planned, a.B.test_c",
    ),
    Tampering(
        "a resumption before the run",
        lambda f: resumed(f, at="2026-11-24"),
        "resumed before it began or after it ended",
    ),
    Tampering(
        "a rerun of nothing",
        edited(reruns=[{"round": 0, "tests": [], "offset": 0}]),
        "repeated without a test",
    ),
    Tampering("another target", edited(target="platform"), f"{OTHER}: incomplete"),
    Tampering(
        "another cloud",
        edited(cloud={"name": "n", "auth_url": "u", "region": "r", "cpid": "c"}),
        OTHER,
    ),
    Tampering("another Tempest", edited(tempest="48.0.0"), OTHER),
    Tampering(
        "an edited Tempest, as recorded",
        edited(tempest_files=["edited tempest/test.py"]),
        "edited tempest",
    ),
    Tampering("a run that was interrupted", edited(state="interrupted"), f"{OTHER}: incomplete"),
    Tampering("a run without an end", edited(results_sha256=""), "the run did not finish"),
    Tampering("a record of another form", edited(format="defcheck run 9"), NO_RECORD),
    Tampering("a record with a field of one's own", edited(approved="yes"), NO_RECORD),
    Tampering(
        "a record with a key twice",
        lambda f: edit_json(f, b"{", b'{"state": "failed",', "run.json"),
        NO_RECORD,
    ),
    Tampering("a record that is nested 200,000 deep", lambda f: deep(f, "run.json"), NO_RECORD),
    Tampering(
        "a record with a number of 5,000 digits",
        lambda f: edit_json(f, b'"workers": 2', b'"workers": ' + b"9" * 5000, "run.json"),
        NO_RECORD,
    ),
    Tampering("a record with half a character", edited(tempest="\ud800"), NO_RECORD),
    Tampering(
        "a record with a byte order mark",
        lambda f: f.update({"run.json": b"\xef\xbb\xbf" + f["run.json"]}),
        NO_RECORD,
    ),
)
"""Each is tried with new sums, and with a signature by somebody who is trusted."""
