"""`defcheck tempest install`: a version of Tempest in an environment of its own."""

import click

from defcheck.cli.verbosity import quiet_option


@click.command("install", short_help="Install a version of Tempest, also with plugins.")
@click.argument("version")
@click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="NAME",
    help="A plugin with more tests, NAME or NAME==VERSION; may be repeated.",
)
@quiet_option
def command(version: str, plugins: tuple[str, ...]) -> None:
    """Install a version of Tempest from the package index, with uv if there is one, else pip.

    It is asked for its tests at once; one that cannot list them is not kept.

    \b
    Examples:
      defcheck tempest install 22.1.0
      defcheck tempest install 47.0.0 --plugin heat-tempest-plugin
    """
    from defcheck.cli.narration import narrator
    from defcheck.runner.listing import list_tests
    from defcheck.tempest.managed import known
    from defcheck.tempest.managed.environment import wanted
    from defcheck.tempest.managed.install import install

    environment = wanted(version, plugins)
    stamp = install(environment, narrator(), list_tests)
    if not known.is_sound(stamp.version):
        click.echo(f"Warning: Tempest {stamp.version} was {known.OLD}.", err=True)
    brought = "".join(f", {name} {number}" for name, number in stamp.plugins.items())
    click.echo(
        f"Tempest {stamp.version}{brought}: {stamp.tests} tests, {stamp.bytes / 2**20:.0f} MiB in "
        f"{environment.folder}\n"
        f"Use it with `defcheck run --tempest {environment.name}`, or always after "
        f"`defcheck tempest use {environment.name}`."
    )
