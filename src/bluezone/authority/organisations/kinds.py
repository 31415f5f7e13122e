"""Kinds of organisations and of the people that are counted in them."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext, gettext_noop

__all__ = ["KIND_NAMES", "KIND_WORDS", "PEOPLE_NAMES", "Kind", "People", "kind_name", "people_name"]


class Kind(StrEnum):
    """What an organisation is; the value is what is stored and sent."""

    AGENCY = "agency"
    SCHOOL = "school"
    ENTERPRISE = "enterprise"
    MASS_ORGANISATION = "mass-organisation"
    RESIDENTIAL_ASSOCIATION = "residential-association"


class People(StrEnum):
    """Whom a headcount counts."""

    STAFF = "staff"
    PUPILS = "pupils"
    MEMBERS = "members"


KIND_NAMES = {
    Kind.AGENCY: gettext_noop("Cơ quan"),
    Kind.SCHOOL: gettext_noop("Trường học"),
    Kind.ENTERPRISE: gettext_noop("Doanh nghiệp"),
    Kind.MASS_ORGANISATION: gettext_noop("Đoàn thể"),
    Kind.RESIDENTIAL_ASSOCIATION: gettext_noop("Tổ chức khu dân cư"),
}
"""As sheets have them; pages say :func:`kind_name`."""

KIND_WORDS = {
    Kind.AGENCY: ("Cơ quan nhà nước", "Đơn vị sự nghiệp", "Agency"),
    Kind.SCHOOL: ("Trường", "Cơ sở giáo dục", "School"),
    Kind.ENTERPRISE: ("Công ty", "DN", "Enterprise"),
    Kind.MASS_ORGANISATION: ("Tổ chức chính trị - xã hội", "Tổ chức đoàn thể", "Hội", "Mass organisation"),
    Kind.RESIDENTIAL_ASSOCIATION: (
        "Ban quản trị",
        "Ban quản trị chung cư",
        "Ban công tác mặt trận",
        "Khu dân cư",
        "Residential association",
    ),
}
"""What clerks write for a kind besides its name."""

PEOPLE_NAMES = {
    People.STAFF: gettext_noop("Cán bộ, nhân viên"),
    People.PUPILS: gettext_noop("Học sinh, sinh viên"),
    People.MEMBERS: gettext_noop("Hội viên, thành viên"),
}


def kind_name(kind: Kind) -> str:
    """In the reader's language."""
    return gettext(KIND_NAMES[kind])


def people_name(people: People) -> str:
    """In the reader's language."""
    return gettext(PEOPLE_NAMES[people])
