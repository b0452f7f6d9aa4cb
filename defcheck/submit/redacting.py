"""Take what nobody else may see out of the files of a bundle, and say so in its record."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from defcheck.redaction.documents import redacted
from defcheck.redaction.pseudonyms import KINDS, Pseudonyms, texts
from defcheck.redaction.redactor import Redactor
from defcheck.report import json_report
from defcheck.results.rewriting import contents, rewritten
from defcheck.results.sources import RAW_RESULTS, RUN_RECORD
from defcheck.runner.directory import CONF, TESTS_AND_SUMS
from defcheck.submit.claim import SECRETS, places

Files = dict[str, bytes]


def redact_kinds(files: Mapping[str, bytes], kinds: Collection[str]) -> Files:
    """Return the files of a bundle without secrets, and with other names for some `KINDS`."""
    asked = [kind for kind in KINDS if kind in kinds]
    if not asked:
        return redact(files, Redactor(), [SECRETS])
    record = json.loads(files[RUN_RECORD])
    names = Pseudonyms(asked, [record["cloud"]["name"]])
    for text in texts({key: record[key] for key in record if key not in TESTS_AND_SUMS}):
        names.learn(text)
    for text in (files[CONF], *contents(files[RAW_RESULTS])):
        names.learn(text)
    return redact(files, Redactor(pseudonyms=names), [SECRETS, *asked])


def redact(files: Mapping[str, bytes], redactor: Redactor, kinds: Sequence[str]) -> Files:
    """Return the files of a bundle without what the redactor replaces.

    Where there is nothing to replace they are the same, to the byte. Else the
    record names the sha256 of the results as they are now, where the run was
    resumed in them, what was replaced, and the sha256 of before. The guideline,
    the inventory and all names of tests stay as they are.
    """
    record = json.loads(files[RUN_RECORD])
    bounds = [one for key in ("resumed", "reruns") for one in record.get(key, ())]
    results = rewritten(
        files[RAW_RESULTS], redactor.content, [int(one["offset"]) for one in bounds]
    )
    clean = redacted(record, redactor.text, TESTS_AND_SUMS | {"redaction", "format"})
    conf = redactor.content(files[CONF])
    changed = {
        RAW_RESULTS: results.data != files[RAW_RESULTS],
        RUN_RECORD: clean != record,
        CONF: conf != files[CONF],
    }
    if not any(changed.values()):
        return dict(files)
    bounds = [one for key in ("resumed", "reruns") for one in clean.get(key, ())]
    for one, offset in zip(bounds, results.offsets, strict=True):
        one["offset"] = offset
    before: dict[str, Any] = record.get("redaction") or {}
    clean["redaction"] = {
        "kinds": list(dict.fromkeys([*before.get("kinds", ()), *kinds])),
        "files": sorted({*before.get("files", ()), *(name for name in changed if changed[name])}),
        "places": places(results.data),
        "results_sha256": before.get("results_sha256") or record["results_sha256"],
    }
    clean["results_sha256"] = hashlib.sha256(results.data).hexdigest()
    return {
        **files,
        RAW_RESULTS: results.data,
        RUN_RECORD: json_report.render(clean).encode(),
        CONF: conf,
    }
