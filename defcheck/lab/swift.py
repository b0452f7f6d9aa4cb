"""Swift: its configuration, its rings and its services."""

from pathlib import Path

from defcheck.lab import keystone, machine, rings, templating, tools
from defcheck.lab.accounts import DOMAIN, SWIFT
from defcheck.lab.environment import Environment
from defcheck.lab.files import make_private_folder
from defcheck.lab.paths import Layout
from defcheck.lab.ports import HOST, Ports
from defcheck.lab.processes import Service
from defcheck.lab.settings import Settings


def object_store_url(ports: Ports) -> str:
    """Return the endpoint for Keystone's catalogue, which fills in the project's id."""
    return f"http://{HOST}:{ports.swift_proxy}/v1/AUTH_$(project_id)s"


def services(layout: Layout, environment: Environment, ports: Ports) -> tuple[Service, ...]:
    """Return Swift's services: three kinds of storage, and the proxy in front of them."""
    listening = {**_storage_ports(ports), "proxy": ports.swift_proxy}
    return tuple(
        Service(
            name=f"swift-{kind}",
            command=(
                str(environment.program(f"swift-{kind}-server")),
                str(_configuration_file(layout, kind)),
                # Log to standard error.
                "-v",
            ),
            port=port,
            home=layout.state,
            record=layout.processes / f"swift-{kind}.json",
            log=layout.logs / f"swift-{kind}.log",
        )
        for kind, port in listening.items()
    )


def configure(layout: Layout, settings: Settings) -> None:
    """Write the configuration files."""
    ports = settings.ports
    folder = _folder(layout)
    common = {"host": HOST, "folder": folder, "user": machine.user_name()}
    templating.write(
        "swift.conf",
        folder / "swift.conf",
        hash_prefix=settings.hash_prefix,
        hash_suffix=settings.hash_suffix,
    )
    templating.write(
        "swift-proxy.conf",
        _configuration_file(layout, "proxy"),
        **common,
        port=ports.swift_proxy,
        auth_url=keystone.auth_url(ports),
        domain=DOMAIN,
        service_user=SWIFT,
        service_password=settings.passwords[SWIFT.name],
    )
    for kind, port in _storage_ports(ports).items():
        templating.write(
            "swift-storage.conf",
            _configuration_file(layout, kind),
            **common,
            kind=kind,
            port=port,
            devices=_devices(layout),
            cache=layout.data / "swift-cache",
        )


def create(layout: Layout, environment: Environment, ports: Ports) -> None:
    """Make the device and the rings, which say on what port each kind of storage is.

    May be repeated with other ports: what is stored is kept.
    """
    make_private_folder(_devices(layout) / rings.DEVICE)
    make_private_folder(layout.data / "swift-cache")
    # -P: the program's own folder is no place to import from, as it has a `swift` too.
    program = (str(environment.program("python")), "-P", rings.__file__)
    arguments = [f"{kind}={port}" for kind, port in _storage_ports(ports).items()]
    tools.run([*program, str(_folder(layout)), HOST, *arguments], layout.logs, layout.state)


def _storage_ports(ports: Ports) -> dict[str, int]:
    return {
        "account": ports.swift_account,
        "container": ports.swift_container,
        "object": ports.swift_object,
    }


def _folder(layout: Layout) -> Path:
    return layout.configuration / "swift"


def _configuration_file(layout: Layout, kind: str) -> Path:
    return _folder(layout) / f"{kind}-server.conf"


def _devices(layout: Layout) -> Path:
    return layout.data / "swift"
