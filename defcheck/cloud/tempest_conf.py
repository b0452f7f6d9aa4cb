"""The tempest.conf of a run: its values, its credentials and the prefix of resource names."""

import re
import secrets
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts.accounts_file import DEFAULT_DOMAIN, find_domains, load_account_entries
from defcheck.cloud.connection import Cloud
from defcheck.cloud.endpoint_filter import EndpointFilter, parse_endpoint_filter
from defcheck.errors import InputError
from defcheck.redaction.redactor import PROCESS_SECRETS
from defcheck.tempest.conf_file import Sections, is_true, parse_conf

SECRET_OPTION = re.compile(r"pass|secret|token|credential|(^|_)key$", re.IGNORECASE)
LOGIN_IN_URL = re.compile(r"(?<=://)[^/@\s]+(?=@)")

HARMLESS_VALUES = ("", "true", "false", "True", "False")
"""Values that are not secret: switches such as use_dynamic_credentials stay readable."""

FILE_OPTIONS = (
    ("auth", "test_accounts_file"),
    ("identity", "ca_certificates_file"),
    ("image", "images_manifest_file"),
    ("scenario", "img_file"),
    ("DEFAULT", "log_config_append"),
)
"""Options that name a file."""


@dataclass(frozen=True, slots=True)
class TempestConfiguration:
    """The content of a tempest.conf, and how Tempest gets its users."""

    sections: Sections
    credentials: str
    """dynamic, accounts, single account or as configured."""

    accounts: tuple[Mapping[str, Any], ...] = ()
    """Entries of an accounts file that defcheck itself writes."""

    comments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Comments above options: where their values come from."""

    template: str = ""
    """The text of the user's file that it is based on, whose lines stay where possible."""


def load_configuration(
    path: Path, accounts_file: Path | None, settings: Mapping[str, Mapping[str, str]] | None = None
) -> TempestConfiguration:
    """Load the user's tempest.conf with the accounts and settings of the command line.

    Raises `InputError` if it cannot be read or does not say where Keystone is.
    """
    sections = read_conf(path)
    if "identity" not in sections:
        raise InputError(
            f"{path} has no section [identity].", "Name a tempest.conf with --tempest-conf."
        )
    auth = sections.setdefault("auth", {})
    if accounts_file is not None:
        load_account_entries(accounts_file)
        auth["use_dynamic_credentials"] = "false"
        auth["test_accounts_file"] = str(accounts_file.resolve())
    for section, options in (settings or {}).items():
        sections.setdefault(section, {}).update(options)
    if not sections["identity"].get("uri_v3"):
        raise InputError(
            f"{path}: [identity] uri_v3 is missing. Tempest reads Keystone's address there; "
            "uri is for version 2, which no longer exists.",
            "Add it, for example uri_v3 = https://keystone.example.org/v3.",
        )
    locate_files(sections, path)
    return TempestConfiguration(
        sections, "accounts" if find_accounts_file(sections) else "as configured"
    )


def read_conf(path: Path) -> Sections:
    """Return the values in a tempest.conf; raise `InputError` if it is invalid."""
    return parse_conf_text(read_conf_text(path), str(path))


