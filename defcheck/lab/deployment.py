"""One lab on this machine: its settings, and how its services are configured and set up."""

import json
import os
import secrets
import shlex
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import jinja2

from defcheck.errors import UnusableError
from defcheck.lab.environment import LabEnvironment
from defcheck.lab.paths import LabLayout, create_private_folder, read_last_lines, write_private_file
from defcheck.lab.processes import HOST, LabPorts, LabService, P


@dataclass(frozen=True)
class LabSettings:
    """The settings that stay the same for the life of a lab, except for ports that get taken."""

    ports: LabPorts

    passwords: Mapping[str, str] = field(repr=False)
    """User or service to its password."""

    hash_prefix: str = field(repr=False)
    """Swift's salt for the location of objects; with another one they are lost."""

    hash_suffix: str = field(repr=False)
    """The other half of the salt."""

    release: str
    """The digest of the packages for which the lab was created."""

    @classmethod
    def generate_settings(
        cls, ports: LabPorts, names: Iterable[str], release: str
    ) -> "LabSettings":
        """Generate a password for each name, and the other settings."""
        return cls(
            ports=ports,
            passwords={name: secrets.token_urlsafe(24) for name in names},
            hash_prefix=secrets.token_hex(16),
            hash_suffix=secrets.token_hex(16),
            release=release,
        )

    def save_settings(self, path: Path) -> None:
        """Write the settings, readable by their owner only."""
        write_private_file(path, json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load_settings(cls, path: Path, ports: type[LabPorts]) -> "LabSettings | None":
        """Read settings with that kind of ports; None if there are none or they are incomplete."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{**values, "ports": ports(**values["ports"])})
        except (OSError, ValueError, KeyError, TypeError):
            return None


def save_ports(path: Path, ports: LabPorts) -> None:
    """Write the ports with which the lab got ready."""
    write_private_file(path, json.dumps(asdict(ports)) + "\n")


def load_ports(path: Path, kind: type[P]) -> P | None:
    """Read the ports with which the lab was last ready; None if it never was."""
    try:
        return kind(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


@dataclass(frozen=True)
class Site:
    """A lab's folders, environment and settings."""

    layout: LabLayout
    environment: LabEnvironment
    settings: LabSettings

    @property
    def passwords(self) -> Mapping[str, str]:
        """User or service to its password; none in a lab that is only inspected."""
        return self.settings.passwords

    @property
    def ports(self) -> LabPorts:
        """The ports of the services."""
        return self.settings.ports

    def find_program(self, name: str) -> str:
        """Return the path of a program of the lab's packages."""
        return str(self.environment.find_program(name))

    def define_service(
        self,
        name: str,
        command: tuple[str, ...],
        port: int | None = None,
        variables: Mapping[str, str] | None = None,
        other_ports: tuple[int, ...] = (),
    ) -> LabService:
        """Return a service of this lab, with the paths of its record and log."""
        return LabService(
            name=name,
            command=command,
            port=port,
            home=self.layout.state,
            record=self.layout.processes / f"{name}.json",
            log=self.log_path(name),
            variables=variables or {},
            other_ports=other_ports,
        )

    def log_path(self, name: str) -> Path:
        """Return the log of a service."""
        return self.layout.logs / f"{name}.log"


_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("defcheck.lab"),
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # noqa: S701 - configuration files are not HTML
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write_template(template: str, path: Path, **values: object) -> None:
    """Write the configuration file `path`, readable by its owner only.

    Raise jinja2.UndefinedError if the template uses a value that is missing.
    """
    write_private_file(path, render_template(template, **values))


def render_template(template: str, **values: object) -> str:
    """Render a template; raise as `write_template` does."""
    return _TEMPLATES.get_template(template).render(values)


SETUP_NAME = "setup"


def define_setup_service(site: Site) -> LabService:
    """Return the pseudo-service of the tools, by which those of a killed command are found."""
    return site.define_service(SETUP_NAME, ())


def run_tool(
    site: Site,
    command: Sequence[str],
    variables: Mapping[str, str] | None = None,
    input_bytes: bytes = b"",
    log: str = SETUP_NAME,
) -> None:
    """Run a tool to its end with this input; its output goes to a log of this name.

    Secrets go into `variables`, its environment: everybody can read a command line.
    Raise UnusableError if it fails.
    """
    path = site.log_path(log)
    create_private_folder(path.parent)
    mark, _, value = define_setup_service(site).mark.partition("=")
    with path.open("ab") as stream:
        stream.write(f"$ {shlex.join(command)}\n".encode())
        stream.flush()
        ended = subprocess.run(
            command,
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(site.layout.state),
                "LANG": "C.UTF-8",
                mark: value,
                **(variables or {}),
            },
            cwd=site.layout.state,
            input=input_bytes,
            stdout=stream,
            stderr=subprocess.STDOUT,
            umask=0o077,
            check=False,
        )
    if ended.returncode != 0:
        raise UnusableError(
            f"{Path(command[0]).name} failed. The end of its log:\n{read_last_lines(path)}",
            f"Full log: {path}",
        )


def define_wsgi_service(
    site: Site, name: str, port: int, variables: Mapping[str, str]
) -> LabService:
    """Return the application as a service; `variables` name its configuration."""
    return site.define_service(
        name,
        # The applications parse the command line as their own, so gunicorn must get its
        # options through the environment.
        (site.find_program("gunicorn"),),
        port,
        {
            "GUNICORN_CMD_ARGS": "--config "
            + shlex.quote(str(_wsgi_configuration_file(site, name))),
            **variables,
        },
    )


def configure_wsgi_service(
    site: Site,
    name: str,
    port: int,
    application: str,
    threads: int,
    arguments: tuple[str, ...],
    processes: int = 1,
) -> None:
    """Write gunicorn's configuration for the application, `module:object`.

    `arguments` is the command line that the application gets.
    """
    write_template(
        "gunicorn.conf",
        _wsgi_configuration_file(site, name),
        host=HOST,
        port=port,
        application=application,
        threads=threads,
        processes=processes,
        arguments=arguments,
    )


def _wsgi_configuration_file(site: Site, name: str) -> Path:
    return site.layout.configuration / name / "gunicorn.conf.py"
