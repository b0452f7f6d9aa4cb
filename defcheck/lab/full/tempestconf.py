"""A tempest.conf for the full lab, written by hand and filled with its ids."""

from defcheck.lab import keystone, templating
from defcheck.lab.accounts import ADMIN, DOMAIN, REGION
from defcheck.lab.full.cinder import BACKEND
from defcheck.lab.full.neutron import EXTERNAL_NETWORK
from defcheck.lab.full.seed import PRIVATE_NETWORK, Seeded
from defcheck.lab.site import Site


def write(site: Site, seeded: Seeded) -> None:
    """Write it for the administrator; `defcheck run --accounts` puts test users in its place."""
    templating.write(
        "tempest.conf",
        site.layout.tempest_conf,
        auth_url=keystone.auth_url(site.ports),
        admin=ADMIN,
        password=site.passwords[ADMIN.name],
        region=REGION,
        domain=DOMAIN,
        seeded=seeded,
        private_network=PRIVATE_NETWORK,
        external_network=EXTERNAL_NETWORK,
        storage_protocol=BACKEND,
        state=site.layout.state,
    )
