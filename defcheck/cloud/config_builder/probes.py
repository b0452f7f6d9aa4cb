"""Probe a cloud for what it does not announce.

Whatever is created is deleted at once, is named `defcheck-probe-…`, and is
reported: a run notes it in its log of created resources.
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
"""How long what grants access may be used: it ends by itself where its deletion fails."""

TEMPURL_KEY, CURRENT_TEMPURL_KEY = "X-Account-Meta-Temp-URL-Key-2", "x-account-meta-temp-url-key-2"
"""The second key of an account for temporary URLs, which people seldom set."""

QUOTA_HEADER = "x-account-meta-quota-bytes"


@dataclass(frozen=True, slots=True)
class ProbeResults:
    """What was tried and what came of it; nothing stands for a thing that was not found out."""

    enforcement: Fact[bool] | None = None
    """Whether Glance refuses an image whose content is not of its disk_format; None: not tried."""

    digest: str = ""
    """The digest of a temporary URL that Swift accepted."""

    reseller_role: str = ""
    """The role with which alone a token may set the quota of an account."""

    created: tuple[Mapping[str, str], ...] = field(default=())
    """What was created, whether its deletion worked or not, as made.jsonl has it."""


NO_PROBES = ProbeResults()


class CloudProber:
    """Tries things in a cloud and remembers what it created."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._session: Any = cloud.connection.session
        self.created: list[Mapping[str, str]] = []

    def probe_format_enforcement(self) -> Fact[bool]:
        """Return whether Glance refuses an image whose content is not of its disk_format.

        Creates a private image of a few bytes in the login's project and deletes it
        again, as the tests do. `Unseen` where that gives no clear answer.
        """
        name = _new_name()
        found = run_query(lambda: self._upload_image(name))
        # Also where no answer came to its creation: it may be there all the same.
        gone = run_query(lambda: self._delete_images(name))
        if isinstance(gone, Unavailable):
            left = f"its image {name} may be left: {gone.reason}"
            return Unavailable(
                f"{found.reason}, and {left}" if isinstance(found, Unavailable) else left
            )
        return found

    def _upload_image(self, name: str) -> bool:
        """Create an image and give it false content; return whether that was refused."""
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
        """Delete every image of that name, which only this probe has."""
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

        `url` is the own account of whoever the session is of. It gets a second key and an empty
        container for as long as it takes; an account with such a key is left alone.
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
        self.created.append(entry)  # without an answer it may be there all the same
        try:
            if isinstance(put, Unavailable):
                return ""
            _send_request(session, "POST", url, (200, 201, 202, 204), {TEMPURL_KEY: key})
            # An object that is not there: 404 for a good signature, 401 or 403 for another.
            address = f"{url}/{container}/none"
            if _is_signature_accepted(
                session, address, _new_name(), digests[0]
            ):  # one that looks at no signature
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
        """Return the first of the roles that alone may set the quota of an account.

        `url` is the login's own account, which must have no quota: one that it
        has not is removed. Each role that the login holds is tried with an
        application credential of that role alone.
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
        """Yield a session of the login with one role alone, and those that it implies."""
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
            # By its name: it may be there although its creation gave no answer.
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
    """Return whether Swift takes the signature of a temporary URL of an absent object."""
    ends = int(time.time()) + GRANT_MINUTES * 60
    text = f"GET\n{ends}\n{urlsplit(address).path}"
    signature = hmac.new(key.encode(), text.encode(), digest).hexdigest()
    query = f"?temp_url_sig={signature}&temp_url_expires={ends}"
    answer = session.get(address + query, authenticated=False, raise_exc=False)
    _require_answer(answer)
    return bool(answer.status_code == 404)


def _require_answer(answer: Any) -> None:
    """Raise `AnswerError` where a status tells nothing: it is neither a yes nor a no."""
    if answer.status_code in TEMPORARY_STATUSES:
        raise AnswerError(f"HTTP {answer.status_code}", answer.status_code)


def _send_request(
    session: Any,
    method: str,
    url: str,
    wanted: Sequence[int],
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Send a request; raise AnswerError where the status is none of `wanted`, if any."""
    answer = session.request(url, method, headers=dict(headers or {}), raise_exc=False)
    if wanted and answer.status_code not in wanted:
        words = f"{method} {url} answers with HTTP {answer.status_code}"
        raise AnswerError(words, answer.status_code)
    return answer


def build_keystone_url(auth_url: str) -> str:
    """Return the address of Keystone's v3 API, whichever version auth_url names."""
    base = re.sub(r"/v\d[^/]*/?$", "", auth_url.rstrip("/"))
    return f"{base}/v3"


def try_probe(probe: Callable[[], Any], default: Any) -> Any:
    """Return what a probe found, `otherwise` where the cloud does not let it be tried."""
    found = run_query(probe)
    return default if isinstance(found, Unavailable) else found


def _new_name() -> str:
    return f"{PROBE_NAME}-{secrets.token_hex(4)}"
