"""The certificate of an endpoint: until when, of whom, trusted or why not."""

import socket
import ssl
import time
from urllib.parse import urlsplit

from defcheck.cloud.patience import WAITS
from defcheck.cloud.survey.model import Certificate


def certificate(url: str, cacert: str, seconds: float) -> Certificate | None:
    """Return what an https address shows, None for another address.

    `cacert` is the file of authorities to trust, empty for those that Python's
    HTTP libraries trust. Raises OSError where there is no TLS.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return None
    address = parts.hostname, parts.port or 443
    distrust = ""
    try:
        _shown(address, _trusting(cacert), seconds)
    except ssl.SSLCertVerificationError as error:
        distrust = error.verify_message or "it is not trusted"
    return _read(_shown(address, _careless(), seconds), distrust)


def _trusting(cacert: str) -> ssl.SSLContext:
    import certifi

    return ssl.create_default_context(cafile=cacert or certifi.where())


def _careless() -> ssl.SSLContext:
    """Return a context that takes any certificate: to read it, nothing is sent."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _shown(address: tuple[str, int], context: ssl.SSLContext, seconds: float) -> bytes:
    for wait in (*WAITS, None):
        try:
            with (
                socket.create_connection(address, timeout=seconds) as plain,
                context.wrap_socket(plain, server_hostname=address[0]) as secure,
            ):
                return secure.getpeercert(binary_form=True) or b""
        except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
            if wait is None:
                raise
            time.sleep(wait)
    return b""


def _read(data: bytes, distrust: str) -> Certificate:
    from cryptography import x509

    found = x509.load_der_x509_certificate(data)
    return Certificate(
        issuer=found.issuer.rfc4514_string(),
        subject=found.subject.rfc4514_string(),
        not_after=found.not_valid_after_utc,
        distrust=distrust,
    )
