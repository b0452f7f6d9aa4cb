"""tempest.conf is read and written as oslo.config reads it, shown with Tempest's own options."""

import json
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from defcheck.errors import InputError
from defcheck.tempest import installed
from defcheck.tempest.conf_file import (
    Sections,
    find_overriding_folders,
    is_true,
    parse_conf,
    render_conf,
)
from defcheck.tempest.workspace import open_workspace
from defcheck.util.files import write_private
from tests.properties import scale_examples
from tests.unit.shared import shared_files

# Tempest imports modules that it has deprecated itself.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:tempest")

NASTY = (
    *(
        "",
        "plain",
        "pa$$w0rd$x",
        "ab$$cd",
        "$",
        "$$",
        "a$",
        "$1",
        "$region",
        "${region}",
        "$nosuch",
    ),
    *("${identity.region}", "$identity", "${", "${}", "$admin_password", "$_x", "$$region", "$É"),
    *("\\", "\\$", "\\\\$x", "\\$$x", "a\\$region", "$\\$", "\\\\\\$region", "\\n"),
    *('"', "'", '""', "''", '"quoted"', "'quoted'", '"half', "half'", "'\"'", '"a" b "c"', '"$x"'),
    *(" ", " leading", "trailing ", "\t", "\ttab\t", ' " ', "\xa0", "\u2028line", "line\u2029"),
    *("#", "# x", ";", "; x", "a # b ; c", "a=b", "=", ":", "a: b", "[section]", "[", "%", "%(x)s"),
    *("{", "}", "{{ x }}", "päss wörd", "密码", "🔑", "\x00", "\x1f", "\x0b", "a\x0cb", "\x85"),
    *(",", "a, b", "None", "true", "***", "two\nlines", "\nlist,\nof,\nitems", '"a\n"b"'),
)
"""Texts that a cloud or a user may give, with what is special to oslo.config in them."""

TYPED = ("use_dynamic_credentials", "tempest_roles", "build_timeout")
"""Options whose value is more than a text; others may refer to them."""


@cache
def tempest_options() -> list[tuple[str, Any]]:
    """Return the options of the installed Tempest and of oslo.log with their sections."""
    from oslo_log import _options
    from tempest import config

    return [
        (getattr(group, "name", group) or "DEFAULT", option)
        for group, options in (*config.list_opts(), *_options.list_opts())
        for option in options
    ]


def takes_any_text(option: Any) -> bool:
    return not option.type.choices and not option.type.regex


def text_options() -> list[tuple[str, str]]:
    """Return the options of Tempest that take any text."""
    from oslo_config import cfg

    return [
        (section, option.dest)
        for section, option in tempest_options()
        if type(option) is cfg.StrOpt and takes_any_text(option)
        if section not in ("DEFAULT", "profiler")
    ]


def oslo_reads(text: str) -> Sections:
    """Return what a text sets as oslo.config has it, for options that take any text.

    Options that are not Tempest's are registered too, as a plugin would. Raises
    what oslo.config raises.
    """
    from oslo_config import cfg

    conf = cfg.ConfigOpts()
    found: Sections = {}
    raw: dict[str, Any] = {}
    with tempfile.NamedTemporaryFile(suffix=".conf") as file:
        file.write(text.encode())
        file.flush()
        cfg.ConfigParser(file.name, raw).parse()
        for section, option in tempest_options():
            with suppress(cfg.DuplicateOptError):  # two lists have it
                conf.register_opt(option, None if section == "DEFAULT" else section)
        conf([], default_config_files=[file.name], default_config_dirs=[], use_env=False)
    keys = dict.fromkeys(
        (name if name == "DEFAULT" else name.lower(), key)
        for name, options in raw.items()
        for key in options
    )
    for section, key in keys:
        with suppress(cfg.DuplicateOptError):
            conf.register_opt(cfg.StrOpt(key), None if section == "DEFAULT" else section)
    for section, key in keys:
        if key not in TYPED:
            group = conf if section == "DEFAULT" else conf[section]
            found.setdefault(section, {})[key] = group[key]
    return found


