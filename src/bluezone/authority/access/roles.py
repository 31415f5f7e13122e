"""The roles a member of staff can be granted, for an area and a time."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "ADOPTION_EDITORS",
    "ADOPTION_READERS",
    "CODE_ISSUERS",
    "LIMIT_SETTERS",
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

LIMIT_SETTERS = frozenset({Role.EPIDEMIOLOGIST, Role.OPERATOR})
"""Who may set how many codes are issued in a day: not those who issue them, whose account may be stolen."""

STATISTICS_READERS = frozenset(
    {Role.EPIDEMIOLOGIST, Role.CITY_OFFICER, Role.DISTRICT_OFFICER, Role.HEALTH_WORKER}
)
"""Who may see the statistics of codes in their area, and those of keys."""
