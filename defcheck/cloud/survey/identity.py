"""Who a login is: its token, its catalogue, the cloud's clock."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from defcheck.cloud.connection import Cloud
from defcheck.cloud.survey.asking import together
from defcheck.cloud.survey.catalogue import entries
from defcheck.cloud.survey.model import Identity


def see(cloud: Cloud, deadline: float) -> Identity:
    """Return what the token says, and what Keystone answers to it."""
    session = cloud.connection.session
    access = session.auth.get_access(session)
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
    date = answer.headers.get("Date")
    if not date:
        raise ValueError("its answers bear no date")
    # Date has whole seconds, cut off: half a second on the average.
    return round((parsedate_to_datetime(date) - middle).total_seconds() + 0.5, 1)
