"""How a diagnosis was made: the names on the wire, their numbers in an export, and which may follow which."""

from __future__ import annotations

from enum import StrEnum

from bluezone.protocols.gaen import ReportType

__all__ = [
    "EXPORT_TYPE",
    "ISSUABLE",
    "REPORT_TYPE_CHOICES",
    "ReportTypeName",
    "backfilled_risk",
    "may_be_revised",
    "may_revise",
]


class ReportTypeName(StrEnum):
    """The word used in certificates and stored; ``UNKNOWN`` is a certificate that says nothing."""

    UNKNOWN = ""
    CONFIRMED = "confirmed"
    LIKELY = "likely"
    NEGATIVE = "negative"
    USER_REPORT = "user-report"


ISSUABLE = (ReportTypeName.CONFIRMED, ReportTypeName.LIKELY, ReportTypeName.NEGATIVE)
"""What a health worker can attest; a user report is made by the person alone."""

EXPORT_TYPE = {
    ReportTypeName.UNKNOWN: ReportType.UNKNOWN,
    ReportTypeName.CONFIRMED: ReportType.CONFIRMED_TEST,
    ReportTypeName.LIKELY: ReportType.CONFIRMED_CLINICAL_DIAGNOSIS,
    ReportTypeName.NEGATIVE: ReportType.REVOKED,
    ReportTypeName.USER_REPORT: ReportType.SELF_REPORT,
}

_RISK = {ReportTypeName.CONFIRMED: 2, ReportTypeName.LIKELY: 4, ReportTypeName.NEGATIVE: 6}

_AFTER_LIKELY = frozenset({ReportTypeName.CONFIRMED, ReportTypeName.NEGATIVE})
_TRANSITIONS = {
    ReportTypeName.UNKNOWN: _AFTER_LIKELY,  # as the reference server: no type means likely
    ReportTypeName.LIKELY: _AFTER_LIKELY,
    ReportTypeName.USER_REPORT: _AFTER_LIKELY | {ReportTypeName.LIKELY},
}


def backfilled_risk(report_type: ReportTypeName, sent: int) -> int:
    """The transmission risk to store: what the client sent, or the usual one of the type when it sent 0."""
    return sent or _RISK.get(report_type, 0)


def may_revise(before: ReportTypeName, after: ReportTypeName) -> bool:
    """Whether a published key's type may become another one."""
    return after in _TRANSITIONS.get(before, frozenset())


def may_be_revised(report_type: ReportTypeName) -> bool:
    """Whether keys of this type may become anything else."""
    return report_type in _TRANSITIONS


REPORT_TYPE_CHOICES = [(one.value, one.name.lower()) for one in ReportTypeName]
"""For columns that hold one."""
