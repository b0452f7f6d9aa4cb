"""Programs that stand in for the system's, so that Cinder's own NFS driver needs no root.

Cinder calls them through `sudo` and rootwrap, by name; the share that it believes to
have mounted is a folder of the lab's.
"""

from defcheck.lab.files import write_private
from defcheck.lab.full import debian
from defcheck.lab.site import Site

SUDO = """#!/bin/sh
# `sudo SERVICE-rootwrap FILE COMMAND…` becomes COMMAND…
case "$1" in
*-rootwrap) shift 2 ;;
esac
exec "$@"
"""

NOTHING = """#!/bin/sh
exit 0
"""

PROGRAMS = {"sudo": SUDO, "mount": NOTHING, "mount.nfs": NOTHING, "umount": NOTHING}


def make(site: Site) -> None:
    """Write the programs."""
    for name, text in PROGRAMS.items():
        path = site.layout.programs / name
        write_private(path, text)
        path.chmod(0o700)


def variables(site: Site) -> dict[str, str]:
    """Return the environment in which they are found before the system's."""
    places = (site.layout.programs, site.environment.folder / "bin", debian.SYSTEM_PATH)
    return {"PATH": ":".join(map(str, places))}
