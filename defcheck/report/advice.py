"""What to do about a cause: a table of small rules, the first that fits counts."""

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
    """A word or two for what is lacking."""

    advice: str
    text_pattern: str = ""
    """A pattern that the text of the error or reason has to have, in any case of letters."""

    statuses: range | tuple[int, ...] = field(default=())
    """HTTP statuses that it is for, any where empty."""

    errors: tuple[str, ...] = ()
    """Classes of errors that it is for, any where empty."""

    outcomes: tuple[str, ...] = ()
    """Outcomes of tests that it is for, any where empty."""

    test_pattern: str = ""
    """A pattern that the names of all its tests have to have."""

    transport: bool = False
    """Whether it is a fault on the way to the service, which may have been a passing one."""

    def matches_symptom(self, symptom: "Symptom") -> bool:
        """Return whether the rule is for such a cause."""
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
    """What is known of a cause."""

    text: str
    """The error with what it says, or the reason of a skip."""

    status: int | None = None
    error: str = ""
    outcome: str = "failed"
    tests: Sequence[str] = ()
    """The names of the tests that have it."""

    passed_same_api: int = 0
    """How many other tests that call the same API passed."""

    @property
    def is_rare(self) -> bool:
        """Whether most calls of the same API went well."""
        return self.passed_same_api >= RARE_FAULT_RATIO * max(1, len(self.tests))


RARE_FAULT_RATIO = 3
"""So many tests have to pass for each that met a fault on the way."""

TRANSIENT_FAULT_ADVICE = (
    "{number} other tests of the same API passed, so that it was most likely a passing fault of "
    "the network, a load balancer or a busy service: `--rerun failed` runs it again."
)


def get_api_prefix(test: str) -> str:
    """Return what tests of the same API have in common: the beginning of their names."""
    parts = test.split(".")
    return ".".join(parts[: 3 if parts[0] == "tempest" else 1])


def _make_credentials_rule(words: str, pattern: str = "") -> AdviceRule:
    return AdviceRule("users", ADVICE_BY_REASON[words], pattern or re.escape(words))


SKIPPED = ("skipped",)

_TIME_OUT = r"timed? ?out|within the required time|TimeoutException"

