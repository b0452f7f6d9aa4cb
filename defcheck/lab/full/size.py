"""The full lab as a size of lab."""

from defcheck.lab import accounts, keystone, machine, swift
from defcheck.lab.environment import Packages
from defcheck.lab.files import make_private_folder
from defcheck.lab.full import (
    cinder,
    databases,
    debian,
    glance,
    mariadb,
    neutron,
    nova,
    placement,
    ports,
    rabbitmq,
    readiness,
    seed,
    stand_ins,
    tempestconf,
)
from defcheck.lab.full.accounts import CLOUDS, MEMBER_CLOUD, SERVICE_USERS, TEST_USERS
from defcheck.lab.full.ports import FullPorts
from defcheck.lab.seed import Directory
from defcheck.lab.site import Site
from defcheck.lab.size import Layers, Plan, Size
from defcheck.virtualenv import Say

KEYSTONE_THREADS = 8


class FullSize(Size):
    """Keystone, Swift, Glance, Placement, Nova, Neutron and Cinder."""

    name = "full"
    packages = Packages(
        "full",
        "Keystone, Swift, Glance, Placement, Nova, Neutron and Cinder",
        sources=("ovs", "simplegeneric"),
    )
    ports = FullPorts()
    member_cloud = MEMBER_CLOUD
    clouds = CLOUDS
    service_users = SERVICE_USERS
    test_users = TEST_USERS
    other_secrets = (mariadb.SECRET, rabbitmq.SECRET, rabbitmq.COOKIE)
    # RabbitMQ's scripts and the services' rootwrap split at blanks.
    refused_in_paths = machine.SPECIAL + " \t'\"\\"
    memory_mb = 2600
    disk_mb = 1000
    packages_mb = 900
    has_tempest_conf = True
    example = "--guideline 2020.06 --target platform"
    proof = "a server, a volume and an object were made and deleted"
    proof_seconds = 60
    start_seconds = 240

    def equip(self, say: Say) -> None:
        """Install Debian's packages if root."""
        debian.ensure(say)

    def layers(self, site: Site) -> Layers:
        """Return what all others need, first: names, database and queue, Keystone."""
        return (
            # Before RabbitMQ, which would else start one by itself.
            (rabbitmq.name_service(site),),
            (mariadb.service(site), rabbitmq.service(site)),
            (keystone.service(site),),
            (
                *placement.services(site),
                *glance.services(site),
                *nova.services(site),
                *neutron.services(site),
                *cinder.services(site),
                *swift.services(site),
            ),
        )

    def bring_up(self, plan: Plan) -> None:
        """Make the databases, start the services on them, and fill those."""
        site, say = plan.site, plan.say
        names, foundation, identity, others = self.layers(site)
        configure(site)
        if plan.is_new:
            say("Making MariaDB's folder and Keystone's keys")
            mariadb.create(site)
            keystone.make_keys(site)
        if plan.moved:
            swift.create(site)
        plan.start(names)
        plan.start(foundation)
        if plan.is_new:
            databases.create(site, say)
            nova.map_cells(site)
            keystone.bootstrap(site)
        plan.start(identity)
        directory = Directory(site)
        if plan.moved:
            say("Writing the catalogue")
            self._publish(plan, directory)
        # They take long to start, in which the users can be made.
        plan.start(others, wait=False)
        if plan.is_new:
            say("Writing users and roles")
            directory.seed(user for user in self.users if user not in self.service_users)
        plan.start(others)
        if plan.moved:
            say("Making flavors, images, networks and a volume type")
            tempestconf.write(site, seed.seed(site))
        say("Proving that it works: making and deleting a server, a volume and an object")

    def prove(self, site: Site, seconds: float) -> None:
        """Make and delete a server, a volume and an object as the member."""
        readiness.prove(site, [one for layer in self.layers(site) for one in layer], seconds)

    def _publish(self, plan: Plan, directory: Directory) -> None:
        """Put into Keystone, and into the files for users, what they have to know."""
        site, listening = plan.site, ports.of(plan.site)
        if plan.is_new:
            directory.seed(self.service_users)
        directory.publish(
            (
                keystone.endpoint(listening),
                placement.endpoint(listening),
                glance.endpoint(listening),
                nova.endpoint(listening),
                neutron.endpoint(listening),
                *cinder.endpoints(listening),
                swift.endpoint(listening),
            )
        )
        layout, passwords = site.layout, site.passwords
        auth_url = keystone.auth_url(listening)
        accounts.write_clouds(layout.clouds_yaml, auth_url, self.clouds, passwords)
        accounts.write_accounts(
            layout.accounts_yaml, self.test_users, passwords, seed.PRIVATE_NETWORK
        )


def configure(site: Site) -> None:
    """Write the configuration files of all services."""
    make_private_folder(site.layout.data)
    stand_ins.make(site)
    mariadb.configure(site)
    rabbitmq.configure(site)
    keystone.configure(site, mariadb.url(site, "keystone"), KEYSTONE_THREADS)
    for service in (placement, glance, nova, neutron, cinder, swift):
        service.configure(site)
