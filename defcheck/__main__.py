"""Run defcheck as `python -m defcheck`."""

from defcheck.cli.main import run

run()
