"""Validation of the settings that a login at Keystone needs."""

import os
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from defcheck.cloud import failures
from defcheck.cloud.session import READ_SECONDS
from defcheck.errors import InputError

NAME_DOMAIN = "Add user_domain_name and project_domain_name, often Default, under `auth`."

APPLICATION_CREDENTIAL = "v3applicationcredential"
USER = ("username", "user_id")
PASSWORD_SETTINGS = (USER, ("password",))
REQUIRED_SETTINGS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "password": PASSWORD_SETTINGS,
    "v3password": PASSWORD_SETTINGS,
    "token": (("token",),),
    "v3token": (("token",),),
    "v3totp": (USER, ("passcode",)),
    "v3multifactor": (("auth_methods",),),
    APPLICATION_CREDENTIAL: (
        ("application_credential_id", "application_credential_name"),
        ("application_credential_secret",),
    ),
}
"""By auth_type, the groups of settings of which a login needs one each."""

WITH_DOMAINS = ("password", "v3password", "v3totp", APPLICATION_CREDENTIAL)
DOMAIN_OWNERS = (("user", "username", "user_id"), ("project", "project_name", "project_id"))
"""What has a domain, its name, and the id that makes the domain unnecessary."""

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Variables that name a CA file to requests, but not to Tempest."""

TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def require_complete(config: Any, where: str) -> None:
    """Raise `InputError` if a login lacks something, or is not for Keystone v3.

    `config` is openstacksdk's configuration, with its auth plugin or without.
    """
    kind = str(config.config.get("auth_type") or "none")
    _require_keystone(kind, where)
    required = REQUIRED_SETTINGS.get(kind, ())
    if kind == APPLICATION_CREDENTIAL and _get_setting(config, "application_credential_name"):
        required = (*required, USER)  # the owner of the credential's name; an id needs no owner
    missing = [
        names[0]
        for names in (("auth_url",), *required)
        if not any(_get_setting(config, name) for name in names)
    ]
    if missing:
        raise missing_options_error(where, missing)
    _require_url(str(_get_setting(config, "auth_url")), where)
    for option in ("username", "password"):
        if not isinstance(_get_setting(config, option), str | None):
            raise InputError(
                f"The {option} in {_lower_first(where)} is not a string.", "Put it in quotes."
            )
    _require_domains(config, kind, where)
    scopes = [
        name
        for name in ("project_name", "project_id", "domain_name", "domain_id", "system_scope")
        if _get_setting(config, name)
    ]
    if len({name.partition("_")[0] for name in scopes}) > 1:
        raise InputError(
            f"{where} has both {scopes[0]} and {scopes[-1]}.",
            "A login has one scope: a project, a domain or the system. Remove all but one.",
        )


def missing_options_error(where: str, options: Sequence[str]) -> InputError:
    """Return the error about missing settings of a login."""
    variables = [f"OS_{option.upper()}" for option in options]
    return InputError(
        f"{where} has no {_join_words(options, 'or')}.",
        f"Add {_join_words(options, 'and')} under `auth`, there or in secure.yaml; "
        f"in an openrc file, {_join_words(variables, 'and')}.",
    )


def _join_words(words: Sequence[str], last: str) -> str:
    """Return words joined as in a sentence."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def unknown_type_error(where: str, kind: str) -> InputError:
    """Return the error about an auth_type that keystoneauth does not know."""
    extra = kind.removeprefix("v3")
    return InputError(
        f"{where} has the auth_type {kind}, which the installed keystoneauth does not support.",
        f"Correct it; some need a package, such as keystoneauth1[{extra}]."
        if extra in ("kerberos", "saml2", "oauth1", "fedkerb", "adfspassword", "samlpassword")
        else "Use password, v3applicationcredential, token or another auth_type of Keystone's.",
    )


def _require_keystone(kind: str, where: str) -> None:
    """Raise `InputError` if an auth_type does not log in to Keystone v3."""
    from keystoneauth1 import exceptions, loading
    from keystoneauth1.identity.base import BaseIdentityPlugin

    if kind.startswith("v2"):
        raise InputError(
            f"{where} has the auth_type {kind}, a login of the Identity API v2.",
            "Tempest needs the Identity API v3: use password.",
        )
    try:
        loader: Any = loading.get_plugin_loader("admin_token" if kind == "token_endpoint" else kind)
    except exceptions.NoMatchingPlugin:
        raise unknown_type_error(where, kind) from None
    if not issubclass(loader.plugin_class, BaseIdentityPlugin):
        raise InputError(
            f"{where} has the auth_type {kind}, which is not a login at Keystone.",
            "Use password, the default, or another auth_type of Keystone's, such as token.",
        )


