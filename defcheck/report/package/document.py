"""What the check of a package says, as one JSON-ready document.

Its schema is reports/schemas/package-check-1.json.
"""

from collections.abc import Sequence

from defcheck import __version__
from defcheck.report.document import Document
from defcheck.submit.package.remarks import Kind, Remark

FORMAT = "defcheck package check 1"


def build(name: str, remarks: Sequence[Remark], *, sealed: bool) -> Document:
    """Return the document for the remarks on a package; `name` is how it was named."""
    wrong, unfilled = (
        sum(one.count for one in remarks if one.kind is kind) for kind in (Kind.WRONG, Kind.OPEN)
    )
    return {
        "format": FORMAT,
        "defcheck": __version__,
        "package": {"name": name, "sealed": sealed},
        "state": "wrong" if wrong else "open" if unfilled else "complete",
        "wrong": wrong,
        "open": unfilled,
        "remarks": [
            {
                "kind": one.kind.value.lower(),
                "file": one.file,
                "text": one.text,
                "fields": one.count,
            }
            for one in remarks
        ],
    }
