"""The command that tells all that the registry knows of one area on a day."""

from __future__ import annotations

from typing import Annotated

import typer

from bluezone.cli.authority import parse_day, prepare_authority
from bluezone.cli.output import JsonFlag, print_json
from bluezone.errors import Refused

__all__ = ["show_area"]


def show_area(
    code: Annotated[str, typer.Argument(help="The area's code, as 00343, or path, as 01/009/00343.")],
    on: Annotated[str, typer.Option("--on", help="The day, YYYY-MM-DD; by default today.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Tell what an area was on a day: above and below it, what it came of, and what became of it."""
    day = parse_day(on, "--on")
    prepare_authority()
    from django.utils import timezone

    from bluezone.authority import runtime
    from bluezone.authority.access.scope import Scope
    from bluezone.authority.areas.area_card import Kin, card_of
    from bluezone.authority.areas.models import Area
    from bluezone.authority.areas.queries import area_on

    day = day or timezone.localtime(runtime.now()).date()
    everything = Scope.everything()
    one = area_on(code.rsplit("/", 1)[-1], day, everything)
    if one is None or ("/" in code and one.path != code):
        raise Refused(f"there is no area {code!r} on {day:%d/%m/%Y}, nor was there before")
    card = card_of(one, day, everything)

    def brief(area: Area) -> dict[str, object]:
        return {"code": area.code, "name": area.name, "valid_from": area.valid_from.isoformat()}

    def kin(links: list[Kin]) -> list[dict[str, object]]:
        return [brief(link.area) | {"whole": link.whole} for link in links]

    if as_json:
        print_json(
            {
                "code": one.code,
                "path": one.path,
                "level": one.level,
                "name": one.name,
                "valid_from": one.valid_from.isoformat(),
                "valid_until": None if one.valid_until is None else one.valid_until.isoformat(),
                "above": [brief(area) for area in card.parents],
                "parts": [brief(area) for area in card.parts],
                "came_from": kin(list(card.came_from)),
                "gained_elsewhere": one.gained_elsewhere,
                "became": kin(list(card.became)),
                "same_code": [brief(area) for area in card.other_versions],
                "has_boundary": card.has_boundary,
            }
        )
        return
    until = "" if one.valid_until is None else f" to {one.valid_until:%d/%m/%Y}"
    typer.echo(f"{one.code}  {one.name}  ({one.level}, from {one.valid_from:%d/%m/%Y}{until})")
    if card.parents:
        typer.echo(f"  in {', '.join(area.name for area in reversed(card.parents))}")
    for title, share, links in (
        ("came of", "part of ", card.came_from),
        ("became", "in part ", card.became),
    ):
        for link in links:
            typer.echo(
                f"  {title} {'' if link.whole else share}"
                f"{link.area.code} {link.area.name} (from {link.area.valid_from:%d/%m/%Y})"
            )
    if one.gained_elsewhere:
        typer.echo("  gained ground that the registry does not have")
    for area in card.other_versions:
        typer.echo(f"  the same code: {area.name} from {area.valid_from:%d/%m/%Y}")
    typer.echo(f"  {len(card.parts)} parts; boundary {'known' if card.has_boundary else 'not known'}")
