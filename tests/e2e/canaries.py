"""Secrets that no run may tell, and a Tempest plugin whose tests tell them in every way."""

import base64
import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus

NAMES = (
    *("auth", "subject", "service", "storage", "basic", "cookie", "setcookie", "adminpass"),
    *("original", "appcred", "trust", "ec2", "blob", "keypair", "oauth", "tempurl", "containerkey"),
    *("signature", "amz", "userinfo", "userdata", "passphrase", "escaped", "ini", "printed"),
    *("stderr", "child", "skipped", "raised", "setup", "detail", "curl", "xml", "totp", "command"),
)
CANARIES = {name: f"C4n-{name}-7Kq9xZ" for name in NAMES} | {
    "special": "C4n/sp+ec\"i'al\\&=7Kq 9",
}
FERNET = "gAAAAABmC4nary" + "Qx7_-" * 30 + "="
SECONDS = 40
"""How long the test sleeps that is interrupted."""

MODULE = "canary_plugin.tests.test_loud"
IDS = {
    f"{MODULE}.LoudTest.test_fails": "id-5b3b1c34-1de4-4d8a-93b6-5d6b1f0d1a01",
    f"{MODULE}.LoudTest.test_skips": "id-5b3b1c34-1de4-4d8a-93b6-5d6b1f0d1a02",
    f"{MODULE}.LoudTest.test_passes": "id-5b3b1c34-1de4-4d8a-93b6-5d6b1f0d1a03",
    f"{MODULE}.LoudSetUpTest.test_never": "id-5b3b1c34-1de4-4d8a-93b6-5d6b1f0d1a04",
}
SLEEPER = {f"{MODULE}.SleepingTest.test_sleeps": "id-5b3b1c34-1de4-4d8a-93b6-5d6b1f0d1a05"}

PLUGIN = """
import os
from tempest.test_discover import plugins

class Plugin(plugins.TempestPlugin):
    def load_tests(self):
        base = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        return os.path.join(base, "canary_plugin/tests"), base
    def register_opts(self, conf):
        pass
    def get_opt_lists(self):
        return []
"""

