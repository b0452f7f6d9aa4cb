"""Who a login is: its token, its catalogue, the cloud's clock."""

import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from defcheck.cloud.connection import Cloud
from defcheck.cloud.survey.asking import AnswerError, together
from defcheck.cloud.survey.catalogue import entries
from defcheck.cloud.survey.model import Identity

DATE = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")
"""A time as HTTP has it (RFC 9110, IMF-fixdate)."""

SAME = timedelta(seconds=2)
"""How far the times of a service and of the proxy before it may differ."""


def see(cloud: Cloud, deadline: float) -> Identity:
    """Return what the token says, and what Keystone answers to it."""
    session = cloud.connection.session
    access = session.log_in()
    services = access.service_catalog.catalog if access.has_service_catalog() else []
    return Identity(
        user_name=access.username or "",
        user_id=access.user_id or "",
        project_name=access.project_name or "",
        project_id=access.project_id or "",
        roles=cloud.roles,
        expires=access.expires,
        catalogue=entries(services),
        **together({"skew": lambda: _skew(session, cloud.auth_url)}, deadline),
    )


def _skew(session: Any, url: str) -> float:
    """Return how far the Date of an answer is ahead of the middle of the exchange."""
    began = time.time()
    answer = session.get(url, authenticated=False, raise_exc=False)
    middle = datetime.fromtimestamp((began + time.time()) / 2, UTC)
    # Date has whole seconds, cut off: half a second on the average.
    return round((read_date(answer.headers.get("Date") or "") - middle).total_seconds() + 0.5, 1)


def read_date(header: str) -> datetime:
    """Return the time in a Date header, of which a proxy may add a second one.

    Raises `AnswerError` where there is none, or two that differ.
    """
    times = [parsedate_to_datetime(one) for one in DATE.findall(header)]
    if not times:
        raise AnswerError("its answers have no valid Date header")
    if max(times) - min(times) > SAME:
        raise AnswerError("its answers have two Date headers that differ")
    return times[0]
