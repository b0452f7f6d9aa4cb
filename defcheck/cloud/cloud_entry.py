"""A cloud's entry in clouds.yaml, or the OS_ variables: checked before the login.

openstacksdk accepts any entry and fails later, with the message of the library
that failed. Here every setting that a login or Tempest depends on is checked
first, and each error names the entry, its file and the setting.
"""

import os
import re
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from defcheck.cloud import login_settings
from defcheck.cloud.clouds_files import (
    CloudsFile,
    find_clouds_file,
    find_secure_file,
    read_clouds_file,
)
from defcheck.cloud.endpoint_filter import EndpointFilter, read_endpoint_filter
from defcheck.cloud.failures import clean_message, describe_failure
from defcheck.errors import DefcheckError, InputError, UnusableError
from defcheck.redaction.redactor import PROCESS_SECRETS
from defcheck.util.concurrency import run_with_deadline

VARIABLES = "The set of OS_ variables"
IGNORED_VARIABLES = ("OS_REGION_NAME", "OS_INTERFACE", "OS_CACERT", "OS_INSECURE")

DEFAULTS = "defaults"
"""The cloud that openstacksdk creates from its defaults if there is no file and no variable.

From the variables of an openrc file it creates one that is called envvars.
"""

NO_CLOUDS = (
    "There is no clouds.yaml here, in ~/.config/openstack or in /etc/openstack, and no openrc "
    "variables are set, whose cloud is called envvars. `defcheck lab up` creates a cloud to try."
)

PROFILE_SECONDS = 30.0
"""Time limit in seconds for a vendor profile that openstacksdk downloads."""

OVERRIDES = ("_endpoint_override", "_endpoint")
"""Suffixes of settings that override an address of the catalogue."""

RETRIES = ("status_code_retries", "connect_retries")
"""Suffixes of settings that make keystoneauth sleep as long as a server's Retry-After says."""


@dataclass(frozen=True, slots=True)
class EndpointOverride:
    """A setting that overrides an address of the catalogue."""

    option: str
    url: str


@dataclass(frozen=True, slots=True)
class CloudEntry:
    """A cloud's entry in clouds.yaml, checked as far as possible without the cloud."""

    name: str
    location: str
    """Its location, as the beginning of a sentence."""

    config: Any = field(repr=False)
    """openstacksdk's configuration, from which it creates a session."""

    endpoint_filter: EndpointFilter
    cacert: str
    verify: bool
    overrides: Mapping[str, EndpointOverride]
    """By official service type; they are ignored, since Tempest has no such options."""

    ignored_variables: tuple[str, ...]
    """OS_ variables that the `openstack` command would use in addition to clouds.yaml."""

    @property
    def auth_url(self) -> str:
        """The address of Keystone."""
        return str(self.config.auth.get("auth_url") or "")


def load_cloud_entry(
    name: str, more_files: Sequence[Path] = (), cacert: Path | None = None
) -> CloudEntry:
    """Return the entry of the cloud called `name`; the files in `more_files` come first.

    `cacert` is a file of CA certificates that replaces the entry's. Raises
    `InputError` where the entry is missing, incomplete or wrong, `UnusableError`
    where its vendor's profile cannot be fetched.
    """
    loader, where = _find_entry(name, more_files)
    config = _load_config(loader, name, where, cacert)
    PROCESS_SECRETS.add_from_document(config.config)
    login_settings.require_complete(config, where)
    settings = config.config
    verify = login_settings.read_tls(settings, where)
    settings["api_timeout"] = login_settings.read_timeout(settings.get("api_timeout"), where)
    addressing = read_endpoint_filter(config, where)
    for option in [key for key in settings if key.endswith(RETRIES)]:
        del settings[option]
    return CloudEntry(
        name=name,
        location=where,
        config=config,
        endpoint_filter=addressing,
        cacert=str(Path(settings["cacert"]).expanduser()) if settings.get("cacert") else "",
        verify=verify,
        overrides=_take_overrides(settings),
        ignored_variables=()
        if where.startswith(VARIABLES)
        else tuple(one for one in IGNORED_VARIABLES if os.environ.get(one)),
    )


def _find_entry(name: str, more_files: Sequence[Path]) -> tuple[Any, str]:
    """Return openstacksdk's loader that knows the cloud, and the entry's location."""
    from openstack.config import OpenStackConfig

    from defcheck.cloud.session import CloudSession

    known: list[str] = []
    for path in more_files:
        if path.exists():
            entries = read_clouds_file(path).entries
            known += map(str, entries)
            if name in entries:
                where = _require_mapping(name, entries[name], path)
                return OpenStackConfig(
                    config_files=[str(path)],
                    secure_files=[],
                    load_envvars=False,
                    session_constructor=CloudSession,
                ), where
    own, secure = find_clouds_file(), find_secure_file()
    where = f"The entry of cloud {name}"
    for file in (own, secure):
        if file is not None and name in file.entries:
            where = _require_mapping(name, file.entries[name], file.path)
    try:
        loader = OpenStackConfig(session_constructor=CloudSession)
    except Exception as error:
        if own is not None and not own.entries:  # an empty file, to an older openstacksdk
            raise _explain_no_cloud(name, own, known) from error
        files = " and ".join(str(file.path) for file in (own, secure) if file) or "variables"
        raise InputError(
            f"openstacksdk cannot use {files}: {_describe_error(error)}.",
            "Write a mapping for every cloud, and do not use the name in OS_CLOUD_NAME.",
        ) from error
    invented = {DEFAULTS} - set(own.entries if own else ())
    found = set(loader.get_cloud_names()) - invented
    if name in found:
        if name == loader.envvar_key:
            where = f"{VARIABLES} (cloud {name})"
        elif own is not None and name in own.entries:
            where = f"The entry of cloud {name} in {own.path}"
        return loader, where
    if any(str(one) == name for one in found):
        raise InputError(
            f"The name of cloud {name} is not a string in YAML.", f'Write it in quotes: "{name}".'
        )
    raise _explain_no_cloud(name, own, [*known, *map(str, found)])


