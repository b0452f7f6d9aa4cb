"""RabbitMQ: a server of the lab's own, run by the user who runs the lab."""

from pathlib import Path

from defcheck.lab import templating
from defcheck.lab.files import make_private_folder, write_private
from defcheck.lab.full import debian, ports
from defcheck.lab.ports import HOST
from defcheck.lab.processes import Service
from defcheck.lab.site import Site

NAME = "rabbitmq"
USER = "openstack"

SECRET = "rabbitmq"
COOKIE = "erlang-cookie"
"""Whose passwords they are in the lab's settings. Whoever knows the cookie commands the server."""


def url(site: Site) -> str:
    """Return oslo.messaging's transport URL."""
    return f"rabbit://{USER}:{site.passwords[SECRET]}@{HOST}:{ports.of(site).rabbitmq}/"


def name_service(site: Site) -> Service:
    """Return the name service of Erlang."""
    port = ports.of(site).epmd
    command = (debian.program("epmd"), "-address", HOST, "-port", str(port))
    return site.service("epmd", command, port, _variables(site))


def service(site: Site) -> Service:
    """Return RabbitMQ as a service."""
    listening = ports.of(site)
    return site.service(
        NAME,
        (debian.program("rabbitmq-server"),),
        listening.rabbitmq,
        _variables(site),
        other_ports=(listening.rabbitmq_distribution,),
    )


def configure(site: Site) -> None:
    """Write the configuration files."""
    make_private_folder(_home(site))
    templating.write(
        "rabbitmq.conf", _file(site, "rabbitmq.conf"), user=USER, password=site.passwords[SECRET]
    )
    write_private(_file(site, "enabled_plugins"), "[].\n")
    write_private(_file(site, "environment"), "")
    cookie = _home(site) / ".erlang.cookie"
    if not cookie.exists():
        write_private(cookie, site.passwords[COOKIE])


def _variables(site: Site) -> dict[str, str]:
    listening = ports.of(site)
    return {
        "PATH": debian.SYSTEM_PATH,
        # Where Erlang looks for its cookie.
        "HOME": str(_home(site)),
        "ERL_EPMD_ADDRESS": HOST,
        "ERL_EPMD_PORT": str(listening.epmd),
        "RABBITMQ_NODENAME": "lab@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": HOST,
        "RABBITMQ_NODE_PORT": str(listening.rabbitmq),
        "RABBITMQ_DIST_PORT": str(listening.rabbitmq_distribution),
        "RABBITMQ_MNESIA_BASE": str(_home(site) / "mnesia"),
        "RABBITMQ_LOG_BASE": str(site.layout.logs),
        "RABBITMQ_PID_FILE": str(_home(site) / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(_file(site, "enabled_plugins")),
        "RABBITMQ_CONFIG_FILE": str(_file(site, "rabbitmq.conf")),
        # In place of the system's, which would overrule all this.
        "RABBITMQ_CONF_ENV_FILE": str(_file(site, "environment")),
        # Idle schedulers sleep, instead of waiting busily on the few cores there are.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} "
        "+sbwt none +sbwtdcpu none +sbwtdio none",
    }


def _home(site: Site) -> Path:
    return site.layout.data / NAME


def _file(site: Site, name: str) -> Path:
    return site.layout.configuration / NAME / name
