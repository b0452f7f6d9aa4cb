"""Which names name a secret: headers, keys of JSON and Python, options, parameters of URLs."""

import re
from functools import lru_cache

ENDINGS = re.compile(
    rb"(?:"
    rb"pass(?:word|wd|phrase)s?(?:\d{1,3}|hash|new|old|confirm|confirmation|again)?"
    rb"|passcode|(?<!old)pwd|pswd|clientkeydata"
    rb"|(?<!by)(?<!com)pass"
    rb"|secrets?(?:key)?|secretaccesskey|secretuuid"
    rb"|token"
    rb"|cookies?2?"
    rb"|authorization|authenticationinfo"
    rb"|(?:api|auth|private|secret|access|shared|encryption|master|signing|hmac|account|storage"
    rb"|session|fernet|customer|wrapping|sync|tempurl|metadataproxyshared)keys?\d?"
    rb"|(?:ssl|encrypted|heartbeat|rndc|migrationssh|ceph[a-z]{1,20})key"
    rb"|keystonecredential|cryptokek|hash(?:path)?suffix"
    rb"|accesskeyid|amzcredential"
    rb"|signature|tempurlsig"
    rb"|oauthverifier|oauthnonce"
    rb"|userdata"
    rb")\Z"
)
"""How names of secrets end, in small letters and without `-`, `_` and `.`."""

WHOLE = frozenset({b"blob", b"sig"})
"""Names of secrets that are too short to be looked for at the end of longer ones."""

TO_THE_END = re.compile(rb"(?:cookies?2?|authorization|authenticationinfo)\Z")
"""Names whose values have blanks, commas and quotes in them."""

WORKING_FOLDER = b"PWD"
"""A variable of the shell that is no password."""

PASS = b"pass"
"""A number behind it counts what passed."""

ACCESS = b"access"
"""An EC2 credential's name for its half that is sent: a secret where it looks like one."""

TOKEN = b"token"
"""Its `id` is the secret where it is an object, as in Keystone's API."""

MOST = 64
"""Bytes of a name that are looked at on either side."""

LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
"""Of names."""


@lru_cache(maxsize=4096)
def bare(name: bytes) -> bytes:
    """Return a name as the rules know it: small letters and digits."""
    return name.lower().translate(None, b"-_.")


@lru_cache(maxsize=4096)
def is_secret(name: bytes) -> bool:
    """Return whether what stands behind this name is a secret."""
    plain = bare(name)
    return plain in WHOLE or (name != WORKING_FOLDER and ENDINGS.search(plain) is not None)


def is_header(name: bytes) -> bool:
    """Return whether a name can only be that of an HTTP header."""
    return name[:2].lower() == b"x-" or runs_to_the_end(name)


@lru_cache(maxsize=4096)
def runs_to_the_end(name: bytes) -> bool:
    """Return whether a value of this name takes the rest of its line."""
    return TO_THE_END.search(bare(name)) is not None
