"""The small lab: Keystone and Swift, without root and without other servers."""

import sqlite3
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

from defcheck.lab import accounts, keystone, readiness, swift, tools
from defcheck.lab.environment import Packages
from defcheck.lab.files import make_private_folder
from defcheck.lab.ports import Ports
from defcheck.lab.seed import Directory
from defcheck.lab.site import Site
from defcheck.lab.size import Layers, Plan, Size
from defcheck.virtualenv import Say


class SmallSize(Size):
    """Keystone on SQLite, and Swift."""

    name = "small"
    packages = Packages("small", "Keystone and Swift")
    ports = Ports()
    member_cloud = "defcheck-lab-member"
    clouds = MappingProxyType(
        {
            "defcheck-lab": accounts.ADMIN,
            member_cloud: accounts.MEMBER,
            "defcheck-lab-plain-admin": accounts.PLAIN_ADMIN,
        }
    )
    service_users = (accounts.SWIFT,)
    test_users = accounts.members_and_readers(4)
    memory_mb = 500
    disk_mb = 200
    packages_mb = 300
    example = "--guideline 2020.06 --target storage"
    proof = "a token was issued, an object stored, read and deleted"
    proof_seconds = 5
    start_seconds = 30

    def equip(self, say: Say) -> None:
        """Do nothing: the packages are all that it needs."""

    def layers(self, site: Site) -> Layers:
        """Return all services as one layer: none needs another to start."""
        return ((keystone.service(site), *swift.services(site)),)

    def bring_up(self, plan: Plan) -> None:
        """Make Keystone's database and Swift's rings, start both, and fill Keystone."""
        site, say = plan.site, plan.say
        # SQLite refuses a transaction that begins to write while another one writes:
        # one request at a time.
        keystone.configure(site, f"sqlite:///{_database(site)}?timeout=60", threads=1)
        swift.configure(site)
        if plan.is_new:
            say("Making Keystone's database")
            _make_database(site)
        if plan.moved:
            say("Making Swift's rings")
            swift.create(site)
        (services,) = self.layers(site)
        plan.start(services)
        if plan.moved:
            say(
                "Writing users, roles and the catalogue" if plan.is_new else "Writing the catalogue"
            )
            directory = Directory(site)
            if plan.is_new:
                directory.seed(self.users)
            directory.publish((keystone.endpoint(site.ports), swift.endpoint(site.ports)))
            auth_url = keystone.auth_url(site.ports)
            accounts.write_clouds(site.layout.clouds_yaml, auth_url, self.clouds, site.passwords)
            accounts.write_accounts(site.layout.accounts_yaml, self.test_users, site.passwords)
        say("Proving that it works: getting a token, storing, reading and deleting an object")

    def prove(self, site: Site, seconds: float) -> None:
        """Put, get and delete an object as the member."""
        readiness.prove(site, seconds)


def _make_database(site: Site) -> None:
    keystone.make_keys(site)
    make_private_folder(site.layout.data)
    tools.run(site, [*keystone.manage(site), "db_sync"])
    with closing(sqlite3.connect(_database(site))) as connection:
        # So that readers do not hold up the writer; the database remembers it.
        connection.execute("PRAGMA journal_mode=WAL")
    keystone.bootstrap(site)


def _database(site: Site) -> Path:
    return site.layout.data / "keystone.sqlite"
