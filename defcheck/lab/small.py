"""The small lab, Keystone and Swift: set it up, start it, look at it, end it, delete it."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from defcheck.errors import UnusableError
from defcheck.exclusion import exclusive
from defcheck.lab import (
    accounts,
    environment,
    keystone,
    machine,
    paths,
    ports,
    processes,
    readiness,
    swift,
)
from defcheck.lab.environment import Environment
from defcheck.lab.paths import Layout
from defcheck.lab.ports import Ports
from defcheck.lab.processes import Service
from defcheck.lab.seed import Directory
from defcheck.lab.settings import Settings, load_ports, release, save_ports
from defcheck.virtualenv import Say

DOING = "setting up, starting or ending this lab"


@dataclass(frozen=True)
class Lab:
    """A lab that was set up; where to find it and how to use it."""

    state: Path
    """Everything the lab has written."""

    auth_url: str
    """Keystone's URL."""

    clouds_yaml: Path
    """Both clouds, for openstacksdk."""

    accounts_yaml: Path
    """Test users of four projects, for Tempest."""

    cloud: str = accounts.CLOUD
    """The cloud of the admin, who may do everything."""

    member_cloud: str = accounts.MEMBER_CLOUD
    """The cloud of a plain member of one project."""


@dataclass(frozen=True)
class ServiceStatus:
    """How one service is."""

    name: str

    pid: int | None
    """Its first process; None if it does not run."""

    processes: int
    """How many processes it has; some may be left over when it does not run."""

    memory_mb: float
    """Their memory (PSS)."""


@dataclass(frozen=True)
class Status:
    """How the lab is."""

    lab: Lab | None
    """None if it was never set up, or only by half."""

    services: tuple[ServiceStatus, ...]

    @property
    def ready(self) -> bool:
        """Tell whether the lab is set up and all its services run."""
        return self.lab is not None and all(service.pid for service in self.services)

    @property
    def memory_mb(self) -> float:
        """The memory of all services together (PSS)."""
        return sum(service.memory_mb for service in self.services)


def current() -> Lab | None:
    """Return the lab, running or not; None if none was set up."""
    layout = Layout(paths.state())
    settings = _settings(layout)
    return _lab(layout, settings.ports) if settings else None


def status() -> Status:
    """Look at the lab's processes."""
    layout = Layout(paths.state())
    services = _services(layout, environment.current(), Ports())
    pids = processes.find(services)
    return Status(
        current(),
        tuple(
            ServiceStatus(
                service.name,
                service.leader.pid if service.leader else None,
                len(pids[service.name]),
                processes.memory_mb(pids[service.name]),
            )
            for service in services
        ),
    )


def up(say: Say) -> Lab:
    """Set up what is missing, start what does not run, and prove that all of it works.

    Raise UnusableError, and end what was started, if that does not succeed.
    """
    layout = Layout(paths.state())
    machine.check(layout)
    with exclusive(layout.lock, DOING):
        machine.claim(layout)
        installed = environment.ensure(say)
        settings = _settings(layout)
        if settings is None:
            settings = _discard(layout, installed, say)
        elif settings.release != release():
            raise UnusableError(
                "This lab was set up by another version of defcheck, with other packages.",
                "`defcheck lab clean` deletes it, and `defcheck lab up` then makes a new one.",
            )
        elif _works(layout, installed, settings, say):
            return _lab(layout, settings.ports)
        return _start(layout, installed, settings, say)


def down(say: Say) -> list[int]:
    """End the lab's processes and none other; return their pids. The data are kept."""
    layout = Layout(paths.state())
    with exclusive(layout.lock, DOING):
        return _stop(layout, say)


def clean(say: Say, with_environment: bool = False) -> None:
    """End the lab and delete what it wrote; with_environment: the installed packages too."""
    layout = Layout(paths.state())
    with exclusive(layout.lock, DOING):
        _stop(layout, say)
        if layout.signature.exists():
            say(f"Deleting {layout.state}")
            _empty(layout)
            layout.signature.unlink()
            layout.state.rmdir()
        else:
            say("There is no lab to delete")
    if with_environment:
        say(f"Deleting the installed packages in {paths.cache()}")
        environment.delete()


