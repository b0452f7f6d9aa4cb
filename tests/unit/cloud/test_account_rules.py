"""What makes Tempest hand out the wrong users: each trap that was met on a real cloud."""

from typing import Any

import pytest

from defcheck.cloud.accounts.accounts_file import (
    FindingLevel,
    count_supported_workers,
    examine_accounts,
    parse_accounts,
)

Entry = dict[str, Any]


def entry(user: str, project: str, *roles: str, **more: Any) -> Entry:
    return {
        "username": user,
        "password": "canary",
        "project_name": project,
        "roles": list(roles),
        **more,
    }


def member(number: int) -> Entry:
    return entry(f"m{number}", f"p{number}", "member", "swiftoperator")


def reader(number: int) -> Entry:
    return entry(f"r{number}", f"p{number}", "reader")


def good(projects: int = 4) -> list[Entry]:
    numbers = range(1, projects + 1)
    extra = [
        entry(f"{role}{number}", "special", role)
        for role in ("ResellerAdmin", "admin")
        for number in (1, 2)
    ]
    return [*map(member, numbers), *map(reader, numbers), *extra]


def problems(entries: list[Entry], workers: int = 2) -> list[str]:
    found = examine_accounts(parse_accounts(entries), workers)
    return [one.text for one in found if one.level is FindingLevel.PROBLEM]


def warnings(entries: list[Entry], workers: int = 2) -> list[str]:
    found = examine_accounts(parse_accounts(entries), workers)
    return [one.text for one in found if one.level is FindingLevel.WARNING]


def test_a_good_file_has_nothing_against_it() -> None:
    assert examine_accounts(parse_accounts(good()), 2) == []


def test_the_workers_are_half_the_projects_with_members() -> None:
    assert [
        count_supported_workers(parse_accounts(good(number))) for number in (1, 2, 3, 4, 9)
    ] == [1, 1, 1, 2, 4]


def test_projects_without_members_allow_no_worker() -> None:
    entries = [*good(2), *(entry(f"x{n}", f"other{n}", "admin") for n in range(8))]
    assert count_supported_workers(parse_accounts(entries)) == 1


def test_too_few_projects_for_the_workers() -> None:
    (text,) = problems(good(), workers=3)
    assert "in 4 projects, which are enough for 2 workers, not for 3" in text


def test_readers_between_members_would_be_taken_for_second_members() -> None:
    entries = [member(1), reader(1), *good()[1:4], *good()[5:]]
    (text,) = problems(entries)
    assert text.startswith("Entry 2 (r1 in p1) comes before members")


def test_two_members_of_one_project_at_the_top() -> None:
    # test_list_projects_returns_only_authorized_projects fails with these.
    twin = entry("twin", "p1", "member")
    (text,) = problems([member(1), twin, *good()[1:]])
    assert text.startswith("Entry 2 (twin in p1) is in the same project as entry 1")


def test_two_members_of_one_project_below_all_that_are_taken_first_are_fine() -> None:
    entries = good()
    assert problems([*entries[:4], entry("twin", "p1", "member"), *entries[4:]]) == []


def test_a_project_without_a_reader() -> None:
    entries = [one for one in good() if one["username"] != "r3"]
    (text,) = problems(entries)
    assert "No second user with the role reader in p3" in text


def test_a_member_is_no_reader_of_its_own() -> None:
    entries = good()
    entries[0] = entry("m1", "p1", "member", "swiftoperator", "reader")
    assert [text for text in problems(entries) if "lists the roles member and reader" in text]


def test_four_plain_members_have_no_readers() -> None:
    # 50 classes failed in setUpClass with such a file.
    (text,) = problems([member(number) for number in range(1, 5)])
    assert "No second user with the role reader" in text
    assert "p1, p2, p3, p4" in text


def test_a_reseller_that_lists_the_operator_role() -> None:
    # AccountQuotasNegativeTest fails with it.
    entries = [
        {**one, "roles": ["ResellerAdmin", "swiftoperator"]}
        if one["username"] == "ResellerAdmin1"
        else one
        for one in good()
    ]
    (text,) = problems(entries)
    assert "lists ResellerAdmin and swiftoperator" in text


def test_a_reader_that_lists_the_operator_role() -> None:
    entries = [
        {**one, "roles": ["reader", "swiftoperator"]} if one["username"] == "r2" else one
        for one in good()
    ]
    (text,) = problems(entries)
    assert "lists swiftoperator, and so does entry 2 (m2 in p2)" in text


def test_no_entry_lists_the_role_member() -> None:
    entries = [{**one, "roles": ["swiftoperator"]} for one in good()[:4]]
    assert any("No entry lists the role member" in text for text in problems(entries))


def test_an_entry_that_is_there_twice() -> None:
    (text,) = problems([*good(), entry("admin1", "special", "admin")])
    assert text == "admin1 in special is listed 2 times: Tempest treats the entries as one"


def test_an_administrator_s_member_role_makes_it_no_member() -> None:
    entries = [*good(1), entry("a", "p2", "member", "admin")]
    assert count_supported_workers(parse_accounts(entries)) == 1


@pytest.mark.parametrize("role", ["ResellerAdmin", "admin"])
def test_without_a_role_tests_are_skipped(role: str) -> None:
    (text,) = warnings([one for one in good() if one["roles"] != [role]])
    assert text.startswith(f"No entry lists the role {role}")


@pytest.mark.parametrize("role", ["ResellerAdmin", "admin"])
def test_one_user_for_two_workers_may_be_short(role: str) -> None:
    entries = [one for one in good() if one["username"] != f"{role}2"]
    (text,) = warnings(entries)
    assert text.startswith(f"1 entry lists the role {role}")
    assert warnings(entries, workers=1) == []


def test_types_stand_for_roles() -> None:
    entries = [
        {**one, "roles": [], "types": [{"ResellerAdmin": "reseller_admin"}.get(role, role)]}
        if (role := one["roles"][0]) in ("admin", "ResellerAdmin")
        else one
        for one in good()
    ]
    assert examine_accounts(parse_accounts(entries), 2) == []


def test_one_account_is_no_problem_but_has_no_second() -> None:
    one = [entry("m", "p", "member")]
    assert problems(one, workers=1) == []
    assert any("no second project" in text for text in warnings(one, workers=1))


def test_one_account_may_be_its_own_reader() -> None:
    """As the login of most clouds is, whose role member implies the role reader."""
    one = entry("m", "p", "member", "reader", "swiftoperator")
    assert problems([one], 1) == []
    assert "Tempest would use it as both" in " ".join(problems([one, member(2)], 1))


def test_an_account_can_be_printed_without_its_password() -> None:
    assert "canary" not in repr(parse_accounts(good()))