def sections_of(values: dict[tuple[str, str], str]) -> Sections:
    found: Sections = {}
    for (section, key), value in values.items():
        found.setdefault(section, {})[key] = value
    return found


def ask_tempest(text: str, options: Iterable[tuple[str, str]]) -> list[str]:
    """Return what the CONF of a real Tempest has, in a process as a run starts it."""
    code = (
        "import json, sys\n"
        "from tempest.config import _CONF, CONF\n"
        "CONF.auth\n"
        "print(json.dumps([_CONF[s][k] for s, k in json.load(sys.stdin)]))\n"
    )
    with open_workspace(installed.find_default_tempest()) as workspace:
        write_private(workspace.tempest_conf, text)
        done = subprocess.run(
            [workspace.python, "-c", code],
            cwd=workspace.folder,
            env=workspace.build_environment(),
            input=json.dumps(list(options)),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    values: list[str] = json.loads(done.stdout.splitlines()[-1])
    return values


def test_every_nasty_text_comes_back_from_tempest_s_own_conf(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the locale is, and whatever oslo.config finds in the environment."""
    written = dict(zip(text_options(), NASTY, strict=False))
    assert len(written) == len(NASTY), "Tempest has too few options for all texts"
    for name, value in (("LC_ALL", "C"), ("PYTHONUTF8", "0"), ("PYTHONCOERCECLOCALE", "0")):
        monkeypatch.setenv(name, value)
    for section, key in written:
        monkeypatch.setenv(f"OS_{section}__{key}".upper(), "from the environment")
    found = ask_tempest(render_conf(sections_of(written)), written)
    assert dict(zip(written, found, strict=True)) == written


@pytest.mark.parametrize("path", shared_files("cases/conf-dollar/clouds.yaml"))
def test_passwords_with_dollars_reach_tempest(path: Path) -> None:
    clouds = yaml.safe_load(path.read_text())["clouds"]
    passwords = [cloud["auth"]["password"] for cloud in clouds.values()]
    assert passwords == ["pa$$w0rd$x", "ab$$cd"]
    for password in passwords:
        text = render_conf({"auth": {"admin_password": password}})
        assert f"admin_password = {password.replace('$', '$$')}\n" in text
        assert ask_tempest(text, [("auth", "admin_password")]) == [password]


def test_a_folder_that_wins_over_tempest_conf_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".tempest/tempest.conf.d"
    folder.mkdir(parents=True)
    assert folder not in find_overriding_folders()
    (folder / "site.conf").write_text("[identity]\nregion = site\n")
    assert folder in find_overriding_folders()
    written = {"identity": {"region": "ours"}}
    assert ask_tempest(render_conf(written), [("identity", "region")]) == ["site"]


READINGS = [
    ('region = "RegionOne"', "RegionOne"),
    ("region = 'RegionOne'", "RegionOne"),
    ("region = \"RegionOne'", "\"RegionOne'"),
    ('region = "a" and "b"', 'a" and "b'),
    ("region = \"'a'\"", "'a'"),
    ('region = "  a  "', "  a  "),
    ("region =    a   ", "a"),
    ("region : a", "a"),
    ("region:a=b", "a=b"),
    ("region=a:b", "a:b"),
    ("region =", ""),
    ('region = ""', ""),
    ('region = "', ""),
    ("region = a # no comment", "a # no comment"),
    ("# region = x\nregion = a\n; region = y", "a"),
    ("region = a\nregion = b", "b"),
    ("region = a\n  b\n\tc", "a\nb\nc"),
    ("region =\n  a,\n  b", "\na,\nb"),
    ("region = a\n\n[IDENTITY]\nregion = b", "b"),
    ("region = $$x and \\$y", "$x and $y"),
    ("region = a$1 $ b$", "a$1 $ b$"),
    ("region = $catalog_type", "identity"),
    ("region = ${v3_endpoint_type}Region", "publicRegion"),
    ("catalog_type = own\nregion = $catalog_type", "own"),
    ("region = ${compute.build_timeout}", "300"),
    ("region = $resource_name_prefix", "tempest"),
    ("region = $resource_name_prefix\n[DEFAULT]\nresource_name_prefix = p$$", "p$"),
    ("region = ${auth.use_dynamic_credentials}\n[auth]\nuse_dynamic_credentials=off", "False"),
    ('region = $catalog_type\ncatalog_type = "$v3_endpoint_type "', "public "),
    ("region = a\r\n", "a"),
    ("region = %(x)s {y} [z]", "%(x)s {y} [z]"),
]


@pytest.mark.parametrize(("text", "value"), READINGS, ids=[text for text, _ in READINGS])
def test_a_value_is_read_as_tempest_reads_it(text: str, value: str) -> None:
    text = f"[identity]\n{text}\n"
    assert parse_conf(text)["identity"]["region"] == value
    assert oslo_reads(text)["identity"]["region"] == value


def test_options_of_default_are_no_options_of_other_sections() -> None:
    """Unlike Python's configparser, oslo.config inherits nothing."""
    sections = parse_conf("[DEFAULT]\nregion = a\n[identity]\n[default]\nx = 1\n")
    assert sections == {"DEFAULT": {"region": "a"}, "identity": {}, "default": {"x": "1"}}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[auth]\nadmin_password canary", 2),
        ("admin_password = canary", 1),
        ("[auth]\n  admin_password = canary", 2),
        ("[auth]\n= canary", 2),
        ("[auth\nadmin_password = canary", 1),
        ("[]", 1),
        ("\ufeff[auth]\nadmin_password = canary", 1),
    ],
)
def test_what_oslo_config_cannot_read_is_refused_without_the_line(text: str, line: int) -> None:
    with pytest.raises(InputError, match=f"mine.conf is not .* line {line} cannot be r") as caught:
        parse_conf(text, "mine.conf")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "value", ["ca$nary", "${canary}", "${canary.x}", "$auth", "$admin_password"]
)
def test_a_dollar_that_breaks_tempest_is_refused_without_the_value(value: str) -> None:
    """Tempest would say ArgsAlreadyParsedError, or name a part of the password."""
    with pytest.raises(InputError, match=r"\[auth\] admin_password .*Write \$\$") as caught:
        parse_conf(f"[auth]\nadmin_password = {value}\n")
    assert "nary" not in str(caught.value)


