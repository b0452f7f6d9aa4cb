"""Log in to a cloud of clouds.yaml and see what a token says."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from defcheck.cloud import trust, yamlfile
from defcheck.cloud.patience import be_patient
from defcheck.errors import InputError, UnusableError
from defcheck.secrecy import PROCESS


@dataclass(frozen=True, slots=True)
class Login:
    """What Tempest needs to log in; empty where neither clouds.yaml nor the token has it."""

    username: str
    password: str = field(repr=False)
    project_name: str
    user_domain_name: str
    project_domain_name: str


@dataclass(frozen=True, slots=True)
class Cloud:
    """A cloud that the login worked on."""

    name: str
    auth_url: str
    region: str
    login: Login
    roles: tuple[str, ...]
    """Roles of the user in the project."""

    services: frozenset[str]
    """Types in the catalogue, such as compute or object-store."""

    cpid: str
    """Cloud provider id as RefStack builds it."""

    cacert: str
    verify: bool
    connection: Any
    """openstacksdk's connection."""

    auth_type: str = "password"
    """How the login works, as auth_type in clouds.yaml: password, v3applicationcredential, …"""

    @property
    def is_admin(self) -> bool:
        """Whether Tempest can make its own users with this login."""
        return "admin" in self.roles


MADE_UP = "defaults"
"""The cloud that openstacksdk makes of its defaults where there is no file and no variable.

Of variables as an openrc file sets them it makes one that is called envvars.
"""

API_SECONDS = 30
"""How long an answer is waited for where clouds.yaml sets no api_timeout."""


def connect(name: str, more_files: Sequence[Path] = (), cacert: Path | None = None) -> Cloud:
    """Log in to the cloud called `name` in clouds.yaml.

    `more_files` are clouds.yaml files to look into first, such as the lab's;
    `cacert` has the authorities to trust in place of those of clouds.yaml.

    Raises `InputError` when clouds.yaml lacks it or cannot be read, or names a
    region that the cloud does not have, `UnusableError` when the login fails.
    """
    import openstack
    from keystoneauth1 import exceptions

    config = _config(name, more_files, cacert)
    trust.require_certificates(config.config.get("cacert") or "")
    auth_url = config.auth.get("auth_url", "")
    connection = openstack.connection.Connection(config=config, app_name="defcheck")
    session: Any = connection.session
    be_patient(session)
    try:
        access = session.auth.get_access(session)
    except exceptions.Unauthorized as error:
        expired = "password is expired" in str(error)
        raise UnusableError(
            f"Cloud {name} at {auth_url} refused the login (HTTP 401)"
            + (": the password has expired." if expired else "."),
            "Change it, for example with `openstack user password set`, and in clouds.yaml."
            if expired
            else "Check user, password, project and domains in clouds.yaml; "
            f"`openstack --os-cloud {name} token issue` shows the same.",
        ) from error
    except (exceptions.ConnectionError, exceptions.DiscoveryFailure) as error:
        distrust = trust.distrust(error)
        if distrust:
            raise UnusableError(
                f"The certificate of cloud {name} at {auth_url} is not trusted: {distrust}.",
                "Give the file of its authority with --cacert, or as cacert in clouds.yaml.",
            ) from error
        raise UnusableError(
            f"Cloud {name} does not answer at {auth_url}: {_first_line(error)}",
            "Check auth_url, cacert, the network and that the service runs.",
        ) from error
    except exceptions.ClientException as error:
        raise UnusableError(
            f"The login to cloud {name} at {auth_url} failed: {_first_line(error)}",
            "Check the entry in clouds.yaml.",
        ) from error
    PROCESS.learn(access.auth_token)
    catalogue = access.service_catalog.catalog if access.has_service_catalog() else []
    _require_region(name, config.region_name or "", catalogue)
    return Cloud(
        name=name,
        auth_url=auth_url,
        region=config.region_name or _only_region(catalogue),
        login=Login(
            username=access.username or "",
            password=config.auth.get("password") or "",
            project_name=access.project_name or "",
            user_domain_name=access.user_domain_name or "",
            project_domain_name=access.project_domain_name or "",
        ),
        roles=tuple(access.role_names or ()),
        services=frozenset(service["type"] for service in catalogue),
        cpid=cloud_provider_id(catalogue, auth_url),
        cacert=config.config.get("cacert") or "",
        verify=config.config.get("verify", True) is not False,
        connection=connection,
        auth_type=config.config.get("auth_type") or "password",
    )


