"""Who may take which role in an emergency, where, for how long; who judges it: by hand, and by properties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.authority.access.emergency_rules import (
    State,
    WhyNot,
    emergency_end,
    in_reach,
    may_review,
    state,
    takeable,
    why_not,
)
from bluezone.authority.access.roles import Role
from bluezone.authority.access.rules import HeldRole, may_grant

NOW = datetime(2021, 3, 10, 8, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
REASON = "Ổ dịch mới ở phường bên, đêm nay"
WARD, NEXT_WARD, DISTRICT, NEXT_DISTRICT = "01/009/00343", "01/009/00346", "01/009", "01/006"

TAKEN_BY = {
    "city-officer": {"city-officer", "district-officer", "ward-officer", "health-worker", "epidemiologist"}
    | {"canvasser", "guard"},
    "district-officer": {"district-officer", "ward-officer", "health-worker", "canvasser", "guard"},
    "ward-officer": {"ward-officer", "canvasser", "guard"},
    "health-worker": {"health-worker", "epidemiologist"},
    "epidemiologist": {"epidemiologist", "health-worker"},
}

roles = st.sampled_from(Role)
paths = st.sampled_from(["*", "01", "01/009", WARD, NEXT_WARD, NEXT_DISTRICT, "01/006/00160", "79", "79/760"])
ends = st.none() | st.integers(1, 8).map(lambda hours: NOW + timedelta(hours=hours))
holdings = st.lists(st.builds(HeldRole, roles, paths, ends, st.booleans()), max_size=4)


def asked(
    held: list[HeldRole],
    role: Role,
    path: str,
    *,
    reason: str = REASON,
    duration: timedelta = HOUR,
    is_running: bool = False,
) -> WhyNot | None:
    return why_not(held, HeldRole(role, path, None), reason, duration, is_running=is_running)


@pytest.mark.parametrize("role", Role)
def test_what_each_role_lets_its_holder_take(role: Role) -> None:
    assert {one.value for one in takeable([HeldRole(role, "01", None)])} == TAKEN_BY.get(role.value, set())
    assert takeable([HeldRole(role, "01", None, is_emergency=True)]) == frozenset()


@pytest.mark.parametrize(
    ("own", "wanted", "why"),
    [
        (WARD, NEXT_WARD, None),
        (WARD, "01/006/00160", None),
        (WARD, DISTRICT, WhyNot.AREA),  # no higher up
        (WARD, "01", WhyNot.AREA),
        (WARD, "79/760/26734", WhyNot.AREA),  # another province
        (WARD, WARD, WhyNot.HELD),
        (WARD, "*", WhyNot.AREA),
        (DISTRICT, NEXT_DISTRICT, None),
        (DISTRICT, WARD, WhyNot.HELD),
        ("*", "79", WhyNot.HELD),
        ("ORG/7H2K", NEXT_WARD, WhyNot.AREA),
    ],
)
def test_where_a_ward_officer_may(own: str, wanted: str, why: WhyNot | None) -> None:
    assert asked([HeldRole(Role.WARD_OFFICER, own, None)], Role.WARD_OFFICER, wanted) == why


def test_another_role_in_ones_own_area_may_be_taken() -> None:
    held = [HeldRole(Role.DISTRICT_OFFICER, DISTRICT, None)]
    assert asked(held, Role.HEALTH_WORKER, WARD) is None
    assert asked(held, Role.EPIDEMIOLOGIST, WARD) is WhyNot.ROLE
    assert asked(held, Role.AUDITOR, WARD) is WhyNot.ROLE
    assert asked(held, Role.OPERATOR, WARD) is WhyNot.ROLE
    assert asked([HeldRole(Role.GUARD, WARD, None)], Role.GUARD, NEXT_WARD) is WhyNot.ROLE
    assert asked([], Role.WARD_OFFICER, WARD) is WhyNot.ROLE


def test_two_roles_do_not_add_up() -> None:
    """A role that suffices in one province, and another that does not in the other."""
    held = [HeldRole(Role.HEALTH_WORKER, "01/009", None), HeldRole(Role.WARD_OFFICER, "79/760/26734", None)]
    assert asked(held, Role.HEALTH_WORKER, "79/760") is WhyNot.AREA


@pytest.mark.parametrize(
    ("hours", "why"),
    [(4, None), (4.0001, WhyNot.DURATION), (0, WhyNot.DURATION), (-1, WhyNot.DURATION), (0.5, None)],
)
def test_four_hours_at_most(hours: float, why: WhyNot | None) -> None:
    held = [HeldRole(Role.WARD_OFFICER, WARD, None)]
    assert asked(held, Role.WARD_OFFICER, NEXT_WARD, duration=timedelta(hours=hours)) is why


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("x" * 20, None),
        ("x" * 19, WhyNot.REASON),
        ("   x   ", WhyNot.REASON),
        ("x" + " " * 30 + "y", WhyNot.REASON),
        ("\n" * 40, WhyNot.REASON),
        ("\0" * 40, WhyNot.REASON),
        ("x" * 501, WhyNot.REASON),
        ("", WhyNot.REASON),
    ],
)
def test_a_reason_that_can_be_weighed(reason: str, why: WhyNot | None) -> None:
    held = [HeldRole(Role.WARD_OFFICER, WARD, None)]
    assert asked(held, Role.WARD_OFFICER, NEXT_WARD, reason=reason) is why


def test_one_at_a_time() -> None:
    held = [HeldRole(Role.WARD_OFFICER, WARD, None)]
    assert asked(held, Role.WARD_OFFICER, NEXT_WARD, is_running=True) is WhyNot.RUNNING


@pytest.mark.parametrize(("own", "ends"), [(None, 4), (5, 4), (4, 4), (2, 2)])
def test_it_ends_with_the_role_that_it_was_taken_on(own: int | None, ends: int) -> None:
    until = None if own is None else NOW + timedelta(hours=own)
    held = [
        HeldRole(Role.WARD_OFFICER, WARD, until),
        HeldRole(Role.GUARD, WARD, None),
        HeldRole(Role.WARD_OFFICER, "79/760/26734", None),
    ]
    end = emergency_end(held, Role.WARD_OFFICER, NEXT_WARD, NOW, timedelta(hours=4))
    assert end == NOW + timedelta(hours=ends)


@given(holdings, roles, paths, st.integers(1, 4))
def test_what_is_taken_leads_no_further(held: list[HeldRole], role: Role, path: str, hours: int) -> None:
    """Nothing more can be taken or granted with it than without, and it ends in time, with its ground."""
    if asked(held, role, path, duration=timedelta(hours=hours)) is not None:
        return
    end = emergency_end(held, role, path, NOW, timedelta(hours=hours))
    assert NOW < end <= NOW + timedelta(hours=4)
    assert any(not one.is_emergency and (one.until is None or one.until >= end) for one in held)
    taken = HeldRole(role, path, end, is_emergency=True)
    assert takeable([*held, taken]) == takeable(held)
    for other in Role:
        for place in ("01", WARD, NEXT_DISTRICT, "79"):
            wanted = HeldRole(other, place, end)
            assert may_grant([*held, taken], wanted) == may_grant(held, wanted)
            assert may_review([*held, taken], wanted, is_own=False) == may_review(held, wanted, is_own=False)
            assert in_reach([*held, taken], place) == in_reach(held, place)


@given(holdings, roles, paths)
def test_nobody_judges_their_own(held: list[HeldRole], role: Role, path: str) -> None:
    assert not may_review(held, HeldRole(role, path, NOW, is_emergency=True), is_own=True)


@pytest.mark.parametrize(
    ("reviewer", "where", "may"),
    [
        (Role.AUDITOR, "*", True),
        (Role.AUDITOR, "01/009", True),
        (Role.AUDITOR, "01/006", False),
        (Role.DISTRICT_OFFICER, "01/009", True),
        (Role.WARD_OFFICER, NEXT_WARD, True),
        (Role.WARD_OFFICER, WARD, False),
        (Role.OPERATOR, "*", True),
        (Role.EPIDEMIOLOGIST, "*", False),
        (Role.GUARD, "*", False),
    ],
)
def test_who_judges(reviewer: Role, where: str, may: bool) -> None:
    taken = HeldRole(Role.WARD_OFFICER, NEXT_WARD, NOW, is_emergency=True)
    assert may_review([HeldRole(reviewer, where, None)], taken, is_own=False) is may
    assert not may_review([HeldRole(reviewer, where, None, is_emergency=True)], taken, is_own=False)


def test_states() -> None:
    assert state(NOW + HOUR, None, NOW) is State.RUNNING
    assert state(NOW, None, NOW) is State.UNREVIEWED
    assert state(NOW, True, NOW) is State.JUSTIFIED
    assert state(NOW, False, NOW) is State.UNJUSTIFIED
