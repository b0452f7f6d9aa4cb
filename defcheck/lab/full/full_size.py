"""The full lab as a size of lab: its users, its databases and how it is brought up.

The services' migrations take most of the first start. Their result depends only on
the packages, so a dump of it is kept with those.
"""

from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import MappingProxyType

from defcheck.lab import deployment, keystone, machine, swift
from defcheck.lab.deployment import Site
from defcheck.lab.environment import LabPackages
from defcheck.lab.full import infrastructure, openstack_services, resources
from defcheck.lab.full.infrastructure import FullPorts, require_full_ports
from defcheck.lab.keystone import (
    ADMIN,
    MEMBER,
    PLAIN_ADMIN,
    SWIFT_USER,
    KeystoneDirectory,
    LabUser,
    make_test_users,
    write_accounts_yaml,
    write_clouds_yaml,
)
from defcheck.lab.lab_sizes import LabSize, Layers, StartPlan
from defcheck.lab.paths import create_private_folder
from defcheck.util.virtualenv import Say

CLOUD = "defcheck-lab-full"
MEMBER_CLOUD = "defcheck-lab-full-member"
READER_CLOUD = "defcheck-lab-full-reader"
PLAIN_ADMIN_CLOUD = "defcheck-lab-full-plain-admin"

READER = LabUser("defcheck-reader", MEMBER.project, ("reader",))

CLOUDS = MappingProxyType(
    {CLOUD: ADMIN, MEMBER_CLOUD: MEMBER, READER_CLOUD: READER, PLAIN_ADMIN_CLOUD: PLAIN_ADMIN}
)
"""Cloud name in clouds.yaml to its user."""

GLANCE, PLACEMENT, NOVA, NEUTRON, CINDER = (
    LabUser(name, "service", ("admin", "service"))
    for name in ("glance", "placement", "nova", "neutron", "cinder")
)
SERVICE_USERS = (SWIFT_USER, GLANCE, PLACEMENT, NOVA, NEUTRON, CINDER)

WORKER_COUNT = 8
"""How many workers the test users are enough for: two projects each."""


def _make_special_users(kind: str, role: str, types: tuple[str, ...] = ()) -> tuple[LabUser, ...]:
    names = [f"defcheck-test-{kind}-{number}" for number in (1, 2)]
    return tuple(LabUser(name, name, (role,), types) for name in names)


# A ResellerAdmin must not be listed as an operator too: Tempest would use it as a plain
# operator, whose request to change a quota must be refused.
TEST_USERS = (
    *make_test_users(2 * WORKER_COUNT),
    *_make_special_users("reseller", "ResellerAdmin"),
    *_make_special_users("admin", "admin", types=("admin",)),
)
"""The users of accounts.yaml, in its order."""


DATABASES = (
    "keystone",
    "glance",
    "placement",
    openstack_services.NOVA_API_DATABASE,
    openstack_services.NOVA_CELL0_DATABASE,
    openstack_services.NOVA_DATABASE,
    "neutron",
    "cinder",
)

DUMP_FILE = "databases.sql.gz"
"""In the environment's folder; without secrets, since it is created before there are any."""

PARALLEL_MIGRATIONS = 2
"""How many migrations run at a time: each keeps one core busy."""


def create_databases(site: Site, say: Say) -> None:
    """Create the databases and their tables."""
    infrastructure.execute_sql(
        site, "".join(f"CREATE DATABASE {name} CHARACTER SET utf8mb3;\n" for name in DATABASES)
    )
    dump = _find_dump(site)
    if dump.exists():
        say("Creating the databases from a dump")
        infrastructure.load_dump(site, dump)
        return
    say("Creating the databases with the services' migrations (only the first time)")
    _run_migrations(site, say)
    infrastructure.dump_databases(site, DATABASES, dump)


def _run_migrations(site: Site, say: Say) -> None:
    migrations = {
        "nova": openstack_services.list_nova_migrations(site),
        "neutron": openstack_services.list_neutron_migrations(site),
        "cinder": openstack_services.list_cinder_migrations(site),
        "keystone": ((*keystone.manage_command(site), "db_sync"),),
        "glance": openstack_services.list_glance_migrations(site),
        "placement": openstack_services.list_placement_migrations(site),
    }

    def migrate_service(name: str) -> str:
        for command in migrations[name]:
            deployment.run_tool(
                site, command, infrastructure.make_stand_in_environment(site), log=f"setup-{name}"
            )
        return name

    executor = ThreadPoolExecutor(PARALLEL_MIGRATIONS)
    try:
        for done in as_completed([executor.submit(migrate_service, name) for name in migrations]):
            say(f"  {done.result()} is done")
    finally:
        # Do not wait: after an error or an interruption the tools are stopped with the rest.
        executor.shutdown(wait=False, cancel_futures=True)


def _find_dump(site: Site) -> Path:
    return site.environment.folder / DUMP_FILE


KEYSTONE_THREADS = 8


