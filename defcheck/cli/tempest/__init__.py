"""`defcheck tempest`: other Tempests than the one that is installed beside defcheck."""

import click

from defcheck.cli.lazy import Commands, LazyGroup

COMMANDS: Commands = {
    "install": (
        "defcheck.cli.tempest.install",
        "Install a version of Tempest, also with plugins.",
    ),
    "list": ("defcheck.cli.tempest.list", "List the Tempests at hand."),
    "recommend": (
        "defcheck.cli.tempest.recommend",
        "Say which Tempest has most tests of a guideline.",
    ),
    "remove": ("defcheck.cli.tempest.remove", "Delete a Tempest that you installed."),
    "use": ("defcheck.cli.tempest.use", "Choose the Tempest that commands use by themselves."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    name="tempest",
    short_help="Install and choose other versions of Tempest.",
)
def command() -> None:
    """Install and choose other versions of Tempest, for older guidelines and for add-ons.

    Each is in an environment of its own, called VERSION or VERSION+PLUGIN, in
    $DEFCHECK_TEMPESTS, else $XDG_DATA_HOME/defcheck/tempests, else
    ~/.local/share/defcheck/tempests. The Tempest beside defcheck is called default.

    \b
    Examples:
      defcheck tempest recommend --guideline 2015.07 --target platform
      defcheck tempest install 39.0.0
    """