def _settings(layout: Layout) -> Settings | None:
    """Return the settings of a lab that was once ready, and None for a half-made one."""
    return Settings.load(layout.settings) if load_ports(layout.done) else None


def _services(layout: Layout, installed: Environment, listening: Ports) -> tuple[Service, ...]:
    return (
        keystone.service(layout, installed, listening),
        *swift.services(layout, installed, listening),
    )


def _lab(layout: Layout, listening: Ports) -> Lab:
    return Lab(layout.state, keystone.auth_url(listening), layout.clouds_yaml, layout.accounts_yaml)


def _discard(layout: Layout, installed: Environment, say: Say) -> Settings:
    """Delete what an interrupted `up` left, and choose settings for a new lab."""
    if len(list(layout.state.iterdir())) > 1:
        say("Deleting a half-made lab")
        processes.stop(_services(layout, installed, Ports()))
        _empty(layout)
    return Settings(ports=ports.choose(Ports()))


def _empty(layout: Layout) -> None:
    """Delete all but the signature, which goes last: without it nothing is deleted."""
    for path in layout.state.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path != layout.signature:
            path.unlink()


def _works(layout: Layout, installed: Environment, settings: Settings, say: Say) -> bool:
    """Tell whether the lab needs nothing; end it if it runs but does not work."""
    services = _services(layout, installed, settings.ports)
    if load_ports(layout.done) != settings.ports or not all(one.leader for one in services):
        return False
    try:
        readiness.prove(settings, timeout=5)
    except UnusableError:
        say("The lab runs but does not answer; starting it anew")
        processes.stop(services)
        return False
    say("The lab is running already: a token was issued, an object stored, read and deleted")
    return True


def _start(layout: Layout, installed: Environment, settings: Settings, say: Say) -> Lab:
    services = _services(layout, installed, settings.ports)
    # A killed service may have left children that still hold its port.
    processes.stop([service for service in services if service.leader is None])
    running = {service.port for service in services if service.leader}
    chosen = ports.choose(settings.ports, in_use_by_us=running)
    if chosen != settings.ports:
        say("Some of the lab's ports are taken by other programs; choosing others")
        processes.stop(services)
        settings = replace(settings, ports=chosen)
        services = _services(layout, installed, chosen)
    settings.save(layout.settings)
    keystone.configure(layout, settings.ports)
    swift.configure(layout, settings)

    last_ready = load_ports(layout.done)
    if last_ready is None:
        say("Making Keystone's database")
        password = settings.passwords[accounts.ADMIN.name]
        keystone.create(layout, installed, settings.ports, password)
    if last_ready != settings.ports:
        say("Making Swift's rings")
        swift.create(layout, installed, settings.ports)

    waiting = [service for service in services if service.leader is None]
    try:
        say(f"Starting {', '.join(service.name for service in waiting)}")
        for service in waiting:
            service.start()
        readiness.wait_listening(services)
        if last_ready != settings.ports:
            _publish(layout, settings, with_users=last_ready is None, say=say)
        say("Proving that it works: getting a token, storing, reading and deleting an object")
        readiness.prove(settings)
    except BaseException:
        # Nothing is left running that was never shown to work.
        processes.stop(waiting)
        raise
    save_ports(layout.done, settings.ports)
    return _lab(layout, settings.ports)


def _publish(layout: Layout, settings: Settings, with_users: bool, say: Say) -> None:
    """Put into Keystone, and into the files for users, what they have to know."""
    say("Writing users, roles and the catalogue" if with_users else "Writing the catalogue")
    directory = Directory(settings)
    if with_users:
        directory.seed()
    directory.publish()
    auth_url = keystone.auth_url(settings.ports)
    accounts.write_clouds(layout.clouds_yaml, auth_url, settings.passwords)
    accounts.write_accounts(layout.accounts_yaml, settings.passwords)


def _stop(layout: Layout, say: Say) -> list[int]:
    services: Sequence[Service] = _services(layout, environment.current(), Ports())
    ended = processes.stop(services)
    say(f"Ended {len(ended)} processes" if ended else "The lab is not running")
    return ended
