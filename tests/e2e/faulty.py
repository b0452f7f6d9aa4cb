"""What is done to the lab through a faulty proxy, and what came of it."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import openstack
import yaml

from tests.e2e import few
from tests.e2e.faulty_proxy import FAULTS, Plan, Proxy
from tests.e2e.place import Place

API_SECONDS = 4
CLOUD = "faulty"
BY_CHANCE = re.compile(r"defcheck-[a-z0-9]{6}")
"""The prefix of a run."""


@dataclass(frozen=True)
class Lab(Place):
    """A lab behind a proxy, with an administrator without ResellerAdmin who goes through it."""

    proxy: Proxy = field(compare=False, default_factory=lambda: Proxy({}))

    def prepare(self) -> None:
        """Write a clouds.yaml that leads through the proxy, and a guideline with few tests."""
        clouds = yaml.safe_load((self.state / "clouds.yaml").read_text())["clouds"]
        entry = clouds["defcheck-lab-plain-admin"]
        entry["auth"]["auth_url"] = f"http://{self.proxy.addresses['keystone']}/v3"
        entry["api_timeout"] = API_SECONDS
        (self.folder / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {CLOUD: entry}}))
        few.guideline(self.folder / "few.json")

    def direct(self) -> Any:
        """Return a connection as the administrator who sees every account, past the proxy."""
        clouds = yaml.safe_load((self.state / "clouds.yaml").read_text())["clouds"]
        return openstack.connection.Connection(
            auth=clouds["defcheck-lab"]["auth"], region_name="RegionOne"
        )

    def everything(self) -> list[tuple[str, str]]:
        """Return kind and name of all that there is, the same name as often as it is there."""
        connection = self.direct()
        endpoint, own = connection.object_store.get_endpoint(), connection.current_project_id
        found = [("user", one.name) for one in connection.identity.users()]
        for project in connection.identity.projects():
            found.append(("project", project.name))
            answer = connection.session.get(
                f"{endpoint.replace(own, project.id)}?format=json", raise_exc=False
            )
            if answer.status_code == 200:
                found += [("container", one["name"]) for one in answer.json()]
        return sorted(found)


@dataclass(frozen=True)
class Came:
    """What came of doing something: all that must be the same whatever failed on the way."""

    codes: tuple[int, ...]
    facts: dict[str, Any]
    left: list[tuple[str, str]]
    """What there is more of than before, and less."""

    output: str = field(compare=False)


def run(lab: Lab, name: str) -> Came:
    """Run few tests as users that are created for them."""
    done = lab.defcheck(
        *("run", "--cloud", CLOUD, "-g", "few.json", "-t", "storage", "-o", name, "-j", "2")
    )
    facts: dict[str, Any] = {}
    folder = lab.folder / name
    if (folder / "verdict.json").exists():
        verdict = json.loads((folder / "verdict.json").read_bytes())
        record = json.loads((folder / "run.json").read_bytes())
        facts = {
            "verdict": verdict["verdict"],
            "tests": {
                one["name"]: one["outcome"]
                for capability in verdict["capabilities"]
                for one in capability["tests"]
            },
            "credentials": record["credentials"],
            "fallback": record.get("users_fallback", ""),
            "leftovers": {**(record["leftovers"] or {}), "at": ""},
            "conf": BY_CHANCE.sub("PREFIX", (folder / "tempest.conf").read_text()),
        }
    facts["beside"] = sorted(path.name for path in lab.folder.glob(f"{name}.accounts*"))
    return Came((done.returncode,), facts, [], done.stdout + done.stderr)


def create_accounts(lab: Lab, name: str) -> Came:
    """Create users, check and delete them."""
    file = f"{name}.yaml"
    before = lab.everything()
    created = lab.defcheck("cloud", "accounts", "create", CLOUD, "-n", "1", "-o", file)
    there = lab.everything()
    checked = lab.defcheck("cloud", "accounts", "check", file, "--cloud", CLOUD)
    deleted = lab.defcheck("cloud", "accounts", "delete", file)
    done = (created, checked, deleted)
    new = sorted(BY_CHANCE.sub("PREFIX", one[1]) for one in there if one not in before)
    beside = (lab.folder / file).exists()
    return Came(
        tuple(one.returncode for one in done),
        {"new": new, "same names": len(there) - len(set(there)), "beside": beside},
        [],
        "".join(one.stdout + one.stderr for one in done),
    )


def check(lab: Lab, name: str) -> Came:
    """Look at the cloud before a run."""
    done = lab.defcheck("cloud", "check", CLOUD, "-g", "few.json", "-t", "storage", "-f", "json")
    document = json.loads(done.stdout) if done.stdout else {}
    facts = [(one["subject"], one["state"], one["tests"]) for one in document.get("findings", ())]
    return Came((done.returncode,), {"findings": facts}, [], done.stderr)


def clean_up(lab: Lab, name: str) -> Came:
    """Clean up after a run that left a project with a user and a container, and a container."""
    shutil.copytree(lab.folder / "clean-run", lab.folder / name)
    prefix = json.loads((lab.folder / name / "run.json").read_bytes())["prefix"]
    connection = lab.direct()
    mine = f"{prefix}-{name}"
    project = connection.identity.create_project(name=mine)
    user = connection.identity.create_user(name=f"{mine}-member", password="secret-of-nobody")
    role = connection.identity.find_role("swiftoperator")
    connection.identity.assign_project_role_to_user(project, user, role)
    own = connection.identity.find_project("plain-admin").id
    endpoint = connection.object_store.get_endpoint().replace(connection.current_project_id, "{}")
    for account in (own, project.id):
        connection.session.put(f"{endpoint.format(account)}/{mine}-box")
        connection.session.put(f"{endpoint.format(account)}/{mine}-box/thing", data=b"x")
    done = lab.defcheck("cleanup", name, "--yes", "-f", "json")
    document = json.loads(done.stdout) if done.stdout else {}
    facts = {
        "ours": [
            (one["kind"], one["name"].replace(mine, "NAME"), one["state"])
            for one in document.get("ours", ())
        ],
        "unseen": document.get("unseen"),
    }
    return Came((done.returncode,), facts, [], done.stdout + done.stderr)


DEEDS: dict[str, Callable[[Lab, str], Came]] = {
    "run": run,
    "accounts": create_accounts,
    "check": check,
    "cleanup": clean_up,
}
"""In an order in which each finds what it needs."""


def rotated(asked: dict[str, int], turn: int) -> dict[str, str]:
    """Return a fault for every request; over all turns every request meets every fault."""
    return {key: FAULTS[(n + turn) % len(FAULTS)] for n, key in enumerate(sorted(asked))}


def do(lab: Lab, deed: str, name: str, plan: Plan) -> Came:
    """Do something while requests fail as planned."""
    before = Counter(lab.everything())
    lab.proxy.plan = plan
    try:
        came = DEEDS[deed](lab, name)
    finally:
        lab.proxy.plan = Plan()
    after = Counter(lab.everything())
    return replace(came, left=sorted([*(after - before), *(before - after)]))
