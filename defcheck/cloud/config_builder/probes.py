"""Probe a cloud for what it does not announce.

Whatever is created is named `defcheck-probe-…`, deleted at once, and reported: a
run logs it among its created resources.
"""

import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from defcheck.cloud.connection import Cloud
from defcheck.cloud.discovery.endpoints import AnswerError, run_query
from defcheck.cloud.discovery.model import Fact, Unavailable
from defcheck.cloud.failures import TEMPORARY_STATUSES
from defcheck.redaction.redactor import PROCESS_SECRETS

PROBE_NAME = "defcheck-probe"

FALSE_CONTENT = b"This is text, not a QCOW2 image; made and deleted by defcheck.\n"
REFUSALS = (400, 415)

GRANT_MINUTES = 5
"""How many minutes a grant is valid: it expires even if its deletion fails."""

TEMPURL_KEY, CURRENT_TEMPURL_KEY = "X-Account-Meta-Temp-URL-Key-2", "x-account-meta-temp-url-key-2"
"""The second key of an account for temporary URLs, which users rarely set."""

QUOTA_HEADER = "x-account-meta-quota-bytes"


@dataclass(frozen=True, slots=True)
class ProbeResults:
    """The results of the probes; an empty value means that a probe found nothing."""

    enforcement: Fact[bool] | None = None
    """Whether Glance refuses images whose content does not match disk_format; None: not tried."""

    digest: str = ""
    """The digest of a temporary URL that Swift accepted."""

    reseller_role: str = ""
    """The single role with which a token may set the quota of an account."""

    created: tuple[Mapping[str, str], ...] = field(default=())
    """What was created, whether its deletion worked or not, in the format of made.jsonl."""


NO_PROBES = ProbeResults()


