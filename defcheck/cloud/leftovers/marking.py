"""Let everything that Tempest names carry the prefix of the run."""

from dataclasses import replace

from defcheck.cloud.tempestconf import Configuration

OPTION = "resource_name_prefix"
"""In [DEFAULT] of tempest.conf, by default `tempest`; a Tempest that is too old passes it over."""


def mark(configuration: Configuration, prefix: str) -> tuple[Configuration, str]:
    """Return the configuration with the prefix, and the prefix.

    Where a tempest.conf of the user's sets another one that stays; it is no
    proof, since other runs may have it too, so that the prefix is then empty.
    Empty it may also be given, for a run that began without one.
    """
    general = configuration.sections.get("DEFAULT", {})
    if not prefix or general.get(OPTION, "tempest") != "tempest":
        return configuration, ""
    sections = {**configuration.sections, "DEFAULT": {**general, OPTION: prefix}}
    return replace(configuration, sections=sections), prefix