def cloud_provider_id(catalogue: list[dict[str, Any]], auth_url: str) -> str:
    """Return the CPID: the id of the first identity service, else a hash of the host name.

    The rule is refstack-client's.
    """
    for service in catalogue:
        if service.get("type") == "identity" and service.get("id"):
            return str(service["id"])
    host = (urlsplit(auth_url).hostname or "").lower()
    return hashlib.md5(host.encode(), usedforsecurity=False).hexdigest()


def _require_region(name: str, region: str, catalogue: list[dict[str, Any]]) -> None:
    known = sorted(_regions(catalogue))
    if region and known and region not in known:
        raise InputError(
            f"Cloud {name} has no region {region} in its catalogue.",
            f"Known are {', '.join(known)}; mend region_name in clouds.yaml.",
        )


def _config(name: str, more_files: Sequence[Path], cacert: Path | None) -> Any:
    """Return openstacksdk's configuration of a cloud; `more_files` are asked first."""
    from openstack.config import OpenStackConfig

    known: set[str] = set()
    for file in more_files:
        if file.exists():
            loader = OpenStackConfig(config_files=[str(file)], secure_files=[], load_envvars=False)
            known |= set(loader.get_cloud_names())
            if name in known:
                return _entry(loader, name, cacert)
    _refuse_broken_files()
    loader = OpenStackConfig()
    found = set(loader.get_cloud_names())
    if not loader.config_filename:
        found -= {MADE_UP}
    known |= found
    if name in found:
        return _entry(loader, name, cacert)
    raise InputError(
        f"There is no cloud {name} in clouds.yaml.",
        f"Known are {', '.join(sorted(known))}."
        if known
        else "No clouds.yaml was found here, in ~/.config/openstack or in /etc/openstack, and no "
        "variables of an openrc file, whose cloud is called envvars; "
        "`defcheck lab up` makes a cloud to try.",
    )


def _entry(loader: Any, name: str, cacert: Path | None) -> Any:
    """Return one cloud's configuration, with a time limit where it has none."""
    trusted = {"cacert": str(cacert.absolute()), "verify": True} if cacert else {}
    try:
        config = loader.get_one(cloud=name, **trusted)
    except Exception as error:  # openstacksdk raises plain Exception for a missing password
        raise InputError(
            f"The entry of cloud {name} in clouds.yaml is not usable: {_first_line(error)}",
            "Complete it; `auth` needs auth_url, username, password, project_name and domains.",
        ) from error
    PROCESS.learn_from(config.config)
    config.config["api_timeout"] = config.config.get("api_timeout") or API_SECONDS
    return config


def _refuse_broken_files() -> None:
    """Refuse a clouds.yaml that openstacksdk would silently pass over."""
    from openstack.config import loader

    own = os.environ.get("OS_CLIENT_CONFIG_FILE")
    for path in map(Path, ([own] if own else []) + loader.CONFIG_FILES):
        if not path.is_file() or not os.access(path, os.R_OK):
            continue
        document = yamlfile.read(path, "The file", "Mend its syntax.")
        if document is None:
            continue
        clouds = document.get("clouds") if isinstance(document, dict) else None
        if not isinstance(clouds, dict) or not all(
            isinstance(entry, dict) for entry in clouds.values()
        ):
            raise InputError(f"{path} has no mapping `clouds` of mappings.", "Mend the file.")


def _only_region(catalogue: list[dict[str, Any]]) -> str:
    regions = _regions(catalogue)
    return regions.pop() if len(regions) == 1 else ""


def _regions(catalogue: list[dict[str, Any]]) -> set[str]:
    return {
        endpoint.get("region_id") or endpoint.get("region") or ""
        for service in catalogue
        for endpoint in service.get("endpoints", ())
    } - {""}


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
