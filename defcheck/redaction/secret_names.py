"""Names that mark a secret: headers, JSON and Python keys, options, URL parameters."""

import re
from functools import lru_cache

SECRET_ENDINGS = re.compile(
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

EXACT_NAMES = frozenset({b"blob", b"sig"})
"""Names of secrets that are too short to be looked for at the end of longer ones."""

REST_OF_LINE_NAMES = re.compile(rb"(?:cookies?2?|authorization|authenticationinfo)\Z")
"""Names whose values have blanks, commas and quotes in them."""

WORKING_FOLDER = b"PWD"
"""A variable of the shell that is no password."""

PASS = b"pass"
"""A number behind it counts what passed."""

ACCESS = b"access"
"""An EC2 credential's name for its half that is sent: a secret where it looks like one."""

TOKEN = b"token"
"""Its `id` is the secret where it is an object, as in Keystone's API."""

MAX_NAME_LENGTH = 64
"""Bytes of a name that are looked at on either side."""

NAME_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
"""Of names."""


@lru_cache(maxsize=4096)
def normalize_name(name: bytes) -> bytes:
    """Return a name as the rules know it: small letters and digits."""
    return name.lower().translate(None, b"-_.")


@lru_cache(maxsize=4096)
def is_secret_name(name: bytes) -> bool:
    """Return whether what stands behind this name is a secret."""
    plain = normalize_name(name)
    return plain in EXACT_NAMES or (
        name != WORKING_FOLDER and SECRET_ENDINGS.search(plain) is not None
    )


def is_header_name(name: bytes) -> bool:
    """Return whether a name can only be that of an HTTP header."""
    return name[:2].lower() == b"x-" or takes_rest_of_line(name)


@lru_cache(maxsize=4096)
def takes_rest_of_line(name: bytes) -> bool:
    """Return whether a value of this name takes the rest of its line."""
    return REST_OF_LINE_NAMES.search(normalize_name(name)) is not None
