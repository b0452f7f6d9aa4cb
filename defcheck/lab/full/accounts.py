"""The users of the full lab."""

from types import MappingProxyType

from defcheck.lab.accounts import ADMIN, MEMBER, PLAIN_ADMIN, SWIFT, User, members_and_readers

CLOUD = "defcheck-lab-full"
MEMBER_CLOUD = "defcheck-lab-full-member"
READER_CLOUD = "defcheck-lab-full-reader"
PLAIN_ADMIN_CLOUD = "defcheck-lab-full-plain-admin"

READER = User("defcheck-reader", MEMBER.project, ("reader",))

CLOUDS = MappingProxyType(
    {CLOUD: ADMIN, MEMBER_CLOUD: MEMBER, READER_CLOUD: READER, PLAIN_ADMIN_CLOUD: PLAIN_ADMIN}
)
"""Name in clouds.yaml to user."""

GLANCE, PLACEMENT, NOVA, NEUTRON, CINDER = (
    User(name, "service", ("admin", "service"))
    for name in ("glance", "placement", "nova", "neutron", "cinder")
)
SERVICE_USERS = (SWIFT, GLANCE, PLACEMENT, NOVA, NEUTRON, CINDER)

WORKERS = 8
"""How many workers the test users suffice for: two projects for each."""


def _more(kind: str, role: str, types: tuple[str, ...] = ()) -> tuple[User, ...]:
    names = [f"defcheck-test-{kind}-{number}" for number in (1, 2)]
    return tuple(User(name, name, (role,), types) for name in names)


# A ResellerAdmin must not be listed as an operator too: Tempest would take it for a plain
# one, whose request to change a quota has to be refused.
TEST_USERS = (
    *members_and_readers(2 * WORKERS),
    *_more("reseller", "ResellerAdmin"),
    *_more("admin", "admin", types=("admin",)),
)
"""The users of accounts.yaml, in its order."""