def _require_url(url: str, where: str) -> None:
    advice = "Set it to Keystone's URL, such as https://cloud.example:5000/v3."
    if urlsplit(url, allow_fragments=False).scheme not in ("http", "https"):
        raise InputError(
            f"The auth_url in {_lower_first(where)} does not begin with https:// or http://.",
            advice,
        )
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").encode("idna"), parts.port
    except ValueError:  # a bad port, unbalanced brackets, or a label that is too long
        host = b""
    if not host or not url.isprintable() or " " in url:
        raise InputError(f"The auth_url in {_lower_first(where)} is not a valid URL.", advice)


def _require_domains(config: Any, kind: str, where: str) -> None:
    """Raise `InputError` if the name of a user or project has no domain."""
    if kind not in WITH_DOMAINS:
        return
    known = any(_get_setting(config, f"default_domain_{form}") for form in ("name", "id"))
    for what, name, own in DOMAIN_OWNERS:
        if not _get_setting(config, name) or _get_setting(config, own) or known:
            continue
        if not any(_get_setting(config, f"{what}_domain_{form}") for form in ("name", "id")):
            raise InputError(f"{where} has no {what}_domain_name.", NAME_DOMAIN)


def read_tls(settings: dict[str, Any], where: str) -> bool:
    """Return whether certificates are verified; normalise `settings` for openstacksdk.

    openstacksdk treats the string False as a file name. Raises `InputError` if a
    switch is neither true nor false, or a file has no certificates.
    """
    insecure = read_switch(settings, "insecure", where, default=False)
    verify = settings.get("verify")
    if isinstance(verify, str) and Path(verify).expanduser().is_file():
        settings["cacert"] = settings.get("cacert") or verify
        settings["verify"] = True
    verified = read_switch(settings, "verify", where, default=True) and not insecure
    if verified and not settings.get("cacert"):
        named = [os.environ.get(variable) or "" for variable in CA_VARIABLES]
        settings["cacert"] = next(filter(os.path.isfile, named), None)
    settings["insecure"], settings["verify"] = not verified, verified
    if verified:
        failures.require_certificates(str(settings.get("cacert") or ""))
    _require_client_certificate(settings, where)
    return verified


def read_switch(settings: Mapping[str, Any], option: str, where: str, *, default: bool) -> bool:
    """Return a setting that is true or false; raise `InputError` if it is neither."""
    value = settings.get(option)
    text = "" if value is None else str(value).strip().lower()
    if not text:
        return default
    if text not in TRUE + FALSE:
        raise InputError(
            f"`{option}` in {_lower_first(where)} is neither true nor false.",
            f"Set `{option}` to true or false."
            + (" Use `cacert` to name a CA file." if option == "verify" else ""),
        )
    return text in TRUE


def _require_client_certificate(settings: Mapping[str, Any], where: str) -> None:
    """Raise `InputError` if `cert` and `key` are not a certificate with its key."""
    cert, key = settings.get("cert"), settings.get("key")
    if not cert:
        return
    file = Path(str(cert)).expanduser()
    try:
        # An empty passphrase, or OpenSSL would prompt for one on the terminal.
        ssl.create_default_context().load_cert_chain(
            file, Path(str(key)).expanduser() if key else None, password=""
        )
    except ssl.SSLError:
        raise InputError(
            f"`cert` in {_lower_first(where)} is not a certificate with a matching key.",
            "Name files in PEM form with `cert` and `key`, the key without a passphrase.",
        ) from None
    except OSError as error:
        raise InputError(
            f"`cert` or `key` in {_lower_first(where)} cannot be read: {error.strerror}.",
            "Name files that exist.",
        ) from error


def read_timeout(value: Any, where: str) -> float:
    """Return the read timeout in seconds: api_timeout, which a variable holds as a string."""
    if value in (None, "", 0, "0"):
        return READ_SECONDS
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise InputError(
            f"`api_timeout` in {_lower_first(where)} is not a number of seconds.",
            "Set it to a number, such as 30.",
        )
    return seconds


def _get_setting(config: Any, name: str) -> Any:
    """Return a setting from under `auth` or next to it."""
    value = config.config.get("auth", {}).get(name)
    return config.config.get(name) if value in (None, "") else value


def _lower_first(where: str) -> str:
    """Return an entry's location for the middle of a sentence."""
    return where[:1].lower() + where[1:]
