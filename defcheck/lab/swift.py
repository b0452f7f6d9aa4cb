"""Swift: its configuration, its rings and its services."""

from pathlib import Path

from defcheck.lab import keystone, machine, rings, templating, tools
from defcheck.lab.accounts import DOMAIN, SWIFT
from defcheck.lab.catalogue import Endpoint
from defcheck.lab.files import make_private_folder
from defcheck.lab.paths import Layout
from defcheck.lab.ports import HOST, Ports
from defcheck.lab.processes import Service
from defcheck.lab.site import Site


def endpoint(ports: Ports) -> Endpoint:
    """Return what the catalogue says of Swift."""
    url = f"http://{HOST}:{ports.swift_proxy}/v1/AUTH_$(project_id)s"
    return Endpoint("swift", "object-store", url)


def services(site: Site) -> tuple[Service, ...]:
    """Return Swift's services: three kinds of storage, and the proxy in front of them."""
    listening = {**_storage_ports(site.ports), "proxy": site.ports.swift_proxy}
    return tuple(
        site.service(
            f"swift-{kind}",
            (
                site.program(f"swift-{kind}-server"),
                str(_configuration_file(site.layout, kind)),
                # Log to standard error.
                "-v",
            ),
            port,
        )
        for kind, port in listening.items()
    )


def configure(site: Site) -> None:
    """Write the configuration files."""
    layout, settings, ports = site.layout, site.settings, site.ports
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


def create(site: Site) -> None:
    """Make the device and the rings, which say on what port each kind of storage is.

    May be repeated with other ports: what is stored is kept.
    """
    layout = site.layout
    make_private_folder(_devices(layout) / rings.DEVICE)
    make_private_folder(layout.data / "swift-cache")
    # -P: the program's own folder is no place to import from, as it has a `swift` too.
    program = (site.program("python"), "-P", rings.__file__)
    arguments = [f"{kind}={port}" for kind, port in _storage_ports(site.ports).items()]
    tools.run(site, [*program, str(_folder(layout)), HOST, *arguments])


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
