"""Pages of schedules: who is asked when, a new one, the end of one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bluezone.authority.access.scope import check_area_path
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import areas_on, offered
from bluezone.authority.returns import services
from bluezone.authority.returns.forms import ScheduleForm
from bluezone.authority.returns.queries import schedules
from bluezone.authority.returns.staff import Person, editor_of
from bluezone.authority.returns.texts import RHYTHMS, SURVEY_NAMES
from bluezone.authority.tabular.reading import in_language

__all__ = ["end_schedule", "return_schedules"]


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def return_schedules(request: HttpRequest) -> HttpResponse:
    """``/returns/schedules/``: those of the scope, and the form that sets one, ``?area=01/009``."""
    person = editor_of(request)
    area = _area(request, person)
    form = ScheduleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and area is not None and form.is_valid():
        survey = form.cleaned_data["kind"]
        try:
            made = services.set_schedule(
                area,
                survey.kind,
                form.cleaned_data["first_day"],
                form.cleaned_data["every_days"],
                form.cleaned_data["cutoff"],
                form=survey.form,
                scope=person.edits,
                by=person.actor,
                now=person.now,
            )
        except services.ScheduleRefused as refusal:
            form.add_error(None, gettext("Chưa đặt lịch: {reason}.").format(reason=in_language(refusal.said)))
        else:
            told = gettext("Đã đặt lịch báo cáo cho {area}, kỳ đầu tiên {day}.")
            messages.success(request, told.format(area=area.name, day=f"{made.first_day:%d/%m/%Y}"))
            return redirect("returns-schedules")
    context = {
        "area": area,
        "areas": offered(areas_on(person.today, person.edits), area),
        "form": form,
        "schedules": [
            {
                "one": one,
                "kind": SURVEY_NAMES[one.survey],
                "rhythm": RHYTHMS[one.every_days],
                "next": one.cadence.next_after(person.today),
            }
            for one in schedules(person.edits)[:500]
        ],
    }
    return render(request, "returns/schedules.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_POST
def end_schedule(request: HttpRequest) -> HttpResponse:
    """``/returns/schedules/end``: ask no more from tomorrow on."""
    person = editor_of(request)
    written = request.POST.get("schedule", "")
    if not (written.isascii() and written.isdigit() and len(written) < 19):
        raise Http404
    try:
        ended = services.end_schedule(int(written), scope=person.edits, by=person.actor, now=person.now)
    except services.ScheduleRefused as refusal:
        messages.error(request, gettext("Chưa dừng: {reason}.").format(reason=in_language(refusal.said)))
    else:
        told = gettext("Từ ngày {day} không còn kỳ báo cáo theo lịch này.")
        messages.success(request, told.format(day=f"{ended.ended_on:%d/%m/%Y}"))
    return redirect("returns-schedules")


def _area(request: HttpRequest, person: Person) -> Area | None:
    """The area that the address names; by default the highest of the scope.

    :raises Http404: no such area in the scope.
    """
    areas, path = areas_on(person.today, person.edits), request.GET.get("area", "")
    if not path:
        return areas.first()
    try:
        check_area_path(path)  # PostgreSQL fails on a NUL
    except ValueError:
        raise Http404 from None
    area = areas.filter(path=path).first()
    if area is None:
        raise Http404
    return area
