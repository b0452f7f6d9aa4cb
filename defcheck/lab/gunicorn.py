"""The services that are WSGI applications, each under a gunicorn of its own."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from defcheck.lab import templating
from defcheck.lab.ports import HOST
from defcheck.lab.processes import Service
from defcheck.lab.site import Site


def service(site: Site, name: str, port: int, variables: Mapping[str, str]) -> Service:
    """Return the application as a service; `variables` tell it of its configuration."""
    return site.service(
        name,
        # The applications take the command line's arguments for their own options, so that
        # gunicorn has to get its through the environment.
        (site.program("gunicorn"),),
        port,
        {
            "GUNICORN_CMD_ARGS": f"--config {shlex.quote(str(_file(site, name)))}",
            **variables,
        },
    )


def configure(
    site: Site,
    name: str,
    port: int,
    application: str,
    threads: int,
    arguments: tuple[str, ...],
    processes: int = 1,
) -> None:
    """Write gunicorn's configuration for the application, `module:object`.

    `arguments` is the command line that the application is to see.
    """
    templating.write(
        "gunicorn.conf",
        _file(site, name),
        host=HOST,
        port=port,
        application=application,
        threads=threads,
        processes=processes,
        arguments=arguments,
    )


def _file(site: Site, name: str) -> Path:
    return site.layout.configuration / name / "gunicorn.conf.py"