class FullSize(LabSize):
    """Keystone, Swift, Glance, Placement, Nova, Neutron and Cinder."""

    name = "full"
    packages = LabPackages(
        "full",
        "Keystone, Swift, Glance, Placement, Nova, Neutron and Cinder",
        sources=("ovs", "simplegeneric"),
    )
    ports = FullPorts()
    member_cloud = MEMBER_CLOUD
    clouds = CLOUDS
    service_users = SERVICE_USERS
    test_users = TEST_USERS
    other_secrets = (
        infrastructure.MARIADB_SECRET,
        infrastructure.RABBITMQ_SECRET,
        infrastructure.ERLANG_COOKIE,
    )
    # RabbitMQ's scripts and the services' rootwrap split paths at blanks.
    refused_in_paths = machine.SPECIAL_CHARACTERS + " \t'\"\\"
    memory_mb = 2600
    disk_mb = 1000
    packages_mb = 900
    has_tempest_conf = True
    example = "--guideline 2020.06 --target platform"
    proof = "a server, a volume and an object were created and deleted"
    proof_seconds = 60
    start_seconds = 240

    def install_requirements(self, say: Say) -> None:
        """Install Debian's packages if run as root."""
        infrastructure.install_debian_packages(say)

    def list_layers(self, site: Site) -> Layers:
        """Return the layers; all need the first ones: names, database, queue, Keystone."""
        return (
            # Before RabbitMQ, which would otherwise start its own.
            (infrastructure.define_name_service(site),),
            (
                infrastructure.define_mariadb_service(site),
                infrastructure.define_rabbitmq_service(site),
            ),
            (keystone.define_keystone_service(site),),
            (
                *openstack_services.list_placement_services(site),
                *openstack_services.list_glance_services(site),
                *openstack_services.list_nova_services(site),
                *openstack_services.list_neutron_services(site),
                *openstack_services.list_cinder_services(site),
                *swift.list_swift_services(site),
            ),
        )

    def bring_up(self, plan: StartPlan) -> None:
        """Create the databases, start the services on them, and create their resources."""
        site, say = plan.site, plan.say
        names, foundation, identity, others = self.list_layers(site)
        configure_services(site)
        if plan.is_new:
            say("Creating MariaDB's folder and Keystone's keys")
            infrastructure.create_mariadb_folder(site)
            keystone.create_keys(site)
        if plan.ports_changed:
            swift.create_rings(site)
        plan.start(names)
        plan.start(foundation)
        if plan.is_new:
            create_databases(site, say)
            openstack_services.create_nova_cells(site)
            keystone.bootstrap_keystone(site)
        plan.start(identity)
        directory = KeystoneDirectory(site)
        if plan.ports_changed:
            say("Writing the catalogue")
            self._publish_endpoints(plan, directory)
        # They are slow to start: create the users meanwhile.
        plan.start(others, wait=False)
        if plan.is_new:
            say("Writing users and roles")
            directory.create_users(user for user in self.users if user not in self.service_users)
        plan.start(others)
        if plan.ports_changed:
            say("Creating flavors, images, networks and a volume type")
            resources.write_tempest_conf(site, resources.create_resources(site))
        say("Checking that it works: creating and deleting a server, a volume and an object")

    def prove_working(self, site: Site, seconds: float) -> None:
        """Create and delete a server, a volume and an object as the member."""
        resources.prove_full_lab(
            site, [one for layer in self.list_layers(site) for one in layer], seconds
        )

    def _publish_endpoints(self, plan: StartPlan, directory: KeystoneDirectory) -> None:
        """Write the endpoints into Keystone, and the files for users."""
        site, listening = plan.site, require_full_ports(plan.site)
        if plan.is_new:
            directory.create_users(self.service_users)
        directory.publish_endpoints(
            (
                keystone.describe_keystone(listening),
                openstack_services.describe_placement(listening),
                openstack_services.describe_glance(listening),
                openstack_services.describe_nova(listening),
                openstack_services.describe_neutron(listening),
                *openstack_services.describe_cinder(listening),
                swift.describe_swift(listening),
            )
        )
        layout, passwords = site.layout, site.passwords
        auth_url = keystone.auth_url(listening)
        write_clouds_yaml(layout.clouds_yaml, auth_url, self.clouds, passwords)
        write_accounts_yaml(
            layout.accounts_yaml, self.test_users, passwords, resources.PRIVATE_NETWORK
        )


def configure_services(site: Site) -> None:
    """Write the configuration files of all services."""
    create_private_folder(site.layout.data)
    infrastructure.write_stand_ins(site)
    infrastructure.configure_mariadb(site)
    infrastructure.configure_rabbitmq(site)
    keystone.configure_keystone(
        site, infrastructure.make_database_url(site, "keystone"), KEYSTONE_THREADS
    )
    openstack_services.configure_placement(site)
    openstack_services.configure_glance(site)
    openstack_services.configure_nova(site)
    openstack_services.configure_neutron(site)
    openstack_services.configure_cinder(site)
    swift.configure_swift(site)
