"""What the first page says of codes: messages not sent, codes that wait or ended, limits used up."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext_lazy

from bluezone.authority.access.roles import CODE_ISSUERS, LIMIT_SETTERS, STATISTICS_READERS
from bluezone.authority.access.scope import Scope
from bluezone.authority.accounts.places import place_name
from bluezone.authority.keys.code_list import code_line
from bluezone.authority.keys.queries import codes_with_unsent_messages, unused_codes
from bluezone.authority.keys.services import limits_held
from bluezone.authority.todays_work import Page, Person, Urgency, WorkItem

__all__ = ["PAGES", "todays_work"]

PAGES = (
    Page(
        "issue-code",
        gettext_lazy("Cấp mã báo kết quả"),
        gettext_lazy("Cấp một mã, theo dõi và thu hồi các mã đã cấp"),
        CODE_ISSUERS,
        "ma xac minh sms tin nhan f0 issue code",
        in_navigation=pgettext_lazy("navigation", "Cấp mã"),
    ),
    Page(
        "bulk-codes",
        gettext_lazy("Cấp nhiều mã từ tệp CSV"),
        gettext_lazy("Mỗi dòng của tệp là một xét nghiệm"),
        CODE_ISSUERS,
        "hang loat bulk codes file",
    ),
    Page(
        "issue-limits",
        gettext_lazy("Giới hạn mã"),
        gettext_lazy("Mỗi ngày được cấp bao nhiêu mã"),
        LIMIT_SETTERS,
        "han muc daily limit codes",
        in_navigation=gettext_lazy("Giới hạn mã"),
    ),
    Page(
        "statistics",
        gettext_lazy("Thống kê mã và khóa"),
        gettext_lazy("Số mã đã cấp, đã dùng; số khóa đã công bố"),
        STATISTICS_READERS,
        "bieu do statistics charts keys",
        in_navigation=gettext_lazy("Thống kê"),
    ),
)

_LOOKED_AT = 1000
_NEARLY = 0.8


def todays_work(person: Person) -> Iterator[WorkItem]:
    """For whoever issues codes or sets their limits."""
    issues = person.scope(CODE_ISSUERS)
    if issues != Scope.nothing():
        yield from _messages(issues, person)
        yield from _codes(issues, person)
    yield from _limits(person)


def _messages(scope: Scope, person: Person) -> Iterator[WorkItem]:
    rows = codes_with_unsent_messages(person.midnight, person.now, scope)[:_LOOKED_AT]
    lines = [code_line(row, {}, person.now) for row in rows]
    since = [
        line.latest_message.created_at
        for line in lines
        if line.latest_message is not None and line.matches("sms-trouble")
    ]
    if since:
        text = ngettext(
            "{count} mã có SMS chưa gửi được", "{count} mã có SMS chưa gửi được", len(since)
        ).format(count=len(since))
        yield WorkItem(Urgency.ALARM, text, _codes_address("sms-trouble"), min(since))


def _codes(scope: Scope, person: Person) -> Iterator[WorkItem]:
    found = unused_codes(person.midnight, person.now, scope)
    if found.ended:
        text = ngettext(
            "{count} mã cấp hôm nay đã hết hạn mà chưa dùng",
            "{count} mã cấp hôm nay đã hết hạn mà chưa dùng",
            found.ended,
        ).format(count=found.ended)
        note = gettext("Người còn cần báo thì cấp mã khác.")
        yield WorkItem(Urgency.OVERDUE, text, _codes_address("expired"), found.first_ended, note)
    if found.waiting and found.first_end is not None:
        text = ngettext(
            "{count} mã đang chờ người nhận nhập",
            "{count} mã đang chờ người nhận nhập",
            found.waiting,
        ).format(count=found.waiting)
        end = timezone.localtime(found.first_end)
        note = gettext("Mã đầu tiên hết hạn lúc {when}.").format(when=f"{end:%H:%M %d/%m/%Y}")
        yield WorkItem(Urgency.OPEN, text, _codes_address("waiting"), None, note)


def _limits(person: Person) -> Iterator[WorkItem]:
    scope = person.scope(LIMIT_SETTERS)
    for limit in () if scope == Scope.nothing() else limits_held(scope, person.now):
        if limit.issued < _NEARLY * limit.codes:
            continue
        used = gettext("Đã cấp {issued} trên {codes} mã được phép hôm nay").format(
            issued=limit.issued,
            codes=limit.codes,
        )
        urgency = Urgency.ALARM if limit.is_reached else Urgency.SOON
        where = place_name(limit.area_path)
        yield WorkItem(urgency, used, reverse("issue-limits"), None, f"{where}.")


def _codes_address(state: str) -> str:
    return f"{reverse('issue-code')}?state={state}#codes"
