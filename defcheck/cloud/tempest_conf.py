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
"""Values that tell nothing: switches such as use_dynamic_credentials stay readable."""

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
    """A tempest.conf in the making, and how Tempest gets its users."""

    sections: Sections
    credentials: str
    """dynamic, accounts, single account or as configured."""

    accounts: tuple[Mapping[str, Any], ...] = ()
    """Entries for an accounts file that defcheck has to write itself."""

    comments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What stands above options: where their values come from."""

    template: str = ""
    """The text of the user's file that it was made from, whose lines stay where they can."""


def load_configuration(
    path: Path, accounts_file: Path | None, settings: Mapping[str, Mapping[str, str]] | None = None
) -> TempestConfiguration:
    """Take a tempest.conf of the user's with the accounts and settings of the command line.

    Raises `InputError` where it cannot be read or does not say where Keystone is.
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
            f"{path}: [identity] uri_v3 is missing. Tempest reads the address of Keystone there; "
            "uri is for version 2, which no Keystone has any more.",
            "Add it, for example uri_v3 = https://keystone.example.org/v3.",
        )
    locate_files(sections, path)
    return TempestConfiguration(
        sections, "accounts" if find_accounts_file(sections) else "as configured"
    )


def read_conf(path: Path) -> Sections:
    """Return the values in a tempest.conf; raise `InputError` where it is none."""
    return parse_conf_text(read_conf_text(path), str(path))


def read_conf_text(path: Path) -> str:
    """Return the text of a tempest.conf; raise `InputError` where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}.", "Name a tempest.conf with --tempest-conf."
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not a tempest.conf: it is not UTF-8.", "Fix the file."
        ) from error


def parse_conf_text(text: str, name: str) -> Sections:
    """Return the values in the text of a tempest.conf, and learn the secrets among them."""
    sections = parse_conf(text, name)
    PROCESS_SECRETS.add_from_document(sections)
    return sections


def find_accounts_file(sections: Mapping[str, Mapping[str, str]]) -> Path | None:
    """Return the accounts file that Tempest takes its users from, None where it creates them.

    As in Tempest, `use_dynamic_credentials` is on by default and wins.
    """
    auth = sections.get("auth", {})
    name = auth.get("test_accounts_file")
    return Path(name) if name and not is_true(auth.get("use_dynamic_credentials", "true")) else None


def get_default_domain(sections: Mapping[str, Mapping[str, str]]) -> str:
    """Return the domain of accounts for which an accounts file names none."""
    return sections.get("auth", {}).get("default_credentials_domain_name") or DEFAULT_DOMAIN


def locate_files(sections: Sections, conf: Path) -> None:
    """Replace relative names of files by whole ones, since a run's Tempest works elsewhere.

    Tempest takes them from its working directory, which for `ws/etc/tempest.conf`
    is the workspace `ws`. Raises `InputError` where a file that a run cannot do
    without is in none of these places, or different ones are in several.
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
                + (f"more than one file: {listed}." if found else f"no file: looked for {listed}."),
                "Write its whole path. Tempest takes a relative one from its working directory, "
                "the workspace.",
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
"""How long an answer is waited for."""


@dataclass(frozen=True, slots=True)
class UserCredentials:
    """A login that is not made yet."""

    name: str
    """User and project, as shown to people."""

    auth: Mapping[str, str] = field(repr=False)
    """What Keystone wants to know."""

    endpoint_filter: EndpointFilter = field(default_factory=EndpointFilter)
    cacert: str = ""
    verify: bool = True
    cert: Any = None
    """A client certificate, as requests takes it."""

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
"""A login's name, and what connects it."""


def list_cloud_credentials(cloud: Cloud) -> tuple[NamedCredentials, ...]:
    """Return the login that clouds.yaml has."""
    return ((f"{cloud.login.username or cloud.name}", lambda: cloud.connection),)


def list_conf_credentials(configuration: TempestConfiguration) -> tuple[NamedCredentials, ...]:
    """Return the logins of a tempest.conf: its admin, or each of its accounts.

    Raises `InputError` where it has none.
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
                "Name one that has, with --tempest-conf, or the users' file with --accounts.",
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
    """Yield a login for each user and project of an accounts file.

    `identity` is the section of tempest.conf that says where Keystone is, `cert`
    a client certificate as requests takes it, `domain` that of users and projects
    for which the file names none.
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
"""Characters of a run's prefix, hyphen inside included.

Nova cuts a server's host name to 63 characters and then adds `-1` to those of servers that
were created together; Neutron with dns-integration refuses a longer one with 400. The
longest that Tempest creates so is PREFIX-ListServersNegativeTestJSON-server-NUMBER-N.
"""

PREFIX_WORD = "defcheck-"
PREFIX_LETTERS = string.ascii_lowercase + string.digits
"""Of a DNS label, in one case of letters, as some services compare names without it."""

RANDOM_LENGTH = MAX_PREFIX_LENGTH - len(PREFIX_WORD)
"""Random characters: 6 of 36 letters are 31 bits."""

PREFIX = re.compile(rf"{PREFIX_WORD}([0-9a-z]{{{RANDOM_LENGTH}}}|[0-9a-f]{{8}})")
"""Also with the eight hexadecimal digits of earlier versions, whose runs are still cleaned up."""


def new_prefix() -> str:
    """Return a prefix that nothing else has."""
    return PREFIX_WORD + _random_letters(RANDOM_LENGTH)


def extend_prefix(prefix: str) -> str:
    """Return a prefix that begins with another one and that nothing else has."""
    return f"{prefix}-{_random_letters(4)}" if prefix else new_prefix()


def is_prefix(text: str) -> bool:
    """Return whether `text` is a prefix as `new` makes them: nothing shorter proves anything."""
    return PREFIX.fullmatch(text) is not None


def _random_letters(length: int) -> str:
    return "".join(secrets.choice(PREFIX_LETTERS) for _ in range(length))