def read_conf_text(path: Path) -> str:
    """Return the text of a tempest.conf; raise `InputError` if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}.", "Name a tempest.conf with --tempest-conf."
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not a tempest.conf: its encoding is not UTF-8.", "Fix the file."
        ) from error


def parse_conf_text(text: str, name: str) -> Sections:
    """Return the values in the text of a tempest.conf, and register the secrets among them."""
    sections = parse_conf(text, name)
    PROCESS_SECRETS.add_from_document(sections)
    return sections


def find_accounts_file(sections: Mapping[str, Mapping[str, str]]) -> Path | None:
    """Return the accounts file that Tempest takes its users from, None if it creates them.

    As in Tempest, `use_dynamic_credentials` is on by default and wins.
    """
    auth = sections.get("auth", {})
    name = auth.get("test_accounts_file")
    return Path(name) if name and not is_true(auth.get("use_dynamic_credentials", "true")) else None


def get_default_domain(sections: Mapping[str, Mapping[str, str]]) -> str:
    """Return the domain of accounts that name none in an accounts file."""
    return sections.get("auth", {}).get("default_credentials_domain_name") or DEFAULT_DOMAIN


def locate_files(sections: Sections, conf: Path) -> None:
    """Make file names absolute, since Tempest runs in another directory.

    Tempest resolves them in its working directory, which for `ws/etc/tempest.conf`
    is the workspace `ws`. Raises `InputError` if a required file is in none of the
    possible directories, or different ones are in several.
    """
    folders = [Path.cwd(), *([conf.parent.parent] if conf.parent.name == "etc" else [])]
    folders.append(conf.parent)
    needed = {("identity", "ca_certificates_file")}
    if find_accounts_file(sections):
        needed.add(("auth", "test_accounts_file"))
    for section, key in FILE_OPTIONS:
        name = sections.get(section, {}).get(key)
        if not name or Path(name).is_absolute():
            continue
        places = list(dict.fromkeys((folder / name).resolve() for folder in folders))
        found = [place for place in places if place.is_file()]
        if len(found) == 1:
            sections[section][key] = str(found[0])
        elif (section, key) in needed:
            listed = ", ".join(map(str, found or places))
            raise InputError(
                f"{conf}: [{section}] {key} = {name} is "
                + (f"ambiguous: {listed}." if found else f"not found; searched: {listed}."),
                "Write its absolute path. Tempest resolves a relative one in its working "
                "directory, the workspace.",
            )


def redact_secrets(sections: Mapping[str, Mapping[str, str]]) -> Sections:
    """Return the sections with every secret value replaced."""
    return {
        name: {
            key: "***"
            if SECRET_OPTION.search(key) and value not in HARMLESS_VALUES
            else PROCESS_SECRETS.redact_text(strip_url_login(value))
            for key, value in options.items()
        }
        for name, options in sections.items()
    }


def strip_url_login(text: str) -> str:
    """Return `text` without user names and passwords in addresses."""
    return LOGIN_IN_URL.sub("***", text)


CREDENTIALS_TIMEOUT_SECONDS = 20
"""The response timeout in seconds."""


@dataclass(frozen=True, slots=True)
class UserCredentials:
    """Credentials with which nobody has logged in yet."""

    name: str
    """User and project, for display."""

    auth: Mapping[str, str] = field(repr=False)
    """The arguments of keystoneauth's password plugin."""

    endpoint_filter: EndpointFilter = field(default_factory=EndpointFilter)
    cacert: str = ""
    verify: bool = True
    cert: Any = None
    """A client certificate, in the form that requests accepts."""

    def connect(self) -> Any:
        """Return openstacksdk's connection, not logged in yet."""
        from keystoneauth1.identity.generic import Password

        from defcheck.cloud.session import CloudSession, open_connection

        trusted: bool | str = str(Path(self.cacert).expanduser()) if self.cacert else True
        session = CloudSession(
            auth=Password(**dict[str, Any](self.auth)),
            verify=self.verify and trusted,
            cert=self.cert,
            timeout=CREDENTIALS_TIMEOUT_SECONDS,
        )
        return open_connection(session, self.endpoint_filter)


NamedCredentials = tuple[str, Callable[[], Any]]
"""The name of credentials, and a function that connects with them."""


def list_cloud_credentials(cloud: Cloud) -> tuple[NamedCredentials, ...]:
    """Return the credentials of clouds.yaml."""
    return ((f"{cloud.login.username or cloud.name}", lambda: cloud.connection),)


