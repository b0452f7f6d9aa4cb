"""Compare addresses of Keystone, which may be spelt in several ways."""

import re
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}
VERSION = re.compile(r"/v\d[^/]*$")


def same_keystone(first: str, second: str) -> bool:
    """Return whether two addresses lead to the same Keystone, of whatever API version.

    The case of a host name, the usual port, a slash at the end and a login make no difference.
    """
    return _spell(first) == _spell(second)


def _spell(address: str) -> tuple[object, ...]:
    try:
        parts = urlsplit(address.strip())
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:  # a port that is no number, or half an IPv6 address
        return (address,)
    path = VERSION.sub("", parts.path.rstrip("/")).rstrip("/")
    return parts.scheme, parts.hostname, port, path
