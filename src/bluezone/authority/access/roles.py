"""The roles a member of staff can be granted, for an area and a time."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "ADOPTION_EDITORS",
    "ADOPTION_READERS",
    "CODE_ISSUERS",
    "CONTACT_READERS",
    "GRANTABLE",
    "INVITERS",
    "LIMIT_SETTERS",
    "ORGANISATION_EDITORS",
    "ORGANISATION_READERS",
    "SECOND_FACTOR_ROLES",
    "STATISTICS_READERS",
    "Role",
]


class Role(StrEnum):
    """What somebody is trusted to do; the value is what is stored and typed on the command line."""

    CITY_OFFICER = "city-officer"
    DISTRICT_OFFICER = "district-officer"
    WARD_OFFICER = "ward-officer"
    AGENCY_CLERK = "agency-clerk"
    SCHOOL_CLERK = "school-clerk"
    GUARD = "guard"
    CANVASSER = "canvasser"
    HEALTH_WORKER = "health-worker"
    EPIDEMIOLOGIST = "epidemiologist"
    AUDITOR = "auditor"
    OPERATOR = "operator"


ADOPTION_EDITORS = frozenset({Role.CITY_OFFICER, Role.DISTRICT_OFFICER, Role.WARD_OFFICER})
"""Who may enter and import figures of their area, and take imports back."""

ADOPTION_READERS = ADOPTION_EDITORS | {Role.EPIDEMIOLOGIST, Role.AUDITOR}
"""Who may see figures of adoption; they are counts, of nobody in particular."""

CODE_ISSUERS = frozenset({Role.HEALTH_WORKER, Role.EPIDEMIOLOGIST})
"""Who may issue a verification code: those who see a person's test result as part of their work."""

ORGANISATION_EDITORS = frozenset({Role.CITY_OFFICER, Role.DISTRICT_OFFICER, Role.WARD_OFFICER})
"""Who may import organisations, take imports back, and erase a contact person who asks for it."""

CONTACT_READERS = ORGANISATION_EDITORS | {Role.EPIDEMIOLOGIST}
"""Who may see whom to ask in an organisation: personal data, each look is in the audit log."""

ORGANISATION_READERS = CONTACT_READERS | {
    Role.AUDITOR,
    Role.HEALTH_WORKER,
    Role.AGENCY_CLERK,
    Role.SCHOOL_CLERK,
}
"""Who may see which organisations there are, and how many people they have."""

LIMIT_SETTERS = frozenset({Role.EPIDEMIOLOGIST, Role.OPERATOR})
"""Who may set how many codes are issued in a day: not those who issue them, whose account may be stolen."""

STATISTICS_READERS = frozenset(
    {Role.EPIDEMIOLOGIST, Role.CITY_OFFICER, Role.DISTRICT_OFFICER, Role.HEALTH_WORKER}
)
"""Who may see the statistics of codes in their area, and those of keys."""

_WARD_STAFF = frozenset({Role.WARD_OFFICER, Role.AGENCY_CLERK, Role.SCHOOL_CLERK, Role.GUARD, Role.CANVASSER})
_DISTRICT_STAFF = _WARD_STAFF | {Role.DISTRICT_OFFICER, Role.HEALTH_WORKER}

GRANTABLE: dict[Role, frozenset[Role]] = {
    Role.OPERATOR: frozenset(Role),
    Role.CITY_OFFICER: _DISTRICT_STAFF | {Role.CITY_OFFICER, Role.EPIDEMIOLOGIST},
    Role.DISTRICT_OFFICER: _DISTRICT_STAFF,
    Role.WARD_OFFICER: _WARD_STAFF,
}
"""Which roles each may grant: its own and those below. Auditors watch officers: no officer appoints one."""

INVITERS = frozenset(GRANTABLE)
"""Who may invite somebody at all."""

SECOND_FACTOR_ROLES = CONTACT_READERS | INVITERS | {Role.HEALTH_WORKER, Role.EPIDEMIOLOGIST, Role.CANVASSER}
"""Who sees personal data, or makes accounts that do: they need a second factor where it is required."""
