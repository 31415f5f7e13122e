"""``bluezone import``: other authorities whose exports this server follows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bluezone.cli.authority import prepare_authority
from bluezone.cli.export import load_public_keys
from bluezone.cli.output import JsonFlag, print_json, say

__all__ = ["import_app"]

import_app = typer.Typer(help="Other authorities' exports that this server follows.", no_args_is_help=True)


@import_app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What people call the source.")],
    index: Annotated[str, typer.Option(help="Address of its index.txt, https.")],
    public_key: Annotated[
        list[Path],
        typer.Option(exists=True, dir_okay=False, help="A key that it signs with (PEM); repeat it."),
    ],
    region: Annotated[str, typer.Option(help="Region that its keys belong to. Usual: our own.")] = "",
    reexport: Annotated[
        bool, typer.Option("--reexport", help="Its keys join our own exports. Without: they never do.")
    ] = False,
    mirror: Annotated[
        bool,
        typer.Option(
            "--mirror", help="Show its files here too, as /exports/REGION/; REGION is then its own."
        ),
    ] = False,
) -> None:
    """Follow an authority's exports; the same name again changes how."""
    load_public_keys(public_key)
    prepare_authority()
    from django.conf import settings

    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.keys.services import ImportRefused, add_source

    try:
        pem = "\n".join(path.read_text(encoding="ascii") for path in public_key)
    except (OSError, UnicodeDecodeError) as error:
        raise ImportRefused(f"a public key cannot be read: {error}") from None
    source = add_source(
        name,
        index,
        region=region or settings.BLUEZONE_REGION,
        public_keys_pem=pem,
        reexport=reexport,
        mirror=mirror,
        by=Actor("cli"),
        now=runtime.now(),
    )
    say(f"following {source.name}: {source.index_url}")


@import_app.command("list")
def list_sources(as_json: JsonFlag = False) -> None:
    """Every source: its address, how many files and keys came from it, and what failed last."""
    prepare_authority()
    from bluezone.authority.keys.queries import import_sources

    rows = [
        {
            "name": source.name,
            "index": source.index_url,
            "region": source.region,
            "reexport": source.reexport,
            "mirror": source.mirror,
            "enabled": source.enabled,
            "files": one.files,
            "keys": one.keys,
            "last_checked": source.last_checked_at.isoformat() if source.last_checked_at else None,
            "last_error": source.last_error,
        }
        for one in import_sources()
        for source in [one.source]
    ]
    if as_json:
        print_json({"sources": rows})
        return
    for row in rows:
        state = "" if row["enabled"] else ", stopped"
        again = ", passed on" if row["reexport"] else ""
        typer.echo(f"{row['name']}  {row['index']}  {row['files']} files, {row['keys']} keys{again}{state}")
        if row["last_error"]:
            typer.echo(f"  failed: {row['last_error']}")


@import_app.command("run")
def run(as_json: JsonFlag = False) -> None:
    """Fetch what is new now; exit 1 if a file could not be used."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.keys.import_client import open_http_exports
    from bluezone.authority.keys.services import run_imports

    reports = run_imports(runtime.now(), open_http_exports)
    if as_json:
        print_json(
            {
                "sources": [
                    {
                        "name": one.source,
                        "files": list(one.files),
                        "keys": one.keys,
                        "failed": list(one.failed),
                    }
                    for one in reports
                ]
            }
        )
    else:
        for one in reports:
            say(f"{one.source}: {one.keys} new keys in {len(one.files)} files")
            for failure in one.failed:
                say(f"  failed: {failure}")
    if any(one.failed for one in reports):
        raise typer.Exit(1)


@import_app.command("stop")
def stop(name: Annotated[str, typer.Argument(help="The source.")]) -> None:
    """Follow a source no longer; its keys stay until they are too old, its mirror until the next run."""
    prepare_authority()
    from bluezone.authority import runtime
    from bluezone.authority.access.audit import Actor
    from bluezone.authority.keys.services import stop_source

    stop_source(name, by=Actor("cli"), now=runtime.now())
    say(f"{name} is followed no longer")