@pytest.mark.parametrize("value", ["a\rb", "a\n", "\n", "a\n\nb", "a\n b", "a\nb ", "\ud800"])
def test_what_no_line_can_hold_is_refused_by_its_name(value: str) -> None:
    with pytest.raises(InputError, match=r"\[auth\] admin_password cannot be written"):
        render_conf({"auth": {"admin_username": "u", "admin_password": value}})


def test_comments_stand_above_their_options() -> None:
    text = render_conf({"a": {"x": "1", "y": ""}, "b": {}}, {"a": {"y": "user: empty"}})
    assert text == "[a]\nx = 1\n# user: empty\ny =\n\n[b]\n\n"


@pytest.mark.parametrize("word", ["true", "True", "1", "on", "ON", "yes"])
def test_words_for_true(word: str) -> None:
    assert is_true(word)
    assert not is_true(f"not {word}")


TEMPLATE = """# of our own

[Identity]\t
uri_v3:"http://127.0.0.1/v3"
  # region, twice
region = a
region = 'b'
ca = $region/ca
[auth]
; nobody
admin_password = "pa$$word"
roles =
   member,
   reader

[mine]
x=1
# the end"""


def test_the_lines_of_a_template_stay_where_their_values_do() -> None:
    sections = parse_conf(TEMPLATE)
    assert render_conf(sections, template=TEMPLATE) == f"{TEMPLATE}\n"
    more = {
        **sections,
        "auth": {**sections["auth"], "admin_password": "$new", "admin_username": "u"},
        "new": {"y": "2"},
    }
    del more["mine"]
    assert (
        render_conf(more, {"auth": {"admin_username": "default: x"}}, TEMPLATE)
        == TEMPLATE.replace('admin_password = "pa$$word"', "admin_password = $$new")
        .replace("reader\n", "reader\n# default: x\nadmin_username = u\n")
        .replace("x=1\n", "")
        + "\n\n[new]\ny = 2\n\n"
    )


