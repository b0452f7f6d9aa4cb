"""An accounts file of users that do not exist: to ask Tempest what it would do with such."""

from pathlib import Path
from typing import Any

from defcheck.cloud.accounts import entries
from defcheck.cloud.tempestconf import Configuration
from defcheck.files import write_private
from defcheck.tempest.workspace import Workspace

ROLES = ("member", "reader")
"""Of the users in each project."""


def write_supposed(workspace: Workspace, configuration: Configuration) -> Path:
    """Write two projects, each with a member and a reader, into a workspace."""
    operator = configuration.sections.get("object-storage", {}).get("operator_role", "")
    members = sorted({"member", operator} - {""})
    listing: list[dict[str, Any]] = [
        {
            "username": f"supposed-{role}-{project}",
            "password": "none",
            "project_name": f"supposed-{project}",
            "roles": members if role == "member" else [role],
        }
        for role in ROLES
        for project in (1, 2)
    ]
    path = workspace.folder / "supposed.yaml"
    write_private(path, entries.render(listing))
    return path
