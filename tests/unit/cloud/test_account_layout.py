"""What is made for the tests: names, roles, and that the rules like it."""

import pytest

from defcheck.cloud.accounts.accounts_file import examine_accounts, parse_accounts
from defcheck.cloud.accounts.resources import (
    AccountResourceKind,
    AccountsPlan,
    plan_accounts,
    rank_user,
)
from defcheck.errors import UnusableError

ROLES = ("admin", "member", "reader", "swiftoperator", "ResellerAdmin", "service")


def layout(workers: int = 2, roles: tuple[str, ...] = ROLES, *, admin: bool = True) -> AccountsPlan:
    return plan_accounts("defcheck-00c0ffee", workers, roles, networked=True, with_admin=admin)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_rules_have_nothing_against_what_is_made(workers: int) -> None:
    made = layout(workers)
    entries = [
        {
            "username": user.name,
            "password": "p",
            "project_name": project.name,
            "roles": list(user.listed),
        }
        for user, project in sorted(
            ((user, project) for project in made.projects for user in project.users),
            key=lambda one: rank_user(one[0].listed),
        )
    ]
    assert examine_accounts(parse_accounts(entries), workers) == []


def test_every_name_is_unique_and_has_the_prefix() -> None:
    planned = [one for project in layout().projects for one in project.planned_resources]
    assert len(set(planned)) == len(planned)
    assert all(name.startswith("defcheck-00c0ffee-") for _, name in planned)


def test_a_plain_pool_has_no_rights_beyond_a_member_s() -> None:
    granted = {
        role
        for project in layout(admin=False).projects
        for user in project.users
        for role in user.granted
    }
    assert granted == {"member", "swiftoperator", "reader"}


def test_administrators_get_no_network_and_nothing_else_does_lack_one() -> None:
    kinds = {
        project.name: {kind for kind, _ in project.planned_resources}
        for project in layout().projects
    }
    for name, found in kinds.items():
        assert (AccountResourceKind.NETWORK in found) == ("-admin-" not in name)


@pytest.mark.parametrize("routed", [True, False])
def test_routers_are_made_only_where_they_are_wanted(*, routed: bool) -> None:
    made = plan_accounts("defcheck-1", 1, ROLES, networked=True, with_admin=False, routed=routed)
    kinds = [[kind for kind, _ in project.planned_resources] for project in made.projects]
    assert [AccountResourceKind.ROUTER in found for found in kinds] == [routed, routed]
    assert all(
        {AccountResourceKind.NETWORK, AccountResourceKind.SUBNET} <= set(found) for found in kinds
    )


def test_without_a_reader_role_no_reader_is_pretended() -> None:
    made = layout(roles=("admin", "member"), admin=False)
    assert all(len(project.users) == 1 for project in made.projects)
    assert "no role reader" in made.remarks[0]


def test_an_old_name_of_the_member_role_is_listed_under_the_new_one() -> None:
    user = layout(roles=("admin", "_member_", "reader"), admin=False).projects[0].users[0]
    assert (user.granted, user.listed) == (("_member_",), ("member",))


def test_a_cloud_without_any_member_role_is_refused() -> None:
    with pytest.raises(UnusableError, match="no role member"):
        layout(roles=("admin",))
