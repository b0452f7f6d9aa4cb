"""Certificates: the file of authorities to trust, and why a server's is not trusted."""

import re
import ssl
from pathlib import Path

from defcheck.errors import InputError


def require_certificates(cacert: str) -> None:
    """Raise `InputError` where a file of authorities, if any is named, holds none."""
    if not cacert:
        return
    path = Path(cacert).expanduser()
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:
        unread = not isinstance(error, ssl.SSLError)
        said = f"cannot be read: {error.strerror}" if unread else "holds no certificate"
        raise InputError(
            f"The file of certificate authorities {path} {said}.",
            "Name a file with certificates in PEM, with --cacert or as cacert in clouds.yaml.",
        ) from error


def trust(sections: dict[str, dict[str, str]], cacert: Path | None) -> None:
    """Let a tempest.conf trust the authorities in `cacert`, if any, in place of its own."""
    if cacert is not None:
        require_certificates(str(cacert))
        sections["identity"]["ca_certificates_file"] = str(cacert.absolute())


def distrust(error: Exception) -> str:
    """Return why a certificate is not trusted, empty where an error is about something else."""
    said = " ".join(str(error).split())
    found = re.search(r"certificate verify failed:? ?(.*?)(?: \(_ssl|['\")]|$)", said)
    return (found[1] or "nobody vouches for it") if found else ""
