"""`overture data list|pull|path`: data sets and weights by name.

In comes a name; out goes the file's place, pulled and verified. Easy to get wrong: `list` says what is here and pulls
nothing.
"""

from __future__ import annotations

import typer

data_app = typer.Typer(help="Data sets and weights: origin, licence, checksum, place.", no_args_is_help=True)


@data_app.command(name="list")
def list_items() -> None:
    """Every item of the registry, its licence and origin, and whether it is here."""
    from itertools import groupby

    from .. import data

    def origin(name: str) -> tuple[str, str]:
        return data.ITEMS[name].licence, data.ITEMS[name].origin

    names = sorted(data.ITEMS, key=lambda name: (data.ITEMS[name].set, origin(name), name))
    for (licence, where), files in groupby(names, origin):
        typer.echo(f"{where} ({licence})")
        for name in files:
            typer.echo(f"  {'here' if data.find(name) else '–':<4}  {name}")


@data_app.command()
def pull(name: str = typer.Argument(help="An item, such as in3/train.jsonl, or a whole set, such as smollm2.")) -> None:
    """Pull an item or a set into the cache, with its checksum verified, and print where it is."""
    from .. import data

    typer.echo(str(data.pull(name, progress=True)))


@data_app.command()
def path(name: str = typer.Argument(help="An item or a set.")) -> None:
    """Print where an item is, pulling it if it is not here yet."""
    from .. import data

    typer.echo(str(data.path(name)))
