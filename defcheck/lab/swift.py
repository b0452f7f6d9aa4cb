"""Swift: its configuration, its rings and its services."""

from pathlib import Path

from defcheck.lab import deployment, keystone, machine, rings
from defcheck.lab.deployment import Site
from defcheck.lab.keystone import DOMAIN, SWIFT_USER, LabEndpoint
from defcheck.lab.paths import LabLayout, create_private_folder
from defcheck.lab.processes import HOST, LabPorts, LabService


def describe_swift(ports: LabPorts) -> LabEndpoint:
    """Return Swift's endpoint in the catalogue."""
    url = f"http://{HOST}:{ports.swift_proxy}/v1/AUTH_$(project_id)s"
    return LabEndpoint("swift", "object-store", url)


def list_swift_services(site: Site) -> tuple[LabService, ...]:
    """Return Swift's services: three kinds of storage, and the proxy in front of them."""
    listening = {**_storage_ports(site.ports), "proxy": site.ports.swift_proxy}
    return tuple(
        site.define_service(
            f"swift-{kind}",
            (
                site.find_program(f"swift-{kind}-server"),
                str(_configuration_file(site.layout, kind)),
                # Log to standard error.
                "-v",
            ),
            port,
        )
        for kind, port in listening.items()
    )


def configure_swift(site: Site) -> None:
    """Write the configuration files."""
    layout, settings, ports = site.layout, site.settings, site.ports
    folder = _swift_folder(layout)
    common = {"host": HOST, "folder": folder, "user": machine.find_user_name()}
    deployment.write_template(
        "swift.conf",
        folder / "swift.conf",
        hash_prefix=settings.hash_prefix,
        hash_suffix=settings.hash_suffix,
    )
    deployment.write_template(
        "swift-proxy.conf",
        _configuration_file(layout, "proxy"),
        **common,
        port=ports.swift_proxy,
        auth_url=keystone.auth_url(ports),
        domain=DOMAIN,
        service_user=SWIFT_USER,
        service_password=settings.passwords[SWIFT_USER.name],
    )
    for kind, port in _storage_ports(ports).items():
        deployment.write_template(
            "swift-storage.conf",
            _configuration_file(layout, kind),
            **common,
            kind=kind,
            port=port,
            devices=_devices_folder(layout),
            cache=layout.data / "swift-cache",
        )


def create_rings(site: Site) -> None:
    """Create the device and the rings, which contain the port of each kind of storage.

    May be repeated with other ports: stored objects are kept.
    """
    layout = site.layout
    create_private_folder(_devices_folder(layout) / rings.DEVICE)
    create_private_folder(layout.data / "swift-cache")
    # -P: do not import from the program's own folder, which also has a `swift`.
    program = (site.find_program("python"), "-P", rings.__file__)
    arguments = [f"{kind}={port}" for kind, port in _storage_ports(site.ports).items()]
    deployment.run_tool(site, [*program, str(_swift_folder(layout)), HOST, *arguments])


def _storage_ports(ports: LabPorts) -> dict[str, int]:
    return {
        "account": ports.swift_account,
        "container": ports.swift_container,
        "object": ports.swift_object,
    }


def _swift_folder(layout: LabLayout) -> Path:
    return layout.configuration / "swift"


def _configuration_file(layout: LabLayout, kind: str) -> Path:
    return _swift_folder(layout) / f"{kind}-server.conf"


def _devices_folder(layout: LabLayout) -> Path:
    return layout.data / "swift"
