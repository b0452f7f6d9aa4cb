"""The programs that the full lab needs from the system, and their packages of Debian."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from defcheck.errors import UnusableError
from defcheck.lab.files import last_lines
from defcheck.virtualenv import Say

PROGRAMS = {
    "mariadbd": "mariadb-server",
    "mariadb-install-db": "mariadb-server",
    "mariadb": "mariadb-server",
    "mariadb-dump": "mariadb-server",
    "rabbitmq-server": "rabbitmq-server",
    "epmd": "rabbitmq-server",
    "qemu-img": "qemu-utils",
}
"""Program to the package of Debian that brings it, by itself or by what it requires."""

# Debian's own /usr/sbin/rabbitmq-server insists on being root or the user rabbitmq, and on the
# system's folders; the one that it calls does not.
FOLDERS = ("/usr/lib/rabbitmq/bin", "/usr/sbin", "/sbin", "/usr/bin", "/bin")
"""Where they are looked for, whatever PATH says: /usr/sbin is not in everybody's."""

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

APT = ("apt-get", "install", "-y", "--no-install-recommends")


def program(name: str) -> str:
    """Return the path of a program; its bare name where it is not installed."""
    return shutil.which(name, path=":".join(FOLDERS)) or name


def missing() -> tuple[str, ...]:
    """Return the packages whose programs are not there."""
    absent = [name for name in PROGRAMS if "/" not in program(name)]
    return tuple(dict.fromkeys(PROGRAMS[name] for name in absent))


def ensure(say: Say) -> None:
    """Install what is missing if this is root on a Debian, else raise UnusableError."""
    packages = missing()
    if not packages:
        return
    named = f"The full lab needs {', '.join(packages)} on this machine."
    if not shutil.which("apt-get"):
        raise UnusableError(
            named,
            "Those are Debian's packages; install MariaDB's server, RabbitMQ and qemu-img "
            f"so that {', '.join(PROGRAMS)} are in one of {', '.join(FOLDERS)}.",
        )
    command = " ".join((*APT, *packages))
    if os.geteuid() != 0:
        raise UnusableError(named, f"Only root may install packages: `sudo {command}`.")
    say(f"Installing {', '.join(packages)} with apt-get (the first time only)")
    _install(packages, command)


def _install(packages: tuple[str, ...], command: str) -> None:
    variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    descriptor, name = tempfile.mkstemp(prefix="defcheck-apt-", suffix=".log")
    path = Path(name)
    with os.fdopen(descriptor, "wb") as log:
        for step in (["apt-get", "update"], [*APT, *packages]):
            ended = subprocess.run(
                step,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
    # A failed update may be one of a source that is not needed.
    if ended.returncode != 0 or missing():
        raise UnusableError(
            f"{', '.join(packages)} could not be installed. apt-get said last:\n{last_lines(path)}",
            f"Try it by hand: `{command}`. All of it: {path}",
        )
    path.unlink()
