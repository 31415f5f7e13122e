"""The roles a member of staff can be granted, for an area and a time."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "ADOPTION_EDITORS",
    "ADOPTION_READERS",
    "AGENCY_RETURN_FILLERS",
    "AUDIT_READERS",
    "CODE_ISSUERS",
    "CONTACT_READERS",
    "EMERGENCY_REVIEWERS",
    "EMERGENCY_ROLES",
    "GRANTABLE",
    "INVITERS",
    "LIMIT_SETTERS",
    "ORGANISATION_EDITORS",
    "ORGANISATION_READERS",
    "ORGANISATION_ROLES",
    "SCHOOL_RETURN_FILLERS",
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

AGENCY_RETURN_FILLERS = ADOPTION_EDITORS | {Role.AGENCY_CLERK}
"""Who may make the return of an agency; officers for one that tells them by telephone."""

SCHOOL_RETURN_FILLERS = ADOPTION_EDITORS | {Role.SCHOOL_CLERK}
"""Who may make the returns of a school, of its pupils and of its staff."""

AUDIT_READERS = frozenset({Role.AUDITOR})
"""Who may search the record of who did what, as far as it concerns their areas."""

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

ORGANISATION_ROLES = frozenset({Role.AGENCY_CLERK, Role.SCHOOL_CLERK, Role.GUARD})
"""Which roles are granted for an organisation and those that it manages, wherever these are."""

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

EMERGENCY_ROLES: dict[Role, frozenset[Role]] = {
    Role.CITY_OFFICER: frozenset(
        {Role.CITY_OFFICER, Role.DISTRICT_OFFICER, Role.WARD_OFFICER, Role.HEALTH_WORKER}
        | {Role.EPIDEMIOLOGIST, Role.CANVASSER, Role.GUARD}
    ),
    Role.DISTRICT_OFFICER: frozenset(
        {Role.DISTRICT_OFFICER, Role.WARD_OFFICER, Role.HEALTH_WORKER, Role.CANVASSER, Role.GUARD}
    ),
    Role.WARD_OFFICER: frozenset({Role.WARD_OFFICER, Role.CANVASSER, Role.GUARD}),
    Role.HEALTH_WORKER: frozenset({Role.HEALTH_WORKER, Role.EPIDEMIOLOGIST}),
    Role.EPIDEMIOLOGIST: frozenset({Role.EPIDEMIOLOGIST, Role.HEALTH_WORKER}),
}
"""Which roles each may take for some hours in an emergency; nobody takes that of an auditor or operator."""

EMERGENCY_REVIEWERS = INVITERS | {Role.AUDITOR}
"""Who is told of emergency access, and says what to think of it."""

SECOND_FACTOR_ROLES = CONTACT_READERS | INVITERS | {Role.HEALTH_WORKER, Role.EPIDEMIOLOGIST, Role.CANVASSER}
"""Who sees personal data, or makes accounts that do: they need a second factor where it is required."""