class CloudProber:
    """Probes a cloud and remembers what it created."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._session: Any = cloud.connection.session
        self.created: list[Mapping[str, str]] = []

    def probe_format_enforcement(self) -> Fact[bool]:
        """Return whether Glance refuses an image whose content does not match its disk_format.

        Creates a private image of a few bytes in the login's project and deletes it
        again, as the tests do. `Unavailable` if the result is unclear.
        """
        name = _new_name()
        found = run_query(lambda: self._upload_image(name))
        # Even if no answer came to its creation: it may exist nevertheless.
        gone = run_query(lambda: self._delete_images(name))
        if isinstance(gone, Unavailable):
            left = f"its image {name} may not have been deleted: {gone.reason}"
            return Unavailable(
                f"{found.reason}, and {left}" if isinstance(found, Unavailable) else left
            )
        return found

    def _upload_image(self, name: str) -> bool:
        """Create an image and upload mismatching content; return whether that was refused."""
        from openstack.exceptions import raise_from_response

        glance = self._cloud.connection.image
        created = glance.post(
            "/images",
            json={
                "name": name,
                "disk_format": "qcow2",
                "container_format": "bare",
                "visibility": "private",
            },
        )
        raise_from_response(created)
        image = created.json()["id"]
        self._note_image(image, name)
        answer = glance.put(
            f"/images/{image}/file",
            data=FALSE_CONTENT,
            headers={"Content-Type": "application/octet-stream"},
        )
        if answer.status_code in REFUSALS:
            return True
        raise_from_response(answer)
        return False

    def _delete_images(self, name: str) -> None:
        """Delete every image of this name, which only this probe uses."""
        from openstack.exceptions import raise_from_response

        glance = self._cloud.connection.image
        listed = glance.get("/images", params={"name": name})
        raise_from_response(listed)
        for image in listed.json()["images"]:
            self._note_image(image["id"], name)
            answer = glance.delete(f"/images/{image['id']}")
            if answer.status_code != 404:
                raise_from_response(answer)

    def _note_image(self, image: str, name: str) -> None:
        self._note_created({"kind": "images", "id": image, "name": name})

    def _note_created(self, entry: Mapping[str, str]) -> None:
        if entry not in self.created:
            self.created.append(entry)

    def probe_tempurl_digest(self, session: Any, url: str, digests: Sequence[str]) -> str:
        """Return the first of the digests with which a temporary URL works, empty for none.

        `url` is the account of the session's user. It temporarily gets a second key and an
        empty container; an account that already has such a key is not touched.
        """
        headers = _send_request(session, "HEAD", url, (200, 204)).headers
        if not headers.get(CURRENT_TEMPURL_KEY, PROBE_NAME).startswith(PROBE_NAME):
            return ""
        key, container = f"{PROBE_NAME}-{secrets.token_hex(16)}", _new_name()
        PROCESS_SECRETS.add_secrets(key)
        account = urlsplit(url).path.rpartition("/")[2]
        entry = {"kind": "container", "account": account, "id": container, "name": container}
        put = run_query(lambda: _send_request(session, "PUT", f"{url}/{container}", (201, 202)))
        if isinstance(put, Unavailable) and not put.no_answer:
            return ""
        self.created.append(entry)  # even without an answer it may exist
        try:
            if isinstance(put, Unavailable):
                return ""
            _send_request(session, "POST", url, (200, 201, 202, 204), {TEMPURL_KEY: key})
            # A missing object: 404 for a valid signature, 401 or 403 for an invalid one.
            address = f"{url}/{container}/none"
            if _is_signature_accepted(
                session, address, _new_name(), digests[0]
            ):  # a server that ignores signatures
                return ""
            return next(
                (one for one in digests if _is_signature_accepted(session, address, key, one)), ""
            )
        finally:
            with suppress(Exception):
                _send_request(
                    session, "POST", url, (), {TEMPURL_KEY.replace("X-", "X-Remove-", 1): "x"}
                )
            with suppress(Exception):
                _send_request(session, "DELETE", f"{url}/{container}", (204, 404))
                self.created.append({**entry, "deleted": "true"})

    def probe_reseller_role(self, url: str, roles: Sequence[str]) -> str:
        """Return the first role that on its own may set the quota of an account.

        `url` is the own account, which must have no quota: the probe removes a quota
        that does not exist. Each role that the user has is tried with an application
        credential that has this role only.
        """
        if QUOTA_HEADER in _send_request(self._session, "HEAD", url, (200, 204)).headers:
            return ""
        for role in roles:
            if role not in self._cloud.roles:
                continue
            with self._session_with(role) as session:
                answer = session.post(
                    url, headers={"X-Remove-Account-Meta-Quota-Bytes": "x"}, raise_exc=False
                )
                _require_answer(answer)
                if answer.status_code in (200, 201, 202, 204):
                    return role
        return ""

    @contextmanager
    def _session_with(self, role: str) -> Iterator[Any]:
        """Yield a session of the user with one role only, and those that it implies."""
        from keystoneauth1.identity import v3

        from defcheck.cloud.session import CloudSession

        keystone = self._cloud.connection.identity
        address = f"/users/{self._session.get_user_id()}/application_credentials"
        name = _new_name()
        wanted = {
            "name": name,
            "roles": [{"name": role}],
            "expires_at": f"{datetime.now(UTC) + timedelta(minutes=GRANT_MINUTES):%FT%TZ}",
        }
        try:
            answer = keystone.post(address, json={"application_credential": wanted})
            credential = answer.json()["application_credential"]
            PROCESS_SECRETS.add_secrets(credential["secret"])
            self._note_credential(credential["id"], name)
            yield CloudSession(
                auth=v3.ApplicationCredential(
                    auth_url=build_keystone_url(self._cloud.auth_url),
                    application_credential_id=credential["id"],
                    application_credential_secret=credential["secret"],
                ),
                verify=self._session.verify,
                cert=self._session.cert,
                timeout=self._session.timeout,
            )
        finally:
            # By its name: it may exist although its creation got no answer.
            with suppress(Exception):
                listed = keystone.get(address, params={"name": name})
                for one in listed.json()["application_credentials"]:
                    self._note_credential(one["id"], name)
            for entry in self.created:
                if entry["name"] == name:
                    with suppress(Exception):
                        keystone.delete(f"{address}/{entry['id']}")

    def _note_credential(self, credential: str, name: str) -> None:
        self._note_created({"kind": "application_credentials", "id": credential, "name": name})


def _is_signature_accepted(session: Any, address: str, key: str, digest: str) -> bool:
    """Return whether Swift accepts the signature of a temporary URL of a missing object."""
    ends = int(time.time()) + GRANT_MINUTES * 60
    text = f"GET\n{ends}\n{urlsplit(address).path}"
    signature = hmac.new(key.encode(), text.encode(), digest).hexdigest()
    query = f"?temp_url_sig={signature}&temp_url_expires={ends}"
    answer = session.get(address + query, authenticated=False, raise_exc=False)
    _require_answer(answer)
    return bool(answer.status_code == 404)


def _require_answer(answer: Any) -> None:
    """Raise `AnswerError` if a status is neither an acceptance nor a refusal."""
    if answer.status_code in TEMPORARY_STATUSES:
        raise AnswerError(f"HTTP {answer.status_code}", answer.status_code)


def _send_request(
    session: Any,
    method: str,
    url: str,
    wanted: Sequence[int],
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Send a request; raise AnswerError if `wanted` is given and does not have the status."""
    answer = session.request(url, method, headers=dict(headers or {}), raise_exc=False)
    if wanted and answer.status_code not in wanted:
        words = f"{method} {url} returned HTTP {answer.status_code}"
        raise AnswerError(words, answer.status_code)
    return answer


def build_keystone_url(auth_url: str) -> str:
    """Return the address of Keystone's v3 API, whatever version auth_url contains."""
    base = re.sub(r"/v\d[^/]*/?$", "", auth_url.rstrip("/"))
    return f"{base}/v3"


def try_probe(probe: Callable[[], Any], default: Any) -> Any:
    """Return what a probe found, `default` if the cloud does not permit it."""
    found = run_query(probe)
    return default if isinstance(found, Unavailable) else found


def _new_name() -> str:
    return f"{PROBE_NAME}-{secrets.token_hex(4)}"
