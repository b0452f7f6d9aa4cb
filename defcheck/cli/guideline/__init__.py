"""`defcheck guideline`: the tools for those who write and choose guidelines."""

import click

from defcheck.cli.lazy import Commands, LazyGroup

COMMANDS: Commands = {
    "diff": ("defcheck.cli.guideline.diff", "Tell what changed from one guideline to another."),
    "lifecycle": (
        "defcheck.cli.guideline.lifecycle",
        "Tell what a product could be licensed against on a day.",
    ),
    "list": ("defcheck.cli.guideline.list", "List the bundled guidelines."),
    "render": ("defcheck.cli.guideline.render", "Write a guideline as a readable document."),
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

    ID is the id of a bundled guideline, as `list` prints it, or the path of a
    guideline file.
    """