LOUD = """
import json
import os
import subprocess
import sys
import time
from oslo_log import log
from tempest import config, test
from tempest.lib import decorators
from testtools import content

LOG = log.getLogger(__name__)
C = json.loads({canaries!r})
FERNET = {fernet!r}
RSA = "RSA PRIVATE KEY-----"
PEM = "-----BEGIN " + RSA + "\\nMIIE" + C["keypair"] + "\\n-----END " + RSA + "\\n"


def say(case):
    headers = {{
        "X-Auth-Token": C["auth"], "X-Subject-Token": C["subject"], "X-Service-Token": C["service"],
        "x-storage-token": C["storage"], "Authorization": "Basic " + C["basic"],
        "Cookie": "session=" + C["cookie"] + "; a=b",
        "Set-Cookie": "s=" + C["setcookie"] + "; Path=/",
        "X-Account-Meta-Temp-URL-Key": C["tempurl"],
        "X-Container-Meta-Temp-Url-Key-2": C["containerkey"],
    }}
    body = {{
        "server": {{"adminPass": C["adminpass"], "user_data": C["userdata"]}},
        "user": {{"original_password": C["original"], "password": C["special"]}},
        "application_credential": {{"secret": C["appcred"]}},
        "credential": {{"access": "0123456789abcdef", "secret": C["ec2"],
                       "blob": json.dumps({{"access": "x", "secret": C["blob"]}})}},
        "keypair": {{"private_key": PEM}}, "oauth_token_secret": C["oauth"], "passcode": C["totp"],
        "passphrase": C["passphrase"], "trust": {{"token": {{"id": C["trust"]}}}},
    }}
    LOG.debug("Request - Headers: %s\\n        Body: %s", headers, json.dumps(body))
    LOG.debug("Response Body: %s", json.dumps(body).encode())
    LOG.debug("Escaped: %s", json.dumps({{"text": json.dumps({{"password": C["escaped"]}})}}))
    LOG.debug("%s", list(headers.items()))
    LOG.debug("a token %s by itself, %s", FERNET, PEM)
    LOG.debug("GET http://h/v1/a/c/o?temp_url_sig=%s&temp_url_expires=1", C["signature"])
    LOG.debug("GET http://h/b?X-Amz-Signature=%s http://u:%s@h/", C["amz"], C["userinfo"])
    LOG.debug("curl -H 'X-Auth-Token: %s' http://h/ ; openstack --os-password %s x",
              C["curl"], C["command"])
    LOG.debug("[auth]\\nadmin_password = %s\\n<adminPass>%s</adminPass>", C["ini"], C["xml"])
    auth = case.os_primary.auth_provider
    LOG.debug("Login %s: %s has the token %s",
              auth.credentials.username, auth.credentials.password, auth.get_token())
    case.addDetail("details", content.text_content("{{'password': '" + C["detail"] + "'}}"))
    print("adminPass:", C["printed"], flush=True)
    print("the login is", auth.credentials.password, flush=True)
    sys.stderr.write("token=" + C["stderr"] + "\\n")
    subprocess.run(["/bin/sh", "-c", 'echo "password=$0"', C["child"]])
    case.os_primary.object_storage.AccountClient().create_update_or_delete_account_metadata(
        create_update_metadata={{"Temp-URL-Key": C["tempurl"]}})


class LoudTest(test.BaseTestCase):
    credentials = [["primary", config.CONF.object_storage.operator_role]]

    @classmethod
    def setup_clients(cls):
        super().setup_clients()
        cls.os_primary = cls.os_roles_primary

    @decorators.idempotent_id({ids[0]!r})
    def test_fails(self):
        say(self)
        password = C["raised"]
        raise ValueError({{"adminPass": password, "said": self.os_primary.credentials.password}})

    @decorators.idempotent_id({ids[1]!r})
    def test_skips(self):
        say(self)
        raise self.skipException("no X-Auth-Token: " + C["skipped"])

    @decorators.idempotent_id({ids[2]!r})
    def test_passes(self):
        say(self)


class LoudSetUpTest(test.BaseTestCase):
    @classmethod
    def resource_setup(cls):
        raise ValueError("http://h/?token=" + C["setup"])

    @decorators.idempotent_id({ids[3]!r})
    def test_never(self):
        pass


class SleepingTest(LoudTest):
    test_fails = test_skips = test_passes = None

    @decorators.idempotent_id({ids[4]!r})
    def test_sleeps(self):
        say(self)
        time.sleep({seconds})
"""


def make_plugin(folder: Path) -> None:
    """Write the plugin as an installed distribution, found where PYTHONPATH names the folder."""
    package, info = folder / "canary_plugin", folder / "canary_plugin-1.0.dist-info"
    (package / "tests").mkdir(parents=True)
    info.mkdir()
    for path in (package / "__init__.py", package / "tests/__init__.py"):
        path.touch()
    (package / "plugin.py").write_text(PLUGIN)
    ids = [one.removeprefix("id-") for one in [*IDS.values(), *SLEEPER.values()]]
    (package / "tests/test_loud.py").write_text(
        LOUD.format(canaries=json.dumps(CANARIES), fernet=FERNET, ids=ids, seconds=SECONDS)
    )
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: canary-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[tempest.test_plugins]\ncanary = canary_plugin.plugin:Plugin\n"
    )


def forms(secret: str) -> Iterator[bytes]:
    """Yield a secret as it could stand in a file."""
    texts = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), escape(secret)}
    texts |= {json.dumps(secret)[1:-1], json.dumps(json.dumps(secret))[3:-3], repr(secret)[1:-1]}
    for text in texts:
        yield text.encode()
    for before in range(3):
        coded = base64.b64encode(b"x" * before + secret.encode())
        yield coded[4 if before else 0 : (before + len(secret)) // 3 * 4]
