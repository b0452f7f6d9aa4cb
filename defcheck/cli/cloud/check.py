"""`defcheck cloud check`: what a run would meet in a cloud, told before it."""

import click


@click.command("check", short_help="Tell what a run would meet in a cloud, before it.")
@click.argument("name")
def command(name: str) -> None:
    """Log in to a cloud and look at what a run would need; change nothing.

    \b
    Example:
      defcheck cloud check mycloud
    """
    from defcheck.cloud.connection import connect
    from defcheck.lab import paths as lab_paths

    cloud = connect(name, (lab_paths.clouds_yaml(),))
    click.echo(f"Logged in to {cloud.name} at {cloud.auth_url}.")