def _explain_no_cloud(name: str, own: CloudsFile | None, known: Sequence[str]) -> InputError:
    if known:
        advice = f"Available: {', '.join(sorted(set(known)))}."
    elif own:
        advice = "The file has no clouds."
    else:
        advice = NO_CLOUDS
    return InputError(f"There is no cloud {name} in {own.path if own else 'clouds.yaml'}.", advice)


def _require_mapping(name: str, raw: Any, path: Path) -> str:
    """Return an entry's location; raise `InputError` if it is invalid."""
    where = f"The entry of cloud {name} in {path}"
    advice = "Add `auth:` with auth_url, username, password, project_name and domains."
    if raw is None:
        raise InputError(f"{where} is empty.", advice)
    if not isinstance(raw, dict):
        raise InputError(f"{where} is not a mapping.", advice)
    if not isinstance(raw.get("auth", {}), dict):
        raise InputError(f"`auth` in the entry of cloud {name} in {path} is not a mapping.", advice)
    if not isinstance(raw.get("regions", []), list):
        raise InputError(
            f"`regions` in the entry of cloud {name} in {path} is not a list.",
            "Write a list, or `region_name` with one name.",
        )
    return where


def _load_config(loader: Any, name: str, where: str, cacert: Path | None) -> Any:
    """Return openstacksdk's configuration of a cloud; raise an error for the user."""
    trusted: dict[str, Any] = {}
    if cacert is not None:
        trusted = {"cacert": str(cacert.absolute()), "verify": True, "insecure": False}
    raw = loader.cloud_config["clouds"][name]
    if "insecure" in raw:  # openstacksdk fails on a number, and treats every string as false
        raw["insecure"] = login_settings.read_switch(raw, "insecure", where, default=False)
    profile = str(raw.get("profile") or raw.get("cloud") or "")
    late = _explain_profile_refusal(where, profile, "no response in time")
    try:
        config, warned = run_with_deadline(
            PROFILE_SECONDS, lambda _: _get_cloud_config(loader, name, trusted), lambda: late
        )
    except DefcheckError:
        raise
    except Exception as error:  # openstacksdk raises what its libraries raise
        raise _explain_refusal(loader, name, where, profile, error) from error
    if any("vendor profile" in warning for warning in warned):
        raise InputError(
            f"{where} names the profile {profile}, which openstacksdk does not know.",
            "Correct `profile`, or add auth_url and region_name to the entry instead.",
        )
    return config


def _get_cloud_config(loader: Any, name: str, settings: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """Return the configuration of a cloud, and what openstacksdk warned of."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        config = loader.get_one(cloud=name, **settings)
    return config, [str(warning.message) for warning in heard]


def _explain_refusal(
    loader: Any, name: str, where: str, profile: str, error: Exception
) -> DefcheckError:
    """Return what is wrong with an entry that openstacksdk or keystoneauth refused."""
    from keystoneauth1 import exceptions

    if profile and (type(error).__module__.startswith("requests") or "remote" in str(error)):
        return _explain_profile_refusal(where, profile, _describe_error(error))
    kind = ""
    with suppress(KeyError, IndexError, TypeError, ValueError, AttributeError):
        config, _ = _get_cloud_config(loader, name, {"validate": False})
        kind = str(config.config["auth_type"])
        login_settings.require_complete(config, where)
    if isinstance(error, exceptions.MissingRequiredOptions):
        return login_settings.missing_options_error(
            where, [option.dest for option in error.options]
        )
    unknown = re.search(r"unexpected keyword argument '(\w+)'", str(error))
    if unknown:
        return InputError(
            f"{where} has {unknown[1]}, which the auth_type {kind} does not support.",
            f"Remove {unknown[1]}, or correct auth_type.",
        )
    if "requires installation" in str(error):
        return login_settings.unknown_type_error(where, kind)
    if isinstance(error, KeyError | IndexError) or "format" in str(error):
        return InputError(
            f"{where} has a setting with {{ or }}, which openstacksdk tries to substitute.",
            "Write {{ and }} instead.",
        )
    return InputError(f"{where} cannot be used: {_describe_error(error)}.", "Correct the entry.")


def _explain_profile_refusal(where: str, profile: str, clause: str) -> UnusableError:
    return UnusableError(
        f"{where} uses the profile {profile}, which could not be downloaded: {clause}.",
        "Check the network, or add auth_url and region_name to the entry instead of `profile`.",
    )


def _describe_error(error: Exception) -> str:
    return describe_failure(error) or clean_message(str(error)) or "it has an unexpected format"


def _take_overrides(settings: dict[str, Any]) -> dict[str, EndpointOverride]:
    """Remove the settings that override addresses; return them by official service type."""
    from os_service_types import ServiceTypes

    known = ServiceTypes()
    found = {}
    for option in list(settings):
        ending = next((one for one in OVERRIDES if option.endswith(one)), "")
        service = option.removesuffix(ending).replace("_", "-")
        kind = known.get_service_type(service) if ending else None
        if kind:
            url = settings.pop(option)
            if url:
                found[kind] = EndpointOverride(option, str(url))
    return found
