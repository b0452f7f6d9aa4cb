"""The configuration files of the services, which share most of what they are told."""

from pathlib import Path

from defcheck.lab import keystone, templating
from defcheck.lab.accounts import DOMAIN, REGION
from defcheck.lab.full import mariadb, ports, rabbitmq
from defcheck.lab.ports import HOST
from defcheck.lab.site import Site

NODE = "lab"
"""The name of the one host on which all services believe to be."""


def file(site: Site, service: str, name: str = "") -> Path:
    """Return a configuration file of a service, by default SERVICE.conf."""
    return site.layout.configuration / service / (name or f"{service}.conf")


def data(site: Site, service: str) -> Path:
    """Return the folder of what a service stores."""
    return site.layout.data / service


def installed(site: Site, name: str) -> Path:
    """Return a configuration file that the packages brought."""
    return site.environment.folder / "etc" / name


def write(site: Site, template: str, service: str, path: Path, **more: object) -> None:
    """Write a configuration file of a service, whose template may use all of these names."""
    templating.write(
        template,
        path,
        host=HOST,
        node=NODE,
        region=REGION,
        domain=DOMAIN,
        ports=ports.of(site),
        passwords=site.passwords,
        auth_url=keystone.auth_url(site.ports),
        rabbitmq_url=rabbitmq.url(site),
        database=lambda name: mariadb.url(site, name),
        data=data(site, service),
        locks=site.layout.data / "locks",
        installed=lambda name: installed(site, name),
        **more,
    )
