"""How a user is known to a RefStack server: by a browser's session or by a registered key."""

import base64
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from defcheck.errors import InputError
from defcheck.submit.keys import SigningKey

SESSION_VARIABLE = "DEFCHECK_REFSTACK_SESSION"
OPENID_VARIABLE = "DEFCHECK_REFSTACK_OPENID"

LOGIN_ADVICE = (
    f"Log in to the server with a browser and give its cookie `refstack` in {SESSION_VARIABLE}, "
    f"or use a registered key: --sign KEY, and your OpenID in {OPENID_VARIABLE}."
)

TOKEN_SECONDS = 600
"""How long a token is valid; RefStack allows the clocks 42 seconds more (JWT_VALIDATION_LEEWAY)."""

MAX_OPENID = 128
"""What the column of RefStack's database holds."""

_COOKIE = re.compile(r"(?:^|[;:\s])refstack=([^;\s]*)")
_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+")
"""What RFC 6265 lets a cookie's value consist of."""


class Authentication(Protocol):
    """Proves to a server who asks."""

    def headers(self) -> dict[str, str]:
        """Return the headers of a request."""
        ...

    @property
    def title(self) -> str:
        """What it is, after "does not accept"."""
        ...

    @property
    def advice(self) -> str:
        """What to do where a server does not accept it."""
        ...


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The session of a browser that is logged in: RefStack's cookie `refstack`."""

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _VALUE.fullmatch(self.value):
            raise InputError(
                f"The session in {SESSION_VARIABLE} is not the value of a cookie.",
                "Copy the value of the cookie `refstack` from a browser that is logged in.",
            )

    @classmethod
    def parse(cls, text: str) -> "SessionCookie":
        """Return the session in a cookie's bare value, `refstack=VALUE` or a Cookie header."""
        found = _COOKIE.search(text)
        return cls(found[1] if found else text.strip())

    def headers(self) -> dict[str, str]:
        """Return the Cookie header."""
        return {"Cookie": f"refstack={self.value}"}

    @property
    def title(self) -> str:
        """What it is, after "does not accept"."""
        return f"the session in {SESSION_VARIABLE}: it has ended, or is another server's"

    @property
    def advice(self) -> str:
        """What to do where a server does not accept it."""
        return f"{LOGIN_ADVICE} Unset {SESSION_VARIABLE} to see what is public."


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A JSON Web Token that a key signs which the user registered on the server."""

    key: SigningKey
    openid: str
    """The user's OpenID, to the letter as the server's profile page shows it."""

    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        if not self.openid.isprintable() or not 0 < len(self.openid) <= MAX_OPENID:
            raise InputError(
                f"{self.openid[:MAX_OPENID]!r} is not an OpenID.",
                f"Copy the OpenID from your profile on the server: --openid, or {OPENID_VARIABLE}.",
            )

    def headers(self) -> dict[str, str]:
        """Return the Authorization header, with a new token.

        RS256 (RFC 7518) is the signature that the key makes of uploads. RefStack
        (decode_token) requires `user_openid` and `exp`. There is no `iat`, which
        would be refused where this machine's clock is ahead.
        """
        claims = {"user_openid": self.openid, "exp": int(self.clock()) + TOKEN_SECONDS}
        parts = [{"alg": "RS256", "typ": "JWT"}, claims]
        signed = b".".join(_encode(json.dumps(part).encode()) for part in parts)
        token = b".".join((signed, _encode(bytes.fromhex(self.key.sign(signed)))))
        return {"Authorization": f"Bearer {token.decode()}"}

    @property
    def title(self) -> str:
        """What it is, after "does not accept"."""
        return "the token that the key signed"

    @property
    def advice(self) -> str:
        """What to do where a server does not accept it."""
        return (
            f"Check that this key is registered there for {self.openid}, that the profile page "
            "shows this very OpenID, and that the clock of this machine is right."
        )


def _encode(data: bytes) -> bytes:
    """Return base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")
