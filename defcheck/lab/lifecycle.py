"""A lab's life: set it up, start it, inspect it, stop it, delete it."""

import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from defcheck.errors import UnusableError
from defcheck.lab import deployment, environment, keystone, lab_sizes, machine, paths, processes
from defcheck.lab.deployment import LabSettings, Site, load_ports, save_ports
from defcheck.lab.environment import LabEnvironment
from defcheck.lab.lab_sizes import LabSize, StartPlan
from defcheck.lab.paths import LabLayout
from defcheck.lab.processes import LabService, PortReservation, choose_ports, is_free
from defcheck.util.concurrency import hold_exclusive_lock
from defcheck.util.virtualenv import Say


def find_size(name: str) -> LabSize:
    """Return a size by its name, one of `paths.STATE_VARIABLES`."""
    if name == "full":
        from defcheck.lab.full.full_size import FullSize

        return FullSize()
    from defcheck.lab.lab_sizes import SmallSize

    return SmallSize()


LOCK_PURPOSE = "setting up, starting or stopping this lab"

FOUNDATION_GRACE = 30.0
"""Seconds that services such as databases have to shut down."""


@dataclass(frozen=True)
class Lab:
    """A lab that was set up; where to find it and how to use it."""

    state: Path
    """The folder with everything that the lab has written."""

    auth_url: str
    """Keystone's URL."""

    clouds_yaml: Path
    """All its clouds, for openstacksdk."""

    accounts_yaml: Path
    """Test users, for Tempest."""

    tempest_conf: Path | None
    """A tempest.conf, where there is one."""

    cloud: str
    """The cloud of the admin."""

    member_cloud: str
    """The cloud of a plain member of one project."""


@dataclass(frozen=True)
class ServiceStatus:
    """The status of one service."""

    name: str

    pid: int | None
    """Its first process; None if it does not run."""

    processes: int
    """How many processes it has; some may remain when it does not run."""

    memory_mb: float
    """Their memory (PSS)."""


@dataclass(frozen=True)
class LabStatus:
    """The status of a lab."""

    lab: Lab | None
    """None if it was never set up completely."""

    services: tuple[ServiceStatus, ...]

    @property
    def ready(self) -> bool:
        """Whether the lab is set up and all its services run."""
        return self.lab is not None and all(service.pid for service in self.services)

    @property
    def memory_mb(self) -> float:
        """The memory of all services together (PSS)."""
        return sum(service.memory_mb for service in self.services)


def find_lab(size: LabSize) -> Lab | None:
    """Return the lab, running or not; None if none was set up."""
    layout = LabLayout(paths.find_state_folder(size.name))
    settings = _load_ready_settings(size, layout)
    return _describe_lab(size, layout, settings) if settings else None


def inspect_lab(size: LabSize) -> LabStatus:
    """Look at the lab's processes."""
    services = _list_services(size, _describe_site(size))
    pids = processes.find_pids(services)
    return LabStatus(
        find_lab(size),
        tuple(
            ServiceStatus(
                service.name,
                service.leader.pid if service.leader else None,
                len(pids[service.name]),
                processes.measure_memory_mb(pids[service.name]),
            )
            for service in services
        ),
    )


def start_lab(size: LabSize, say: Say) -> Lab:
    """Set up what is missing, start what does not run, and check that all of it works.

    Raise UnusableError, and stop what was started, if that fails.
    """
    layout = LabLayout(paths.find_state_folder(size.name))
    machine.check_machine(layout, size.name, size.refused_in_paths)
    with hold_exclusive_lock(layout.lock, LOCK_PURPOSE):
        _check_room(size, layout)
        size.install_requirements(say)
        machine.claim_state_folder(layout, size.name)
        installed = environment.ensure_environment(size.packages, say)
        settings = _load_ready_settings(size, layout)
        if settings is None:
            settings = _discard_partial_lab(size, layout, installed, say)
        elif settings.release != size.packages.release:
            raise UnusableError(
                "This lab was set up by another version of defcheck, with other packages.",
                f"`defcheck lab clean --size {size.name}` deletes it, and "
                f"`defcheck lab up --size {size.name}` then creates a new one.",
            )
        elif _is_working(size, Site(layout, installed, settings), say):
            return _describe_lab(size, layout, settings)
        return _start_services(size, Site(layout, installed, settings), say)


def stop_lab(size: LabSize, say: Say) -> list[int]:
    """Stop the lab's processes and no others; return their pids. The data is kept."""
    with hold_exclusive_lock(LabLayout(paths.find_state_folder(size.name)).lock, LOCK_PURPOSE):
        return _stop_processes(size, say)


def delete_lab(size: LabSize, say: Say, with_environment: bool = False) -> None:
    """Stop the lab and delete what it wrote; with_environment: the installed packages too."""
    layout = LabLayout(paths.find_state_folder(size.name))
    with hold_exclusive_lock(layout.lock, LOCK_PURPOSE):
        machine.require_same_size(layout, size.name)
        _stop_processes(size, say)
        if layout.signature.exists():
            say(f"Deleting {layout.state}")
            _empty_state_folder(layout)
            layout.signature.unlink()
            layout.state.rmdir()
        else:
            say("There is no lab to delete")
    if with_environment:
        say(f"Deleting the installed packages in {paths.find_cache_folder()}")
        environment.delete_environments(size.packages)


def _load_ready_settings(size: LabSize, layout: LabLayout) -> LabSettings | None:
    """Return the settings of a lab that was once ready, None for an incomplete one."""
    kind = type(size.ports)
    return (
        LabSettings.load_settings(layout.settings, kind) if load_ports(layout.done, kind) else None
    )


