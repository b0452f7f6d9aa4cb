"""What to do about a cause: a table of small rules; the first match wins."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from defcheck.cloud.preflight.checks import ADVICE_BY_REASON

PYTHON_ERRORS = (
    *("AttributeError", "TypeError", "NameError", "SyntaxError", "IndexError", "KeyError"),
    *("ImportError", "ModuleNotFoundError", "UnicodeDecodeError"),
)


@dataclass(frozen=True, slots=True)
class AdviceRule:
    """Advice for causes of one kind."""

    kind: str
    """A short label, published as `kind` of a cause."""

    advice: str
    text_pattern: str = ""
    """A pattern that the error or reason must contain, ignoring case."""

    statuses: range | tuple[int, ...] = field(default=())
    """HTTP statuses that it applies to; empty means any."""

    errors: tuple[str, ...] = ()
    """Error classes that it applies to; empty means any."""

    outcomes: tuple[str, ...] = ()
    """Test outcomes that it applies to; empty means any."""

    test_pattern: str = ""
    """A pattern that the names of all affected tests must contain."""

    transport: bool = False
    """Whether the fault is on the way to the service, and may be transient."""

    def matches_symptom(self, symptom: "Symptom") -> bool:
        """Return whether the rule applies to the symptom."""
        return (
            (not self.statuses or symptom.status in self.statuses)
            and (not self.errors or symptom.error in self.errors)
            and (not self.outcomes or symptom.outcome in self.outcomes)
            and (
                not self.text_pattern
                or re.search(self.text_pattern, symptom.text, re.IGNORECASE) is not None
            )
            and (not self.test_pattern or self._matches_tests(symptom.tests))
        )

    def _matches_tests(self, tests: Sequence[str]) -> bool:
        return bool(tests) and all(re.search(self.test_pattern, one) for one in tests)


@dataclass(frozen=True, slots=True)
class Symptom:
    """What is known about a cause."""

    text: str
    """The error with its message, or the reason of a skip."""

    status: int | None = None
    error: str = ""
    outcome: str = "failed"
    tests: Sequence[str] = ()
    """Names of the affected tests."""

    passed_same_api: int = 0
    """How many other tests of the same API passed."""

    @property
    def is_rare(self) -> bool:
        """Whether most tests of the same API passed."""
        return self.passed_same_api >= RARE_FAULT_RATIO * max(1, len(self.tests))


RARE_FAULT_RATIO = 3
"""Passed tests of the same API needed per affected test to call a fault transient."""

TRANSIENT_FAULT_ADVICE = (
    "{number} other tests of the same API passed, so this was most likely a transient fault of "
    "the network, a load balancer or a busy service: `--rerun failed` reruns it."
)


def get_api_prefix(test: str) -> str:
    """Return the beginning of the name that all tests of the same API share."""
    parts = test.split(".")
    return ".".join(parts[: 3 if parts[0] == "tempest" else 1])


def _make_credentials_rule(words: str, pattern: str = "") -> AdviceRule:
    return AdviceRule("users", ADVICE_BY_REASON[words], pattern or re.escape(words))


SKIPPED = ("skipped",)

_TIME_OUT = r"timed? ?out|within the required time|TimeoutException"

RULES = (
    AdviceRule(
        "absent",
        "This Tempest does not have the test: `defcheck tempest recommend` names one that does.",
        outcomes=("absent",),
    ),
    AdviceRule(
        "not run",
        "A run of the whole target includes it; after an interrupted run, `defcheck resume` runs "
        "the rest.",
        r"\A\s*\Z",
        outcomes=("not run",),
    ),
    AdviceRule(
        "cut off",
        "The test began but did not finish: run it again, or `defcheck resume` the run.",
        outcomes=("unfinished",),
    ),
    AdviceRule(
        "names",
        "Did the program that wrote the file change the names (a prefix, a missing module)? Then "
        "score the original results. Or do they belong to another guideline?",
        r"\ANo name in the results is that of a test of guideline",
        outcomes=("not run",),
    ),
    AdviceRule(
        "names",
        "The results have this test name with other classes or scenarios; score a run directory, "
        "which lists all tests of its Tempest.",
        "cannot prove it|carry its id and differ",
    ),
    AdviceRule(
        "behaviour",
        "The response of the cloud differs from what the API specifies: the traceback shows the "
        "expected and the actual value.",
        errors=("MismatchError",),
    ),
    AdviceRule(
        "time-out",
        "The service did not answer within the timeout of Tempest's clients: check its load, or "
        "raise the timeout, for example with --set service-clients.http_timeout=180.",
        r"read timed out|ReadTimeout|read timeout=",
        transport=True,
    ),
    AdviceRule(
        "unreachable",
        "The service does not answer: is it running, and is its endpoint in the catalogue "
        "reachable from this machine?",
        r"connection refused|NewConnectionError|no route to host|name or service not known"
        r"|no answer from|max retries exceeded|connection (?:aborted|reset)|RemoteDisconnected",
        transport=True,
    ),
    AdviceRule(
        "certificate",
        "The certificate is not trusted: pass its CA file with --cacert.",
        r"CERTIFICATE_VERIFY_FAILED|SSLError",
    ),
    AdviceRule(
        "no service",
        "The catalogue has no endpoint for the service in this region; a target that requires the "
        "service cannot pass without it.",
        r"EndpointNotFound|endpoint not found|the [\w-]+ service is not available"
        r"|(?:nova|neutron|glance|cinder|swift|keystone)(?: service)? (?:is not|must be) available"
        r"|network service not enabled|neutron (?:support )?is required",
    ),
    _make_credentials_rule("ResellerAdmin"),
    _make_credentials_rule("Identity Admin", r"identity admin|\badmin\b.{0,40}(?:role|credential)"),
    _make_credentials_rule(
        "2nd set", r"2nd set|second account|second set|alt(?:ernate)? credentials"
    ),
    _make_credentials_rule(
        "Insufficient number of users", r"insufficient number of users|allocated all the cred"
    ),
    _make_credentials_rule(
        "No credentials matching role", r"no credentials matching|role.{0,20} assigned"
    ),
    AdviceRule(
        "users",
        "The tests create their own users: log in as an administrator.",
        "must use dynamic credentials",
    ),
    AdviceRule(
        "users",
        "The given users are not sufficient: pass an accounts.yaml with --accounts, and check it "
        "with `defcheck cloud accounts check`.",
        "credential provider|needs a reader",
    ),
    AdviceRule(
        "temporary URL",
        "The service did not accept a temporary URL: does it support them, with the digest in "
        "tempest.conf, and is its clock right?",
        statuses=(401, 403),
        test_pattern=r"temp_?url",
    ),
    AdviceRule(
        "versions of objects",
        "The service rejects the header for object versions: if it does not support them, "
        "`--set object-storage-feature-enabled.discoverable_apis=…` without versioned_writes "
        "skips the tests.",
        statuses=(400, 403, 412),
        test_pattern=r"object_version",
    ),
    AdviceRule(
        "login",
        "A user's credentials are rejected: wrong password, an account locked after failed logins, "
        "or a token that expired during the run.",
        r"\bunauthori[sz]ed\b.*authentic|requires authentication|IdentityError|invalid credentials",
    ),
    AdviceRule("login", "A user's credentials or token are rejected.", statuses=(401,)),
    AdviceRule(
        "rate limit",
        "The cloud limits the request rate: run with fewer workers (-j), or raise the limit.",
        statuses=(429,),
        transport=True,
    ),
    AdviceRule(
        "quota",
        "A quota of the project is used up: raise it, or run with fewer workers (-j); "
        "`defcheck cloud check` compares quotas with what the tests need.",
        r"quota (?:is |was )?exceeded|exceed\w* (?:\w+ ){0,4}quota|over ?quota|quota.{0,40}reached"
        r"|VolumeLimitExceeded|maximum number of \w+ (?:\w+ ){0,3}exceeded",
    ),
    AdviceRule(
        "too large",
        "The request is too large: check quotas and the limit on the request size.",
        statuses=(413,),
    ),
    AdviceRule(
        "policy",
        "The cloud's policy forbids the call for this user: allow it for the role that the tests "
        "use, or run them as users with permission.",
        statuses=(403,),
    ),
    AdviceRule(
        "image",
        "Glance rejects images whose content does not match their disk_format, and these tests use "
        "such images; or defcheck could not find out whether it does. See "
        "image_format_enforcement in tempest.conf of the run directory; if unknown, run again.",
        "image format enforcement",
    ),
    AdviceRule(
        "image",
        "The image for the tests is missing or unsuitable: choose another with "
        "--set compute.image_ref=ID.",
        r"ImageNotFound|image \S+ (?:could not be|not) found|image \S+ is unacceptable"
        r"|different images?|no (?:valid|suitable) image|image_ref",
    ),
    AdviceRule(
        "flavor",
        "The flavor for the tests is missing or too small for the image: choose another with "
        "--set compute.flavor_ref=ID.",
        r"FlavorNotFound|flavor \S+ could not be found|flavor's \w+ is too small"
        r"|FlavorDisk|FlavorMemory|different flavors?|flavor_ref",
    ),
    AdviceRule(
        "no host",
        "No host accepted the server: check free memory, cores and disk, and Nova's scheduler and "
        "compute logs.",
        r"no valid host|NoValidHost|not enough hosts",
    ),
    AdviceRule(
        "server build",
        "The server was not built: see the fault in the message, and look up the request id in "
        "Nova's compute log.",
        r"BuildErrorException|failed to build|in ERROR status",
    ),
    AdviceRule(
        "network",
        "The network for the tests is missing or ambiguous: choose it with "
        "--set compute.fixed_network_name=NAME or --set network.public_network_id=ID.",
        r"multiple possible networks|NetworkAmbiguous|no (?:available )?network|public_network_id"
        r"|external ?network|floating ips are not available|no more ip addresses|IpAddressGen",
    ),
    AdviceRule(
        "ssh",
        "The server does not answer SSH: check its security group, the route from this machine, "
        "and whether the guest started.",
        r"SSHTimeout|via SSH timed out|SSHExec|NoValidConnections",
    ),
    AdviceRule(
        "log in to servers",
        ADVICE_BY_REASON["validation tests are disabled"],
        r"validation tests are disabled|validation (?:must|should) be|validation is required",
    ),
    *(
        AdviceRule(
            "time-out",
            "It took longer than Tempest's timeout: check the load of the cloud, or raise the "
            f"timeout, for example with --set {section}.build_timeout=600.",
            _TIME_OUT,
            test_pattern=rf"\Atempest\.(?:api|serial_tests\.api)\.{section}\b",
        )
        for section in ("compute", "volume", "image", "network")
    ),
    AdviceRule(
        "time-out",
        "It took longer than Tempest's timeout: check the load of the cloud. Options ending in "
        "_timeout in tempest.conf set the timeouts.",
        _TIME_OUT,
    ),
    AdviceRule(
        "time-out",
        "A proxy in front of the service gave up waiting for it.",
        statuses=(504,),
        transport=True,
    ),
    AdviceRule(
        "service error",
        "The service, or a load balancer in front of it, could not handle the request at that "
        "moment: check its log at that time, and its load.",
        statuses=(502, 503),
        transport=True,
    ),
    AdviceRule(
        "service error",
        "The service itself failed: look up the request id or the time in its log.",
        statuses=range(500, 600),
    ),
    AdviceRule(
        "known bug",
        "Tempest skips this test on every cloud: only another Tempest version runs it.",
        "skipped (?:because of|until) bug",
    ),
    AdviceRule(
        "extension",
        "The cloud does not have the extension, or tempest.conf does not list it: "
        "`defcheck cloud configure` writes the extensions that the cloud reports.",
        r"extension:? \S+ (?:is )?not enabled|extensions? (?:is |are )?not|not any extensions",
    ),
    AdviceRule(
        "feature",
        "tempest.conf says that this cloud does not have the feature; if it does, `--set` the "
        "option to run the tests.",
        outcomes=SKIPPED,
    ),
    AdviceRule(
        "damaged run",
        "The class or module could not be imported: is every plugin of this Tempest installed?",
        errors=("ImportError", "ModuleNotFoundError"),
    ),
    AdviceRule(
        "damaged run",
        "The class or module could not be imported: is every plugin of this Tempest installed?",
        "could not be imported",
    ),
    AdviceRule(
        "Tempest",
        "A Python error in the test: usually an old Tempest on a newer Python, rarely a response "
        "that lacks what the API specifies. See `defcheck tempest recommend`.",
        errors=PYTHON_ERRORS,
    ),
    AdviceRule(
        "form of the answer",
        "The response does not have the documented format; possible causes are a proxy or a "
        "modified service.",
        r"InvalidHTTPResponse|InvalidContentType|UnexpectedContentType"
        r"|HTTP response (?:body|header)",
    ),
    AdviceRule(
        "request refused",
        "The service rejects the request: its message says why.",
        statuses=(400, 406, 415, 422),
    ),
    AdviceRule(
        "not found",
        "The cloud does not know the URL or the resource: is the endpoint's version right, and "
        "does the cloud have the feature?",
        statuses=(404, 405, 410, 501),
    ),
    AdviceRule(
        "conflict",
        "The resource is in use or in another state: check for leftovers of earlier runs, and for "
        "other users of the same project.",
        statuses=(409, 412),
    ),
    AdviceRule(
        "behaviour",
        "The response of the cloud differs from what the API specifies: the traceback shows the "
        "expected and the actual value.",
        errors=("AssertionError", "UnexpectedResponseCode"),
    ),
)


def find_advice(symptom: Symptom) -> tuple[str, str]:
    """Return the kind of a cause and what to do about it; both empty where no rule fits."""
    for rule in RULES:
        if rule.matches_symptom(symptom):
            if rule.transport and symptom.is_rare:
                return rule.kind, TRANSIENT_FAULT_ADVICE.format(number=symptom.passed_same_api)
            return rule.kind, rule.advice
    return "", ""