RULES = (
    AdviceRule(
        "absent",
        "This Tempest does not have the test: `defcheck tempest recommend` names one that has.",
        outcomes=("absent",),
    ),
    AdviceRule(
        "not run",
        "A run of the whole target has it; of a run that was cut off `defcheck resume` does "
        "the rest.",
        r"\A\s*\Z",
        outcomes=("not run",),
    ),
    AdviceRule(
        "cut off",
        "It began and its end is not in the results: run it again, or `defcheck resume` the run.",
        outcomes=("unfinished",),
    ),
    AdviceRule(
        "names",
        "Were the names changed by the program that wrote the file (a prefix, a missing module)? "
        "Then give the results that it was made from. Or do they belong to another guideline?",
        r"\ANo name in the results is that of a test of guideline",
        outcomes=("not run",),
    ),
    AdviceRule(
        "names",
        "Tests of that name with other classes or scenarios are there; score a run directory, "
        "which lists all tests of its Tempest.",
        "cannot stand for it|carry its id and differ",
    ),
    AdviceRule(
        "behaviour",
        "The cloud answered otherwise than the API promises: the traceback shows what was "
        "expected and what came.",
        errors=("MismatchError",),
    ),
    AdviceRule(
        "time-out",
        "The service did not answer within the time that Tempest's clients wait: look at its load, "
        "or wait longer, as with --set service-clients.http_timeout=180.",
        r"read timed out|ReadTimeout|read timeout=",
        transport=True,
    ),
    AdviceRule(
        "unreachable",
        "Nothing answers there: is the service up, and does its endpoint in the catalogue lead "
        "from this machine to it?",
        r"connection refused|NewConnectionError|no route to host|name or service not known"
        r"|no answer from|max retries exceeded|connection (?:aborted|reset)|RemoteDisconnected",
        transport=True,
    ),
    AdviceRule(
        "certificate",
        "The certificate is not trusted here: name its authority with --cacert.",
        r"CERTIFICATE_VERIFY_FAILED|SSLError",
    ),
    AdviceRule(
        "no service",
        "The catalogue has no endpoint for the service in this region; a target that demands it "
        "cannot be met without it.",
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
        "The tests make users of their own: log in as an administrator.",
        "must use dynamic credentials",
    ),
    AdviceRule(
        "users",
        "The users given do not suffice: name an accounts.yaml with --accounts, and look at it "
        "with `defcheck cloud accounts check`.",
        "credential provider|needs a reader",
    ),
    AdviceRule(
        "temporary URL",
        "The service did not accept a temporary URL: does it offer them, with the digest that "
        "tempest.conf names, and is its clock right?",
        statuses=(401, 403),
        test_pattern=r"temp_?url",
    ),
    AdviceRule(
        "versions of objects",
        "The service does not take the header that asks for versions of objects: where it does "
        "not have them, `--set object-storage-feature-enabled.discoverable_apis=…` without "
        "versioned_writes lets the tests skip.",
        statuses=(400, 403, 412),
        test_pattern=r"object_version",
    ),
    AdviceRule(
        "login",
        "A user's login is not accepted: wrong password, a lock after failed tries, or a token "
        "that expired in the run.",
        r"\bunauthori[sz]ed\b.*authentic|requires authentication|IdentityError|invalid credentials",
    ),
    AdviceRule("login", "A user's login or token is not accepted.", statuses=(401,)),
    AdviceRule(
        "rate limit",
        "The cloud limits how often it is called: run with fewer workers (-j), or raise the limit.",
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
        "The service refuses so much: a quota, or a limit on the size of a request.",
        statuses=(413,),
    ),
    AdviceRule(
        "policy",
        "The cloud's policy forbids the call to this user: let the role that the tests run as do "
        "it, or run them as users that may.",
        statuses=(403,),
    ),
    AdviceRule(
        "image",
        "Glance refuses images that are not what they say, and the tests use such; or whether it "
        "does was not known: tempest.conf in the run directory says which at "
        "image_format_enforcement. Where it was not known, run again.",
        "image format enforcement",
    ),
    AdviceRule(
        "image",
        "The image for the tests is missing or does not fit: name another with "
        "--set compute.image_ref=ID.",
        r"ImageNotFound|image \S+ (?:could not be|not) found|image \S+ is unacceptable"
        r"|different images?|no (?:valid|suitable) image|image_ref",
    ),
    AdviceRule(
        "flavor",
        "The flavor for the tests is missing or too small for the image: name another with "
        "--set compute.flavor_ref=ID.",
        r"FlavorNotFound|flavor \S+ could not be found|flavor's \w+ is too small"
        r"|FlavorDisk|FlavorMemory|different flavors?|flavor_ref",
    ),
    AdviceRule(
        "no host",
        "No host took the server: look at free memory, cores and disk, and at Nova's scheduler "
        "and compute logs.",
        r"no valid host|NoValidHost|not enough hosts",
    ),
    AdviceRule(
        "server build",
        "The server was not built: the fault in the text, and Nova's compute log by the request "
        "id, say why.",
        r"BuildErrorException|failed to build|in ERROR status",
    ),
    AdviceRule(
        "network",
        "The network for the tests is missing or not clear: name it with "
        "--set compute.fixed_network_name=NAME or --set network.public_network_id=ID.",
        r"multiple possible networks|NetworkAmbiguous|no (?:available )?network|public_network_id"
        r"|external ?network|floating ips are not available|no more ip addresses|IpAddressGen",
    ),
    AdviceRule(
        "ssh",
        "The server does not answer to SSH: security group, route from here, or a guest that did "
        "not start.",
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
            "It took longer than Tempest waits: look at the load of the cloud, or wait longer, as "
            f"with --set {section}.build_timeout=600.",
            _TIME_OUT,
            test_pattern=rf"\Atempest\.(?:api|serial_tests\.api)\.{section}\b",
        )
        for section in ("compute", "volume", "image", "network")
    ),
    AdviceRule(
        "time-out",
        "It took longer than Tempest waits: look at the load of the cloud. The options that end in "
        "_timeout in tempest.conf say how long.",
        _TIME_OUT,
    ),
    AdviceRule(
        "time-out",
        "A proxy before the service gave up waiting for it.",
        statuses=(504,),
        transport=True,
    ),
    AdviceRule(
        "service error",
        "The service, or a load balancer in front of it, could not take the call at that moment: "
        "look at its log at that time, and at its load.",
        statuses=(502, 503),
        transport=True,
    ),
    AdviceRule(
        "service error",
        "The service itself broke: its log tells the cause, by the request id or the time.",
        statuses=range(500, 600),
    ),
    AdviceRule(
        "known bug",
        "Tempest skips it itself, whatever the cloud: only another Tempest runs it.",
        "skipped (?:because of|until) bug",
    ),
    AdviceRule(
        "extension",
        "The cloud does not offer the extension, or tempest.conf does not name it: "
        "`defcheck cloud configure` writes those that the cloud says it has.",
        r"extension:? \S+ (?:is )?not enabled|extensions? (?:is |are )?not|not any extensions",
    ),
    AdviceRule(
        "feature",
        "tempest.conf says that this cloud lacks it; where the cloud has it, `--set` the option, "
        "and the tests run.",
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
        "An error of Python in the test, mostly an old Tempest on a newer Python, rarely an "
        "answer without what the API promises: `defcheck tempest recommend`.",
        errors=PYTHON_ERRORS,
    ),
    AdviceRule(
        "form of the answer",
        "The answer is not of the form that the API documents; a proxy or a changed service does "
        "that.",
        r"InvalidHTTPResponse|InvalidContentType|UnexpectedContentType"
        r"|HTTP response (?:body|header)",
    ),
    AdviceRule(
        "request refused",
        "The service does not take the request: its message says which part.",
        statuses=(400, 406, 415, 422),
    ),
    AdviceRule(
        "not found",
        "The cloud does not know the address or the thing: is the endpoint's version right, and "
        "is the feature there?",
        statuses=(404, 405, 410, 501),
    ),
    AdviceRule(
        "conflict",
        "The thing is in use or in another state: left-overs of earlier runs, or something else "
        "that works in the same project.",
        statuses=(409, 412),
    ),
    AdviceRule(
        "behaviour",
        "The cloud answered otherwise than the API promises: the traceback shows what was "
        "expected and what came.",
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
