"""The secrets that this process has come to know, so that it tells none of them.

Whoever reads or makes a password, a token or a key lets it be learned here, once
and at that place. What is told to people or written into a run goes through it.
"""

import threading
from typing import Any

from defcheck.redaction.documents import secrets_in
from defcheck.redaction.redactor import Redactor


class Register:
    """Secrets that are known, and what takes them out of texts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self._redactor = Redactor()

    def learn(self, *values: object) -> None:
        """Take values that are secrets; what is no text, or empty, is none."""
        new = {value for value in values if isinstance(value, str) and value}
        with self._lock:
            if not new <= self._values:
                self._values |= new
                self._redactor = Redactor(self._values)

    def learn_from(self, document: Any) -> None:
        """Take what stands under names of secrets in a mapping, however deep."""
        self.learn(*secrets_in(document))

    @property
    def values(self) -> list[str]:
        """Everything that was learned, for another process that is to tell none of it either."""
        with self._lock:
            return sorted(self._values)

    def text(self, text: str) -> str:
        """Return a text without secrets: the known ones, and those of known names and forms."""
        return self._redactor.text(text)


PROCESS = Register()
"""What this process knows."""
