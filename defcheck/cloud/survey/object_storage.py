"""What Swift says of itself and of the project's account."""

import re
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from defcheck.cloud.connection import Cloud
from defcheck.cloud.survey.asking import AnswerError, together
from defcheck.cloud.survey.model import ObjectStorage

PATH_VERSION = re.compile(r"/v\d[^/]*(/.*)?$")


def see(cloud: Cloud, url: str, deadline: float) -> ObjectStorage:
    """Return what Swift answers at the endpoint `url`."""
    session = cloud.connection.session
    return ObjectStorage(
        **together(
            {"info": lambda: _info(session, url), "account": lambda: _account(session, url)},
            deadline,
        )
    )


def _info(session: Any, url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    address = urlunsplit(parts._replace(path=PATH_VERSION.sub("", parts.path) + "/info"))
    answer = session.get(address, authenticated=False, raise_exc=False)
    if answer.status_code != 200:
        raise AnswerError(f"/info answers with HTTP {answer.status_code}", answer.status_code)
    found = answer.json()
    if not isinstance(found, dict):
        raise AnswerError("/info is not a JSON object")
    return found


def _account(session: Any, url: str) -> dict[str, str]:
    answer = session.head(url)
    return {name.lower(): value for name, value in answer.headers.items()}
