"""What is wrong with the dates of a test, as staff read it."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_lazy

from bluezone.authority.keys.rules import LIMITS, MAX_TEST_AGE_DAYS, DateFault

__all__ = ["date_fault_text"]

_TEXTS = {
    DateFault.MISSING: gettext_lazy("Cần ngày lấy mẫu hoặc ngày khởi phát triệu chứng."),
    DateFault.ONSET_OF_NEGATIVE: gettext_lazy("Kết quả âm tính không có ngày khởi phát."),
}


def date_fault_text(fault: DateFault) -> str:
    """A sentence in the reader's language."""
    if fault is DateFault.TEST_DATE:
        text = gettext("Ngày lấy mẫu phải trong {days} ngày gần đây và không ở tương lai.")
        return text.format(days=MAX_TEST_AGE_DAYS)
    if fault is DateFault.ONSET_DATE:
        text = gettext("Ngày khởi phát phải trong {days} ngày gần đây và không ở tương lai.")
        return text.format(days=LIMITS.max_onset_age_days)
    return str(_TEXTS[fault])
