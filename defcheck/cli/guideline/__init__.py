"""`defcheck guideline`: the tools for those who write and choose guidelines."""

import click

from defcheck.cli.lazy import Commands, LazyGroup

COMMANDS: Commands = {
    "diff": ("defcheck.cli.guideline.diff", "Tell what changed from one guideline to another."),
    "lifecycle": (
        "defcheck.cli.guideline.lifecycle",
        "Tell what a product could be licensed against on a day.",
    ),
    "render": ("defcheck.cli.guideline.render", "Write a guideline as a readable document."),
    "check": ("defcheck.cli.guideline.check", "Check guideline files, or hold them to a Tempest."),
    "forget": ("defcheck.cli.guideline.forget", "Delete a guideline that you imported."),
    "import": ("defcheck.cli.guideline.import_", "Take a guideline into your own folder."),
    "list": ("defcheck.cli.guideline.list", "List the guidelines at hand."),
    "show": (
        "defcheck.cli.guideline.show",
        "Show a guideline, its targets, capabilities.",
    ),
    "stats": (
        "defcheck.cli.guideline.stats",
        "Count capabilities, tests and flags over the editions.",
    ),
    "tests": ("defcheck.cli.guideline.tests", "List the tests that a target demands."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    name="guideline",
    short_help="List and show guidelines and the tests they demand.",
)
def command() -> None:
    """List and show guidelines and the tests they demand.

    ID is the id of a guideline, bundled or imported, as `list` prints it, or the
    path of a guideline file.

    \b
    Examples:
      defcheck guideline list
      defcheck guideline show 2020.06 --target storage
    """
