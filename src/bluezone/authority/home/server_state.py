"""What the first page says to whoever runs the server: exports, sources and authorities that fail."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from bluezone.authority.access.roles import Role
from bluezone.authority.health import export_fault
from bluezone.authority.keys.state_queries import (
    export_states,
    failing_authorities,
    failing_sources,
    regions_without_export,
)
from bluezone.authority.keys.verify_api import WRONG_CODES
from bluezone.authority.todays_work import Person, Urgency, WorkItem

__all__ = ["todays_work"]


def todays_work(person: Person) -> Iterator[WorkItem]:
    """For operators, wherever they are: the server is one."""
    if not person.holds({Role.OPERATOR}):
        return
    ready = reverse("readyz")
    for state in export_states():
        if export_fault(state, person.now):
            text = gettext("Tệp khóa của vùng {region} chưa ra đúng hạn").format(region=state.region)
            yield WorkItem(Urgency.ALARM, text, ready, state.last_window_end)
    for region in regions_without_export(person.now):
        text = gettext("Khóa của vùng {region} được nhận vào nhưng không có nơi ra").format(region=region)
        yield WorkItem(Urgency.ALARM, text, ready)
    if WRONG_CODES.is_raised(person.now):
        text = gettext("Rất nhiều mã sai đang được thử: có thể ai đó đang dò mã")
        yield WorkItem(Urgency.ALARM, text)
    if sources := failing_sources():
        text = ngettext(
            "{count} nguồn khóa lần gần nhất không tải được",
            "{count} nguồn khóa lần gần nhất không tải được",
            sources,
        ).format(count=sources)
        yield WorkItem(Urgency.OVERDUE, text, note=_command("bluezone import list"))
    if authorities := failing_authorities():
        text = ngettext(
            "{count} cơ quan y tế lần gần nhất không tải được khóa",
            "{count} cơ quan y tế lần gần nhất không tải được khóa",
            authorities,
        ).format(count=authorities)
        yield WorkItem(Urgency.OVERDUE, text, note=_command("bluezone authority list"))


def _command(command: str) -> str:
    return gettext("Lý do: xem bằng lệnh {command}.").format(command=command)
