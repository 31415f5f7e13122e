"""Why a figure of one day's areas cannot be told in those of another, in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bluezone.authority.areas.rules import AreaKey, CannotTell, Reason
from bluezone.authority.tabular.faults import Said

__all__ = ["reason_said"]

_SHOWN = 4


def reason_said(
    why: CannotTell, names: Mapping[AreaKey, str], present: Collection[AreaKey], *, later: bool
) -> Said:
    """The reason as a sentence.

    :param names: of the areas in which the reason lies.
    :param present: the areas of the day that the figures are of.
    :param later: the figures are told in later areas, else in earlier ones.
    """
    vi, en = _listed(why, names, "và", "khác"), _listed(why, names, "and", "more")
    match why.reason:
        case Reason.DIVIDED if later:
            return Said(
                f"có phần của {vi}; không ai đếm riêng từng phần",
                f"parts of {en} are in it, which nobody counted apart",
            )
        case Reason.DIVIDED:
            return Said(f"{vi} về sau đã bị chia", f"{en} was divided later")
        case Reason.JOINED:
            return Said(
                f"{vi} về sau nhập làm một; không còn ai đếm riêng",
                f"{en} became one later, and are not counted apart any more",
            )
        case Reason.ELSEWHERE:
            return Said(
                f"{vi} còn nhận thêm địa bàn chưa có trong danh mục",
                f"{en} also gained ground that the registry does not have",
            )
        case Reason.NO_FIGURE if all(one in present for one in why.areas):
            return Said(f"{vi} chưa có số liệu", f"there is no figure of {en}")
        case Reason.NO_FIGURE if later:
            return Said(
                f"không biết {vi} được lập từ những địa bàn nào", f"what {en} was made of is not known"
            )
        case Reason.NO_FIGURE:
            return Said(f"không biết {vi} đã trở thành địa bàn nào", f"what became of {en} is not known")


def _listed(why: CannotTell, names: Mapping[AreaKey, str], joined: str, more: str) -> str:
    shown = [f"{names[one]} ({one.code})" for one in why.areas[:_SHOWN]]
    if len(why.areas) > _SHOWN:
        return f"{', '.join(shown)} {joined} {len(why.areas) - _SHOWN} {more}"
    return f" {joined} ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
