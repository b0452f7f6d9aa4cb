"""What takes secrets out of texts, and names where that is asked for."""

from collections.abc import Iterable

from defcheck.redaction.known import Known
from defcheck.redaction.pseudonyms import Pseudonyms
from defcheck.redaction.secrets import MARK, replaced

ROUNDS = 4
"""How often a text is looked at again in which something was replaced: seldom more than once."""

__all__ = ["MARK", "Redactor"]


class Redactor:
    """Takes secrets out of texts; total, and the same again on what it returned.

    `known` are values that are secrets wherever they stand; `pseudonyms` also
    gives addresses and names other ones, those that it has learned.
    """

    def __init__(self, known: Iterable[str] = (), pseudonyms: Pseudonyms | None = None) -> None:
        self._known = Known(known)
        self._pseudonyms = pseudonyms

    def text(self, text: str) -> str:
        """Return a text without what nobody else may see."""
        data = text.encode("utf-8", "surrogatepass")
        clean = self.content(data)
        return text if clean == data else clean.decode("utf-8", "surrogatepass")

    def content(self, data: bytes) -> bytes:
        """Return bytes of text, UTF-8 or not, without what nobody else may see."""
        for _ in range(ROUNDS):
            before = data
            data = replaced(self._known.replaced(data))
            if data == before:
                break
        return self._pseudonyms.replaced(data) if self._pseudonyms else data
