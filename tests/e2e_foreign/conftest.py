"""A small lab whose object store is a RADOS Gateway, in place of its Swift.

Needs root, and Debian's packages of Ceph, which it installs where they are missing.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from tests.e2e.place import Place
from tests.e2e_foreign.ceph import Ceph, Gateway, Keystone, install, missing_programs

ACCOUNTS = "AUTH_%(project_id)s"
"""How the catalogue names the account of a project."""


@dataclass(frozen=True)
class Foreign(Place):
    """A lab, and the gateway that its catalogue names."""

    ceph: Ceph

    def use(self, gateway: Gateway, path: str) -> None:
        """Start a gateway with these settings, and let the catalogue name this path of it."""
        self.ceph.start_gateway(gateway)
        with self.connect() as admin:
            (service,) = (one for one in admin.identity.services() if one.type == "object-store")
            for endpoint in admin.identity.endpoints(service_id=service.id):
                admin.identity.update_endpoint(endpoint, url=f"{self.ceph.gateway_url}{path}")

    def connect(self) -> Any:
        """Return openstacksdk's connection as the lab's administrator."""
        from openstack.config import OpenStackConfig
        from openstack.connection import Connection

        files = [str(self.state / "clouds.yaml")]
        return Connection(config=OpenStackConfig(config_files=files).get_one("defcheck-lab"))


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Foreign]:
    """Return a lab with a gateway; both are ended at the end, whatever happened."""
    if os.geteuid() != 0:
        pytest.skip("Ceph's daemons are started as root")
    if missing_programs():
        install()
    folder = tmp_path_factory.mktemp("foreign")
    place = Place(folder)
    ceph = None
    try:
        up = place.defcheck("lab", "up")
        assert up.returncode == 0, up.stderr
        clouds = yaml.safe_load((place.state / "clouds.yaml").read_text())["clouds"]
        login = clouds["defcheck-lab"]["auth"]
        url = login["auth_url"].removesuffix("/v3")
        keystone = Keystone(url, login["username"], login["password"], login["project_name"])
        ceph = Ceph(folder / "ceph", keystone)
        ceph.build()
        yield Foreign(folder, ceph)
    finally:
        if ceph is not None:
            ceph.stop()
        place.defcheck("lab", "clean")