def _describe_site(size: LabSize) -> Site:
    """Return the lab with what is needed to find its processes."""
    settings = LabSettings(size.ports, {}, "", "", "")
    layout = LabLayout(paths.find_state_folder(size.name))
    return Site(layout, environment.find_environment(size.packages), settings)


def _list_services(size: LabSize, site: Site) -> tuple[LabService, ...]:
    return tuple(service for layer in size.list_layers(site) for service in layer)


def _describe_lab(size: LabSize, layout: LabLayout, settings: LabSettings) -> Lab:
    return Lab(
        state=layout.state,
        auth_url=keystone.auth_url(settings.ports),
        clouds_yaml=layout.clouds_yaml,
        accounts_yaml=layout.accounts_yaml,
        tempest_conf=layout.tempest_conf if size.has_tempest_conf else None,
        cloud=size.cloud,
        member_cloud=size.member_cloud,
    )


def _discard_partial_lab(
    size: LabSize, layout: LabLayout, installed: LabEnvironment, say: Say
) -> LabSettings:
    """Delete the remains of an interrupted `up`, and generate settings for a new lab."""
    settings = LabSettings.generate_settings(
        choose_ports(size.ports), size.secrets, size.packages.release
    )
    if len(list(layout.state.iterdir())) > 1:
        say("Deleting an incomplete lab")
        _end_services(size, Site(layout, installed, settings))
        _empty_state_folder(layout)
        settings = replace(settings, ports=choose_ports(size.ports))
    return settings


def _empty_state_folder(layout: LabLayout) -> None:
    """Delete the content, the signature last: without it nothing may be deleted."""
    for path in layout.state.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path != layout.signature:
            path.unlink()


def _check_room(size: LabSize, layout: LabLayout) -> None:
    """Raise UnusableError if there is too little memory or disk for a lab that does not run yet."""
    site = _describe_site(size)
    if any(service.leader for service in _list_services(size, site)):
        return
    packages = 0 if site.environment.is_complete else size.packages_mb
    machine.check_room(
        size.memory_mb, {layout.state: size.disk_mb, paths.find_cache_folder(): packages}
    )


def _is_working(size: LabSize, site: Site, say: Say) -> bool:
    """Return whether the lab works; stop it if it runs but does not work."""
    before = load_ports(site.layout.done, type(size.ports))
    if before != site.ports or not all(one.leader for one in _list_services(size, site)):
        return False
    try:
        size.prove_working(site, size.proof_seconds)
    except UnusableError:
        say("The lab is running but does not work; restarting it")
        _end_services(size, site)
        return False
    say(f"The lab is already running: {size.proof}")
    return True


def _start_services(size: LabSize, site: Site, say: Say) -> Lab:
    layout = site.layout
    services = _list_services(size, site)
    # A killed service may have left children that still hold its port.
    processes.stop_services([service for service in services if service.leader is None])
    running = {port for service in services if service.leader for port in _list_ports(service)}
    chosen = choose_ports(site.ports, own_ports=running)
    if chosen != site.ports:
        say("Some of the lab's ports are taken by other programs; choosing others")
        _end_services(size, site)
        site = replace(site, settings=replace(site.settings, ports=chosen))
    site.settings.save_settings(layout.settings)

    stopped = {one.name for one in _list_services(size, site) if one.leader is None}

    def start_layer(layer: tuple[LabService, ...], wait: bool = True) -> None:
        waiting = [service for service in layer if service.leader is None]
        if waiting:
            say(f"Starting {', '.join(service.name for service in waiting)}")
        for service in waiting:
            for port in _list_ports(service):
                reserved.release_port(port)
                _require_free_port(service, port)
            service.start_process()
        if wait:
            lab_sizes.wait_until_listening(layer)

    with PortReservation(asdict(site.ports).values()) as reserved:
        try:
            size.bring_up(
                StartPlan(site, load_ports(layout.done, type(size.ports)), start_layer, say)
            )
            size.prove_working(site, size.start_seconds)
        except BaseException:
            # Do not leave a lab running that was never shown to work.
            _end_services(size, site, only=stopped)
            raise
    save_ports(layout.done, site.ports)
    return _describe_lab(size, layout, site.settings)


def _list_ports(service: LabService) -> tuple[int, ...]:
    return (*((service.port,) if service.port else ()), *service.other_ports)


def _require_free_port(service: LabService, port: int) -> None:
    """Raise UnusableError if another program took the port since it was chosen."""
    if not is_free(port):
        raise UnusableError(
            f"Another program took port {port}, which was chosen for {service.name}.",
            "Try again; it will choose another port.",
        )


def _stop_processes(size: LabSize, say: Say) -> list[int]:
    ended = _end_services(size, _describe_site(size))
    say(f"Stopped {len(ended)} processes" if ended else "The lab is not running")
    return ended


def _end_services(size: LabSize, site: Site, only: set[str] | None = None) -> list[int]:
    """Stop the services, the last layer first, and tools of a killed command."""
    layers = [
        [service for service in layer if only is None or service.name in only]
        for layer in size.list_layers(site)
    ]
    first = FOUNDATION_GRACE if len(layers) > 1 else processes.GRACE_SECONDS
    ended = processes.stop_services([*layers.pop(), deployment.define_setup_service(site)])
    for layer in reversed(layers):
        ended += processes.stop_services(layer, first)
    return ended
