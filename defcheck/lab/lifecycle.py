"""A lab's life: set it up, start it, look at it, end it, delete it."""

import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from defcheck.errors import UnusableError
from defcheck.exclusion import exclusive
from defcheck.lab import environment, keystone, machine, paths, ports, processes, readiness, tools
from defcheck.lab.environment import Environment
from defcheck.lab.paths import Layout
from defcheck.lab.processes import Service
from defcheck.lab.settings import Settings, load_ports, save_ports
from defcheck.lab.site import Site
from defcheck.lab.size import Plan, Size
from defcheck.virtualenv import Say

DOING = "setting up, starting or ending this lab"

FOUNDATION_GRACE = 30.0
"""Seconds that databases and the like have to end by themselves."""


@dataclass(frozen=True)
class Lab:
    """A lab that was set up; where to find it and how to use it."""

    state: Path
    """Everything the lab has written."""

    auth_url: str
    """Keystone's URL."""

    clouds_yaml: Path
    """All its clouds, for openstacksdk."""

    accounts_yaml: Path
    """Test users, for Tempest."""

    tempest_conf: Path | None
    """A tempest.conf, where there is one."""

    cloud: str
    """The cloud of the admin, who may do everything."""

    member_cloud: str
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
    """How a lab is."""

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


def current(size: Size) -> Lab | None:
    """Return the lab, running or not; None if none was set up."""
    layout = Layout(paths.state(size.name))
    settings = _settings(size, layout)
    return _lab(size, layout, settings) if settings else None


