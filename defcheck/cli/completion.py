"""`defcheck completion`: what a shell needs to complete defcheck's words."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion", short_help="Print what bash, zsh or fish needs for completion.")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script with which SHELL completes defcheck's words.

    Commands, options, guidelines, targets, the clouds of clouds.yaml, run
    directories and Tempests. bash needs to be 4.4 or newer.

    \b
    bash and zsh, in ~/.bashrc or ~/.zshrc (below compinit):
      eval "$(defcheck completion bash)"
      eval "$(defcheck completion zsh)"

    \b
    fish, once:
      defcheck completion fish > ~/.config/fish/completions/defcheck.fish

    \b
    Example:
      defcheck completion bash
    """
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"click does not know {shell}.", context)
    script = found(context.find_root().command, {}, "defcheck", "_DEFCHECK_COMPLETE")
    click.echo(script.source())
