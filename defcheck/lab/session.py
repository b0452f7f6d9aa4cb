"""Authenticated requests to the lab."""

import requests
from keystoneauth1.identity import V3Password
from keystoneauth1.session import Session

from defcheck.lab import keystone
from defcheck.lab.accounts import DOMAIN, User
from defcheck.lab.site import Site

TIMEOUT = 30.0
"""Seconds that one request may take."""


def open_session(site: Site, user: User) -> Session:
    """Return a session that gets its token, as `user` in its project, when first used."""
    transport = requests.Session()
    # The lab is on this machine: no proxy and no .netrc of the user's is meant for it.
    transport.trust_env = False
    return Session(
        auth=V3Password(
            auth_url=keystone.auth_url(site.ports),
            username=user.name,
            password=site.passwords[user.name],
            project_name=user.project,
            user_domain_name=DOMAIN,
            project_domain_name=DOMAIN,
        ),
        session=transport,
        timeout=TIMEOUT,
    )
