"""Who may grant what: by hand for every pair of roles, and for any areas and times by a property."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.authority.access.roles import Role
from bluezone.authority.access.rules import HeldRole, may_grant

NOW = datetime(2021, 3, 10, 8, 17, tzinfo=UTC)

WARD_AND_BELOW = {"ward-officer", "agency-clerk", "school-clerk", "guard", "canvasser"}
GRANTED_BY = {
    "operator": {role.value for role in Role},
    "city-officer": WARD_AND_BELOW | {"district-officer", "health-worker", "city-officer", "epidemiologist"},
    "district-officer": WARD_AND_BELOW | {"district-officer", "health-worker"},
    "ward-officer": WARD_AND_BELOW,
}

paths = st.lists(st.sampled_from(["01", "009", "00343", "00346"]), min_size=1, max_size=3).map("/".join)
areas = st.one_of(st.just("*"), paths)
ends = st.one_of(st.none(), st.integers(1, 5).map(lambda days: NOW + timedelta(days=days)))
grants = st.builds(HeldRole, st.sampled_from(Role), areas, ends)


@pytest.mark.parametrize("role", Role)
def test_each_role_grants_its_own_and_those_below(role: Role) -> None:
    held = [HeldRole(role, "01", None)]
    granted = {other.value for other in Role if may_grant(held, HeldRole(other, "01", None))}
    assert granted == GRANTED_BY.get(role.value, set())


@pytest.mark.parametrize(
    ("held", "wanted", "may"),
    [
        ("01/009", "01/009", True),
        ("01/009", "01/009/00343", True),
        ("01/009", "01", False),
        ("01/009", "01/0090", False),
        ("01/009", "01/001", False),
        ("01/009", "*", False),
        ("*", "*", True),
        ("*", "01", True),
    ],
)
def test_nobody_grants_beyond_the_own_area(held: str, wanted: str, may: bool) -> None:
    officer = [HeldRole(Role.DISTRICT_OFFICER, held, None)]
    assert may_grant(officer, HeldRole(Role.GUARD, wanted, None)) is may


@pytest.mark.parametrize(
    ("own", "wanted", "may"),
    [(None, None, True), (None, 1, True), (2, None, False), (2, 3, False), (2, 2, True), (2, 1, True)],
)
def test_nobody_grants_beyond_the_own_time(own: int | None, wanted: int | None, may: bool) -> None:
    def day(number: int | None) -> datetime | None:
        return None if number is None else NOW + timedelta(days=number)

    officer = [HeldRole(Role.WARD_OFFICER, "01", day(own))]
    assert may_grant(officer, HeldRole(Role.GUARD, "01", day(wanted))) is may


def test_two_roles_do_not_add_up_to_a_third() -> None:
    """A high one in a small area and a low one in a large area are not a high one in the large area."""
    held = [HeldRole(Role.CITY_OFFICER, "01/009", None), HeldRole(Role.WARD_OFFICER, "01", None)]
    assert not may_grant(held, HeldRole(Role.HEALTH_WORKER, "01", None))
    assert may_grant(held, HeldRole(Role.HEALTH_WORKER, "01/009", None))
    assert may_grant(held, HeldRole(Role.GUARD, "01", None))


@given(st.lists(grants, max_size=4), grants, grants)
def test_what_can_be_granted_never_grants_more(
    held: list[HeldRole], first: HeldRole, second: HeldRole
) -> None:
    """Inviting oneself again and again leads nowhere."""
    if may_grant(held, first) and may_grant([first], second):
        assert may_grant(held, second)


def test_who_holds_nothing_grants_nothing() -> None:
    assert not may_grant([], HeldRole(Role.GUARD, "01", None))
