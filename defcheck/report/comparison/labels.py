"""What the columns of a comparison are called where the user gives no names."""

from collections import Counter
from collections.abc import Sequence

from defcheck.report.document import Document


def distinct(verdicts: Sequence[Document]) -> list[str]:
    """Return a label for each verdict, no two alike.

    The cloud's name alone where that tells them apart, else with the day, the
    time, or the source.
    """
    for choice in (_cloud, _day, _time, _source):
        labels = [choice(verdict) for verdict in verdicts]
        if all(labels) and len(set(labels)) == len(labels):
            return labels
    seen: Counter[str] = Counter()
    found = []
    for verdict in verdicts:
        source = _source(verdict)
        seen[source] += 1
        found.append(f"{source} ({seen[source]})" if seen[source] > 1 else source)
    return found


def _cloud(verdict: Document) -> str:
    return str(verdict["run"]["cloud"]["name"]) if verdict["run"] else _source(verdict)


def _day(verdict: Document) -> str:
    return f"{_cloud(verdict)} {verdict['run']['started'][:10]}" if verdict["run"] else ""


def _time(verdict: Document) -> str:
    return f"{_cloud(verdict)} {verdict['run']['started'][:19]}" if verdict["run"] else ""


def _source(verdict: Document) -> str:
    return str(verdict["results"]["source"])