def list_conf_credentials(configuration: TempestConfiguration) -> tuple[NamedCredentials, ...]:
    """Return the credentials in a tempest.conf: its admin, or each of its accounts.

    Raises `InputError` if it has none.
    """
    auth = configuration.sections.get("auth", {})
    file = find_accounts_file(configuration.sections)
    if configuration.accounts:
        entries: list[Mapping[str, Any]] = list(configuration.accounts)
    elif file is not None:
        entries = load_account_entries(file)
    else:
        domain = auth.get("admin_domain_name", DEFAULT_DOMAIN)
        admin = {
            "username": auth.get("admin_username"),
            "password": auth.get("admin_password"),
            "project_name": auth.get("admin_project_name"),
            "user_domain_name": auth.get("admin_user_domain_name") or domain,
            "project_domain_name": auth.get("admin_project_domain_name") or domain,
        }
        if not (admin["username"] and admin["password"] and admin["project_name"]):
            raise InputError(
                "The tempest.conf has no admin with password and project, and no accounts file.",
                "Name another one by --tempest-conf, or an accounts file by --accounts.",
            )
        entries = [admin]
    identity = configuration.sections.get("identity", {})
    return tuple(
        list_account_credentials(
            entries,
            identity,
            endpoint_filter=parse_endpoint_filter(configuration.sections),
            domain=get_default_domain(configuration.sections),
        )
    )


def list_account_credentials(
    entries: list[Mapping[str, Any]],
    identity: Mapping[str, str],
    *,
    endpoint_filter: EndpointFilter,
    cert: Any = None,
    domain: str = DEFAULT_DOMAIN,
) -> Iterator[NamedCredentials]:
    """Yield credentials for each user and project of an accounts file.

    `identity` is the section of tempest.conf with Keystone's address, `cert` a client
    certificate as requests accepts it, `domain` the domain of users and projects for
    which the file names none.
    """
    seen = set()
    for entry in entries:
        project = str(entry.get("project_name") or entry.get("tenant_name"))
        user = str(entry["username"])
        user_domain, project_domain = find_domains(entry, domain)
        auth = {
            "auth_url": identity.get("uri_v3", ""),
            "username": user,
            "password": str(entry["password"]),
            "project_name": project,
            "user_domain_name": user_domain,
            "project_domain_name": project_domain,
        }
        key = (user, project, user_domain, project_domain)
        if key in seen:
            continue
        seen.add(key)
        yield (
            f"{user} in {project}",
            UserCredentials(
                f"{user} in {project}",
                auth,
                endpoint_filter,
                identity.get("ca_certificates_file", ""),
                not is_true(identity.get("disable_ssl_certificate_validation", "")),
                cert,
            ).connect,
        )


MAX_PREFIX_LENGTH = 15
"""Length of a run's prefix in characters, including its hyphen.

Nova cuts a server's host name to 63 characters and then adds `-1` to those of servers that
were created together; Neutron with dns-integration refuses a longer one with 400. The
longest that Tempest creates so is PREFIX-ListServersNegativeTestJSON-server-NUMBER-N.
"""

PREFIX_WORD = "defcheck-"
PREFIX_LETTERS = string.ascii_lowercase + string.digits
"""Characters of a DNS label, lower case only, since some services ignore case."""

RANDOM_LENGTH = MAX_PREFIX_LENGTH - len(PREFIX_WORD)
"""Random characters: 6 of 36 letters are 31 bits."""

PREFIX = re.compile(rf"{PREFIX_WORD}([0-9a-z]{{{RANDOM_LENGTH}}}|[0-9a-f]{{8}})")
"""Also the eight hexadecimal digits of earlier versions, whose runs can still be cleaned up."""


def new_prefix() -> str:
    """Return a new, unique prefix."""
    return PREFIX_WORD + _random_letters(RANDOM_LENGTH)


def extend_prefix(prefix: str) -> str:
    """Return a new, unique prefix that begins with another one."""
    return f"{prefix}-{_random_letters(4)}" if prefix else new_prefix()


def is_prefix(text: str) -> bool:
    """Return whether `new_prefix` may have returned `text`: nothing shorter proves anything."""
    return PREFIX.fullmatch(text) is not None


def _random_letters(length: int) -> str:
    return "".join(secrets.choice(PREFIX_LETTERS) for _ in range(length))
