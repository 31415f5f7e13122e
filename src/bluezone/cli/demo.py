"""``bluezone demo``: the main job, and a page to look at what happened."""

from __future__ import annotations

import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from bluezone.cli.interrupts import heed_interrupts
from bluezone.cli.output import JsonFlag, print_json, say

__all__ = ["demo_day"]


def demo_day(
    contacts: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Who is near whom, from a real list: Haslemere, SocioPatterns or Copenhagen (also .gz).",
        ),
    ] = None,
    day: Annotated[
        int | None, typer.Option(min=1, help="With --contacts: which day of the list; else its busiest.")
    ] = None,
    people: Annotated[int, typer.Option(min=2, max=60, help="With --contacts: how many people.")] = 24,
    replay: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            metavar="REPORT.json",
            help="Show this report of bluezone replay on the site, too.",
        ),
    ] = None,
    preset: Annotated[str, typer.Option(help="Risk preset that devices score by.")] = "bluezone",
    seed: Annotated[int, typer.Option(help="The same seed makes the same day.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes a free one.")] = 0,
    stop: Annotated[bool, typer.Option("--exit", help="End after the result instead of serving on.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Residents meet, one is confirmed, those near are warned; look at the day in a browser.

    The authority listens on loopback and works in a folder of its own, which is removed at the end.
    """
    from bluezone.cli.demo_view import DemoView, print_result
    from bluezone.replay.busiest_day import busiest_day
    from bluezone.replay.contact_lists import read_contact_list
    from bluezone.replay.demo import DemoOptions, run_demo
    from bluezone.replay.replay_site import REPLAY_PAGE, put_report
    from bluezone.replay.report_shape import read_report
    from bluezone.replay.scripted_day import scripted_day

    if day is not None and contacts is None:
        raise typer.BadParameter("needs --contacts", param_hint="--day")
    replayed = read_report(replay) if replay else None
    lived = (
        busiest_day(read_contact_list(contacts), people=people, day=day) if contacts else scripted_day(seed)
    )
    heed_interrupts()
    options = DemoOptions(seed=seed, preset=preset, port=port)
    with (
        tempfile.TemporaryDirectory(prefix="bluezone-demo-") as folder,
        DemoView(lived) as view,
        run_demo(lived, Path(folder), options, view.tell) as result,
    ):
        view.close()
        if replayed is not None:
            put_report(replayed, Path(folder))
        if as_json:
            document = dict(result.report["outcome"])
            print_json({**document, "url": None if stop else result.url})
        else:
            print_result(result)
        if not stop:
            with suppress(KeyboardInterrupt):
                say(f"\nLook at the day: {result.url}")
                if replayed is not None:
                    say(f"Look at the replay: {result.url.removesuffix('/demo/')}{REPLAY_PAGE}")
                say(f"Staff page: log in as {result.user}, password {result.password}")
                say("Ctrl-C ends the demo.")
                while True:
                    time.sleep(3600)