def status(size: Size) -> Status:
    """Look at the lab's processes."""
    services = _services(size, _any_site(size))
    pids = processes.find(services)
    return Status(
        current(size),
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


def up(size: Size, say: Say) -> Lab:
    """Set up what is missing, start what does not run, and prove that all of it works.

    Raise UnusableError, and end what was started, if that does not succeed.
    """
    layout = Layout(paths.state(size.name))
    machine.check(layout, size.name, size.refused_in_paths)
    with exclusive(layout.lock, DOING):
        _check_room(size, layout)
        size.equip(say)
        machine.claim(layout, size.name)
        installed = environment.ensure(size.packages, say)
        settings = _settings(size, layout)
        if settings is None:
            settings = _discard(size, layout, installed, say)
        elif settings.release != size.packages.release:
            raise UnusableError(
                "This lab was set up by another version of defcheck, with other packages.",
                f"`defcheck lab clean --size {size.name}` deletes it, and "
                f"`defcheck lab up --size {size.name}` then makes a new one.",
            )
        elif _works(size, Site(layout, installed, settings), say):
            return _lab(size, layout, settings)
        return _start(size, Site(layout, installed, settings), say)


def down(size: Size, say: Say) -> list[int]:
    """End the lab's processes and none other; return their pids. The data are kept."""
    with exclusive(Layout(paths.state(size.name)).lock, DOING):
        return _stop(size, say)


def clean(size: Size, say: Say, with_environment: bool = False) -> None:
    """End the lab and delete what it wrote; with_environment: the installed packages too."""
    layout = Layout(paths.state(size.name))
    with exclusive(layout.lock, DOING):
        machine.require_own(layout, size.name)
        _stop(size, say)
        if layout.signature.exists():
            say(f"Deleting {layout.state}")
            _empty(layout)
            layout.signature.unlink()
            layout.state.rmdir()
        else:
            say("There is no lab to delete")
    if with_environment:
        say(f"Deleting the installed packages in {paths.cache()}")
        environment.delete(size.packages)


def _settings(size: Size, layout: Layout) -> Settings | None:
    """Return the settings of a lab that was once ready, and None for a half-made one."""
    kind = type(size.ports)
    return Settings.load(layout.settings, kind) if load_ports(layout.done, kind) else None


def _any_site(size: Size) -> Site:
    """Return the lab as far as its processes need to be known: by their names."""
    settings = Settings(size.ports, {}, "", "", "")
    layout = Layout(paths.state(size.name))
    return Site(layout, environment.current(size.packages), settings)


def _services(size: Size, site: Site) -> tuple[Service, ...]:
    return tuple(service for layer in size.layers(site) for service in layer)


def _lab(size: Size, layout: Layout, settings: Settings) -> Lab:
    return Lab(
        state=layout.state,
        auth_url=keystone.auth_url(settings.ports),
        clouds_yaml=layout.clouds_yaml,
        accounts_yaml=layout.accounts_yaml,
        tempest_conf=layout.tempest_conf if size.has_tempest_conf else None,
        cloud=size.cloud,
        member_cloud=size.member_cloud,
    )


def _discard(size: Size, layout: Layout, installed: Environment, say: Say) -> Settings:
    """Delete what an interrupted `up` left, and choose settings for a new lab."""
    settings = Settings.new(ports.choose(size.ports), size.secrets, size.packages.release)
    if len(list(layout.state.iterdir())) > 1:
        say("Deleting a half-made lab")
        _end(size, Site(layout, installed, settings))
        _empty(layout)
        settings = replace(settings, ports=ports.choose(size.ports))
    return settings


def _empty(layout: Layout) -> None:
    """Delete all but the signature, which goes last: without it nothing is deleted."""
    for path in layout.state.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path != layout.signature:
            path.unlink()


def _check_room(size: Size, layout: Layout) -> None:
    """Raise UnusableError if a lab that does not run yet has too little memory or disk."""
    site = _any_site(size)
    if any(service.leader for service in _services(size, site)):
        return
    packages = 0 if site.environment.is_complete else size.packages_mb
    machine.check_room(size.memory_mb, {layout.state: size.disk_mb, paths.cache(): packages})


def _works(size: Size, site: Site, say: Say) -> bool:
    """Tell whether the lab needs nothing; end it if it runs but does not work."""
    before = load_ports(site.layout.done, type(size.ports))
    if before != site.ports or not all(one.leader for one in _services(size, site)):
        return False
    try:
        size.prove(site, size.proof_seconds)
    except UnusableError:
        say("The lab runs but does not work; starting it anew")
        _end(size, site)
        return False
    say(f"The lab is running already: {size.proof}")
    return True


def _start(size: Size, site: Site, say: Say) -> Lab:
    layout = site.layout
    services = _services(size, site)
    # A killed service may have left children that still hold its port.
    processes.stop([service for service in services if service.leader is None])
    running = {port for service in services if service.leader for port in _ports(service)}
    chosen = ports.choose(site.ports, in_use_by_us=running)
    if chosen != site.ports:
        say("Some of the lab's ports are taken by other programs; choosing others")
        _end(size, site)
        site = replace(site, settings=replace(site.settings, ports=chosen))
    site.settings.save(layout.settings)

    stopped = {one.name for one in _services(size, site) if one.leader is None}

    def start(layer: tuple[Service, ...], wait: bool = True) -> None:
        waiting = [service for service in layer if service.leader is None]
        if waiting:
            say(f"Starting {', '.join(service.name for service in waiting)}")
        for service in waiting:
            for port in _ports(service):
                reserved.release(port)
                _require_port(service, port)
            service.start()
        if wait:
            readiness.wait_listening(layer)

    with ports.Reservation(asdict(site.ports).values()) as reserved:
        try:
            size.bring_up(Plan(site, load_ports(layout.done, type(size.ports)), start, say))
            size.prove(site, size.start_seconds)
        except BaseException:
            # Nothing is left running that was never shown to work.
            _end(size, site, only=stopped)
            raise
    save_ports(layout.done, site.ports)
    return _lab(size, layout, site.settings)


def _ports(service: Service) -> tuple[int, ...]:
    return (*((service.port,) if service.port else ()), *service.other_ports)


def _require_port(service: Service, port: int) -> None:
    """Raise UnusableError if another program took the port since it was chosen."""
    if not ports.is_free(port):
        raise UnusableError(
            f"Another program took port {port}, which {service.name} was to have.",
            "Try again: another port will be chosen.",
        )


def _stop(size: Size, say: Say) -> list[int]:
    ended = _end(size, _any_site(size))
    say(f"Ended {len(ended)} processes" if ended else "The lab is not running")
    return ended


def _end(size: Size, site: Site, only: set[str] | None = None) -> list[int]:
    """End the services, the last layer first, and tools left by a killed command."""
    layers = [
        [service for service in layer if only is None or service.name in only]
        for layer in size.layers(site)
    ]
    first = FOUNDATION_GRACE if len(layers) > 1 else processes.GRACE
    ended = processes.stop([*layers.pop(), tools.service(site)])
    for layer in reversed(layers):
        ended += processes.stop(layer, first)
    return ended
