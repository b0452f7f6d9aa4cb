"""What this machine has to offer for the lab to run on it."""

import os
import pwd
import sys
import tempfile

from defcheck.errors import UnusableError
from defcheck.lab.files import make_private_folder, write_private
from defcheck.lab.paths import CACHE_VARIABLE, STATE_VARIABLE, Layout, cache

ATTRIBUTE = b"x" * 3000
"""As much as Swift stores with an object in one extended attribute."""

SPECIAL = "%$#?;\n"
"""Characters that configuration files or database URLs take for something else."""


def check(layout: Layout) -> None:
    """Raise UnusableError if the lab cannot run here, or its folder is not for it to use."""
    if not sys.platform.startswith("linux"):
        raise UnusableError(
            f"The lab runs on Linux only, and this is {sys.platform}.",
            "Run it in a virtual machine or a container, or use a cloud: `defcheck run --cloud`.",
        )
    for folder, variable in ((layout.state, STATE_VARIABLE), (cache(), CACHE_VARIABLE)):
        if found := sorted(set(str(folder)) & set(SPECIAL)):
            raise UnusableError(
                f"The lab cannot be in {folder}: its services do not take "
                f"{' '.join(map(repr, found))} in a path.",
                f"Choose another folder with {variable}.",
            )
    user_name()


def user_name() -> str:
    """Return the name of the user whose processes the lab's will be, which Swift asks for."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError as error:
        raise UnusableError(
            f"The user with the id {os.getuid()} has no name on this machine.",
            "Swift needs one: add the user to /etc/passwd, or run the lab as another.",
        ) from error


def claim(layout: Layout) -> None:
    """Make the state folder and mark it as a lab's.

    Raise UnusableError if it holds something else, cannot be written, or is on
    a file system that Swift cannot use.
    """
    folder = layout.state
    advice = f"Choose another folder with {STATE_VARIABLE}."
    try:
        if folder.exists() and not layout.signature.exists() and any(folder.iterdir()):
            raise UnusableError(f"{folder} holds something that is not a lab.", advice)
        make_private_folder(folder)
        write_private(layout.signature, "A lab of defcheck; `defcheck lab clean` deletes it.\n")
    except OSError as error:
        raise UnusableError(f"{folder} cannot be written: {error.strerror}.", advice) from error
    with tempfile.NamedTemporaryFile(dir=folder) as probe:
        try:
            os.setxattr(probe.fileno(), "user.defcheck", ATTRIBUTE)
        except OSError as error:
            raise UnusableError(
                f"The file system of {folder} does not store user extended attributes "
                f"({error.strerror}), without which Swift cannot store objects.",
                f"ext4, XFS and Btrfs do. {advice}",
            ) from error