def test_a_line_that_refers_to_a_changed_option_is_written_out() -> None:
    template = "[identity]\nregion = a\nother = $region\n"
    assert render_conf({"identity": {"region": "b", "other": "a"}}, template=template) == (
        "[identity]\nregion = b\nother = a\n"
    )
    assert render_conf({"identity": {"region": "b", "other": "b"}}, template=template) == (
        "[identity]\nregion = b\nother = b\n"
    )


texts = st.one_of(
    st.sampled_from(NASTY),
    st.lists(st.sampled_from((*NASTY, *"$\\{}\"' #;:=%[]ab\t")), max_size=5).map("".join),
    st.text(),
)
chosen = [("auth", "admin_password"), ("identity", "region"), ("DEFAULT", "resource_name_prefix")]


@settings(max_examples=scale_examples(200), deadline=None)
@given(st.lists(texts, min_size=len(chosen), max_size=len(chosen)))
def test_every_text_is_read_back_the_same_or_refused(values: list[str]) -> None:
    """By Tempest's options and by defcheck; a text of one line is never refused."""
    sections = sections_of(dict(zip(chosen, values, strict=True)))
    try:
        text = render_conf(sections)
    except InputError:
        assert any(set(value) & set("\n\r") for value in values)
        return
    assert parse_conf(text) == sections
    assert oslo_reads(text) == sections


names = (
    *TYPED,
    "admin_password",
    "region",
    "resource_name_prefix",
    "image_ref",
    "mine",
    "My",
    "Region",
)
lines = st.one_of(
    st.sampled_from(("[DEFAULT]", "[auth]", "[identity]", "[IDENTITY]", "[compute]", "[ auth ]")),
    st.sampled_from(("", " ", "# a comment", "; too", "[", "[]", "[auth] ", "nothing", "=", ": x")),
    st.sampled_from(
        ("use_dynamic_credentials = yes\n", "tempest_roles = a, b\n", "build_timeout = 7\n")
    ),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(names[len(TYPED) :]),
        st.sampled_from(("=", " = ", ":", " : ", "\t=\t", "")),
        st.one_of(texts, st.sampled_from(names).map("${}".format)),
    ),
    st.builds("{}{}".format, st.sampled_from((" ", "\t", "    ")), texts),
)


@settings(max_examples=scale_examples(300), deadline=None)
@given(st.lists(lines, max_size=12))
def test_every_file_is_read_or_refused_as_oslo_config_does(content: list[str]) -> None:
    from oslo_config import cfg, iniparser

    text = "\n".join(["[auth]", *content])
    try:
        expected = oslo_reads(text)
    except (cfg.Error, iniparser.ParseError, RecursionError):
        with pytest.raises(InputError):
            parse_conf(text)
        return
    found = {
        section: {key: value for key, value in options.items() if key not in TYPED}
        for section, options in parse_conf(text).items()
    }
    assert {section: options for section, options in found.items() if options} == expected


@settings(max_examples=scale_examples(200), deadline=None)
@given(st.lists(lines, max_size=12), st.dictionaries(st.sampled_from(chosen), texts))
def test_a_changed_template_holds_what_was_asked_for(
    content: list[str], changes: dict[tuple[str, str], str]
) -> None:
    template = "\n".join(["[auth]", *content])
    try:
        sections = parse_conf(template)
        unchanged = render_conf(sections, template=template)
        for (section, key), value in changes.items():
            sections.setdefault(section, {})[key] = value
        text = render_conf(sections, template=template)
    except InputError:
        return
    assert unchanged.rstrip("\n") == template.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    assert parse_conf(text) == sections
