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
    from rich.console import Console
    from rich.table import Table

    from .. import data

    console = Console(soft_wrap=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("name", no_wrap=True, min_width=max(map(len, data.ITEMS)))  # whole, to be copied
    for column in ("here", "licence", "origin"):
        table.add_column(column, overflow="fold")
    for name, item in sorted(data.ITEMS.items()):
        table.add_row(name, "yes" if data.find(name) else "–", item.licence, item.origin)
    console.print(table)


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
