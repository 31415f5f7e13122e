"""``bluezone replay``: how good is the warning on a real contact list?"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bluezone.cli.interrupts import heed_interrupts
from bluezone.cli.output import JsonFlag, print_json, say

if TYPE_CHECKING:
    from bluezone.replay.sweep import SweepKind

__all__ = ["replay_record"]

_INTERRUPTED = 130


def replay_record(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="A contact list: Haslemere CSV, SocioPatterns, Copenhagen bt_symmetric (also .gz).",
        ),
    ],
    seed: Annotated[int, typer.Option(min=0, max=2**31, help="The first seed; the others follow it.")] = 1,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="How many seeds, for the spread.")] = 4,
    f0: Annotated[int, typer.Option("--f0", min=1, help="How many people turn out positive.")] = 5,
    adoption: Annotated[
        float, typer.Option(min=0, max=1, help="Share of people with the app that the result is told for.")
    ] = 1.0,
    preset: Annotated[str, typer.Option(help="Risk preset that devices score by.")] = "bluezone",
    delay_days: Annotated[int, typer.Option(min=0, help="Days from the positive test to publishing.")] = 0,
    days: Annotated[
        str | None, typer.Option(metavar="FIRST-LAST", help="Only these recorded days, counted from 1.")
    ] = None,
    sweep: Annotated[
        list[str],
        typer.Option(
            metavar="adoption|threshold|delay|all|none", help="What to vary; repeat it, or use commas."
        ),
    ] = ["adoption"],  # noqa: B006 - typer copies it
    levels: Annotated[
        str | None,
        typer.Option(metavar="P,P,…", help="Shares of people with the app; 0.1 to 1.0 if not given."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes at once; as many as there are processors.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            file_okay=False, help="Folder for report, charts and what resuming needs: replay-<FILE>."
        ),
    ] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Show the report in a browser afterwards.")] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="With --serve: the port; 0 takes a free one.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Replay a recorded contact list through devices, server and risk scores: who is warned, who should be?

    Everybody in the list gets a device; the distances become signal strengths by a radio model; some people
    turn out positive and publish. Truth: 15 minutes or more within two metres on a day. The report is
    spec/replay_report.schema.json. An interrupted replay goes on when the same command is given again.
    """
    heed_interrupts()
    from bluezone.authority.listener import listen
    from bluezone.cli.replay_view import ReplayView, print_result
    from bluezone.protocols.risk_presets import load_preset
    from bluezone.replay.outbreak import MAX_DELAY_DAYS
    from bluezone.replay.replay_site import replay_site
    from bluezone.replay.run_replay import open_record, run_replay
    from bluezone.replay.sweep import DEFAULT_LEVELS, SweepOptions
    from bluezone.replay.trace_days import NoSuchDays

    if port is not None and not serve:
        raise typer.BadParameter("needs --serve", param_hint="--port")
    if delay_days > MAX_DELAY_DAYS:
        raise typer.BadParameter(
            f"{delay_days} is more than {MAX_DELAY_DAYS}: the authority gives no code for an older test",
            param_hint="--delay-days",
        )
    options = SweepOptions(
        seed=seed,
        seeds=seeds,
        f0=f0,
        adoption=adoption,
        preset=load_preset(preset).name,
        delay_days=delay_days,
        sweeps=_sweeps(sweep),
        levels=DEFAULT_LEVELS if levels is None else _levels(levels),
    )
    wanted = None if days is None else _days(days)
    folder = out or Path(f"replay-{_bare_name(file)}")
    if serve and port:
        listen("127.0.0.1", port).close()  # said now, not after the whole replay
    say(f"Results go to the folder {folder}")
    with ReplayView() as view:
        try:
            record = open_record(file, wanted, view.reading(file))
            replayed = run_replay(record, options, folder, jobs=jobs or _processors(), tell=view.tell)
        except NoSuchDays as error:
            raise typer.BadParameter(str(error), param_hint="--days") from None
        except KeyboardInterrupt:
            view.close()
            say(f"Interrupted: {view.done} of {view.units} units are done and kept in {folder}.")
            say("The same command goes on from there.")
            raise typer.Exit(_INTERRUPTED) from None
    if as_json:
        print_json(replayed.report)
    else:
        print_result(replayed)
    if serve:
        with replay_site(replayed.report, port or 0) as address, suppress(KeyboardInterrupt):
            say(f"\nLook at the replay: {address}")
            say("Ctrl-C ends it.")
            while True:
                time.sleep(3600)


def _bare_name(file: Path) -> str:
    """The file's name without the endings that say what kind of file it is; dates and numbers in it stay."""
    name = file.name.removesuffix(".gz")
    for ending in (".csv", ".dat", ".txt", ".tsv"):
        name = name.removesuffix(ending)
    return name or "list"


def _sweeps(given: list[str]) -> frozenset[SweepKind]:
    from bluezone.replay.sweep import SweepKind

    names = {name.strip() for text in given for name in text.split(",")}
    kinds = {kind.value: kind for kind in SweepKind}
    if names == {"none"}:
        return frozenset()
    if names == {"all"}:
        return frozenset(kinds.values())
    for name in sorted(names):
        if name in ("all", "none"):
            raise typer.BadParameter(f"{name!r} stands alone", param_hint="--sweep")
        if name not in kinds:
            raise typer.BadParameter(
                f"{name!r} is none of {', '.join(kinds)}, all, none", param_hint="--sweep"
            )
    return frozenset(kinds[name] for name in names)


def _levels(text: str) -> tuple[float, ...]:
    levels = set()
    for part in text.split(","):
        try:
            level = float(part)
        except ValueError:
            raise typer.BadParameter(f"{part.strip()!r} is not a number", param_hint="--levels") from None
        if not 0 <= level <= 1:
            raise typer.BadParameter(f"{part.strip()} is not from 0 to 1", param_hint="--levels")
        levels.add(level)
    return tuple(sorted(levels))


def _days(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    try:
        return int(first), int(last if dash else first)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not like 2-3", param_hint="--days") from None


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
