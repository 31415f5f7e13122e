"""Kinds of organisations and of the people that are counted in them."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["KIND_NAMES", "KIND_WORDS", "PEOPLE_NAMES", "Kind", "People"]


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
    Kind.AGENCY: "Cơ quan",
    Kind.SCHOOL: "Trường học",
    Kind.ENTERPRISE: "Doanh nghiệp",
    Kind.MASS_ORGANISATION: "Đoàn thể",
    Kind.RESIDENTIAL_ASSOCIATION: "Tổ chức khu dân cư",
}
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
    People.STAFF: "Cán bộ, nhân viên",
    People.PUPILS: "Học sinh, sinh viên",
    People.MEMBERS: "Hội viên, thành viên",
}
