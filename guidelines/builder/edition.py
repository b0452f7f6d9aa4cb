"""Every bundled guideline and the index, made from a folder of the originals.

The folder holds the published files: guidelines/*.json, add-ons/*.json and
verticals/*.json of openstack/interop, and scs-0128/ with the test list of SCS-0128.
Ids, test names, statuses, flags, weights and links are carried over in the order and
schema version of the original. Every sentence comes from the tables in words/; a
name without words there, and a field that is not known here, is an error, so that
no sentence of an original can slip through.
"""

import argparse
import sys
from pathlib import Path

from builder.files import GUIDELINES, Json, dump, read_bytes, read_json, sha256, write
from builder.rewrite import Rewriter
from builder.scs_list import SCS, SCS_LIST, SCS_PATH, scs_document
from builder.tables import Words
from defcheck.errors import DefcheckError, ExitCode, InputError
from defcheck.guideline.loader import load_guideline_bytes

INTEROP = ("openstack/interop", "5f7a8cf9c43015a27c2ed56cad8501d470807461")
SCS_BASE = "guidelines/2020.06.json"
DATED = ("2018.02", "2018.11", "2019.06", "2019.11", "2020.06", "next")
EDITIONS = (
    *("2015.03", "2015.04", "2015.05", "2015.07", "2016.01", "2016.08", "2017.01", "2017.09"),
    *DATED,
)
PUBLISHED = (
    *(f"guidelines/{edition}.json" for edition in EDITIONS),
    *(f"add-ons/{name}.{edition}.json" for name in ("dns", "orchestration") for edition in DATED),
    "verticals/nfv.next.json",
)
KINDS = {"guidelines": "guideline", "add-ons": "add-on", "verticals": "vertical", "scs": "scs"}


def build(originals: Path, words: Words) -> dict[str, bytes]:
    """Return the content of every file to write, by its path under guidelines/."""
    refuse_unexpected(originals)
    documents: dict[str, Json] = {}
    for source in PUBLISHED:
        original = read_json(originals / source)
        try:
            documents[source] = Rewriter(words, source).document(original)
        except (AttributeError, TypeError) as error:
            raise InputError(f"{source} is not shaped like a guideline: {error}.") from error
    lines = read_bytes(originals / SCS_LIST).decode(errors="replace").splitlines()
    documents[SCS_LIST] = scs_document(lines, documents[SCS_BASE], words)
    words.refuse_missing()
    files: dict[str, bytes] = {}
    entries: list[Json] = []
    for source in sorted(documents, key=chronological):
        path = target_path(source)
        files[path] = dump(documents[source])
        original_sha256 = sha256(read_bytes(originals / source))
        entries.append(index_entry(path, files[path], source, original_sha256))
    files["index.json"] = dump({"guidelines": entries})
    return files


def refuse_unexpected(originals: Path) -> None:
    """Refuse a missing folder, and guidelines that `PUBLISHED` does not list."""
    if not originals.is_dir():
        raise InputError(f"There is no folder {originals}.", "Give the folder of the originals.")
    for folder in ("guidelines", "add-ons", "verticals"):
        for path in sorted((originals / folder).glob("*.json")):
            if f"{folder}/{path.name}" not in PUBLISHED:
                raise InputError(f"{path} is not in the list PUBLISHED.", "Add it to edition.py.")


def target_path(source: str) -> str:
    """Return where our file of an original goes, relative to guidelines/."""
    return "scs/scs-0128.json" if source == SCS_LIST else source.removeprefix("guidelines/")


def chronological(source: str) -> tuple[str, int, str]:
    """Sort by edition, drafts called `next` after all dated ones, SCS-0128 (2026) last."""
    folder, name = source.split("/", 1)
    if source == SCS_LIST:
        return ("~", 0, name)
    stem = name.removesuffix(".json")
    edition = stem if stem in EDITIONS else stem.split(".", 1)[1]
    return (edition, list(KINDS).index(folder), name)


def index_entry(path: str, data: bytes, source: str, original_sha256: str) -> Json:
    """Return what index.json says of one guideline; loading it proves that it is one."""
    guideline = load_guideline_bytes(data, path, Path(path).stem)
    repository, commit = SCS if source == SCS_LIST else INTEROP
    kind = "scs" if source == SCS_LIST else source.split("/", 1)[0]
    return {
        "id": guideline.id,
        "file": path,
        "schema": guideline.schema,
        "status": guideline.status,
        "kind": KINDS[kind],
        "targets": [target.name for target in guideline.targets],
        "sha256": sha256(data),
        "origin": {
            "repository": repository,
            "commit": commit,
            "path": SCS_PATH if source == SCS_LIST else target_path(source),
            "sha256": original_sha256,
        },
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0, or 2 with one line on stderr."""
    parser = argparse.ArgumentParser(
        prog="build.py",
        description="Rebuild the bundled guidelines from the published files and words/.",
        epilog="Example: python guidelines/build.py ../shared/interop",
    )
    parser.add_argument(
        "originals", type=Path, metavar="ORIGINALS_FOLDER", help="folder of the published files"
    )
    parser.add_argument(
        "--into",
        type=Path,
        default=GUIDELINES,
        metavar="FOLDER",
        help="write there instead of into this folder",
    )
    options = parser.parse_args(arguments)
    try:
        files = build(options.originals, Words())
        write(files, options.into)
    except DefcheckError as error:
        print(f"build.py: {error}", file=sys.stderr)
        return ExitCode.USAGE
    print(f"Wrote {len(files)} files into {options.into}.")
    return ExitCode.OK
