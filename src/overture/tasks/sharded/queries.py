"""Is this query right? Its result is compared with the reference's, on the database and on thinned copies of it.

In come a QueryCheck and a query that a model wrote; out comes whether the results agree everywhere, and why not. Rows
are a multiset, columns may change places where the item says so. Easy to get wrong: a query can hit the right rows by
luck (a constant, a missing condition that happens not to matter), so it has to agree on copies with rows taken out
too; and it is someone else's code, so it may read one database in memory, for a limited number of steps, and do
nothing else.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from time import thread_time

from .shapes import QueryCheck

STEPS = 5_000_000
"""Steps of sqlite's machine that a query may take; a second or so."""
MOST_ROWS = 10_000
SECONDS = 5.0
"""Processor time that a query may take, looked at every _EVERY steps: a step can be a long one."""
LONGEST_VALUE = 10_000
"""Bytes of one value; stops queries that build or search one huge text in a single step."""
THINNINGS = ((1, 0), (2, 0), (2, 1), (3, 1), (5, 2))
"""(every, rest): the rows of every table whose number has this rest are taken out; (1, 0) stands for none."""

_EVERY = 1000
_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})

_DENIED = frozenset({"printf", "format", "load_extension", "fts3_tokenizer"})
"""Functions that no limit stops: `printf('%.*c', 500000000, 'x')` is one step of seven seconds; or that reach out of
the database, by a library's name or an address in memory."""

Row = tuple[object, ...]


class BadQuery(Exception):
    """The query gave no result; the message says why."""


def agrees(check: QueryCheck, query: str) -> tuple[bool, str]:
    """Whether the query's results are the reference's, and if not, the first reason.

    Raises BadQuery where the reference itself fails, because then nothing can be judged.
    """
    for every, rest in THINNINGS:
        with closing(_database(check, every, rest)) as database:
            wanted, names = run(database, check.reference)
            try:
                got, _ = run(database, query)
            except BadQuery as error:
                return False, str(error)
            width = len(names)
            if got and len(got[0]) != width:
                return False, f"{len(got[0])} columns where {width} are asked for"
            if not same(got, wanted, check.columns_free, check.rows_ordered):
                where = "the database" if every == 1 else "a copy of the database with rows taken out"
                return False, f"another result on {where} ({len(got)} rows for {len(wanted)})"
    return True, ""


def run(database: sqlite3.Connection, query: str) -> tuple[list[Row], list[str]]:
    """The rows and the column names of one SELECT. Raises BadQuery on anything else, and past the limits."""
    left = STEPS // _EVERY
    end = thread_time() + SECONDS

    def tick() -> int:
        nonlocal left
        left = left - 1 if thread_time() < end else -1
        return left < 0

    def may(action: int, _: str | None, name: str | None, *__: str | None) -> int:
        return sqlite3.SQLITE_OK if action in _ALLOWED and name not in _DENIED else sqlite3.SQLITE_DENY

    database.set_authorizer(may)
    database.set_progress_handler(tick, _EVERY)
    try:
        cursor = database.execute(query)
        rows = cursor.fetchmany(MOST_ROWS + 1)
    except (sqlite3.Error, sqlite3.Warning, UnicodeError, ValueError, OverflowError) as error:
        raise BadQuery("the query takes too many steps" if left < 0 else f"sqlite: {error}") from error
    finally:
        database.set_progress_handler(None, 0)
        database.set_authorizer(None)
    if len(rows) > MOST_ROWS:
        raise BadQuery(f"the result has more than {MOST_ROWS} rows")
    if cursor.description is None:
        raise BadQuery("the statement gives no result")
    return rows, [column[0] for column in cursor.description]


def same(one: list[Row], two: list[Row], columns_free: bool, rows_ordered: bool) -> bool:
    """Whether two results are the same: as multisets of rows, or in order; with columns in any order where free."""
    if len(one) != len(two):
        return False
    left, right = ([tuple(map(_plain, row)) for row in rows] for rows in (one, two))
    if not left:
        return True
    if len(left[0]) != len(right[0]):
        return False
    orders = _orders(left, right) if columns_free else iter([tuple(range(len(left[0])))])
    for order in orders:
        turned = [tuple(row[at] for at in order) for row in left]
        if turned == right if rows_ordered else Counter(turned) == Counter(right):
            return True
    return False


def _orders(left: list[Row], right: list[Row]) -> Iterator[tuple[int, ...]]:
    """Orders of the left columns in which each holds what the right one holds; few, because most columns differ."""
    mine, theirs = ([Counter(row[at] for row in rows) for at in range(len(rows[0]))] for rows in (left, right))

    def grow(order: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(order) == len(theirs):
            yield order
            return
        for at, held in enumerate(mine):
            if at not in order and held == theirs[len(order)]:
                yield from grow((*order, at))

    return grow(())


def _plain(value: object) -> object:
    """7 and 7.0 are one value, and so are two averages that differ in the last bits."""
    if isinstance(value, int | float):
        rounded = round(float(value), 6)
        return 0.0 if rounded == 0 else rounded
    return value


def _database(check: QueryCheck, every: int, rest: int) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    database.executescript(check.schema + "\n" + check.rows)
    if every > 1:
        tables = database.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (name,) in tables:
            database.execute(f'delete from "{name}" where rowid % {every} = {rest}')
    database.commit()
    database.execute("pragma query_only = on")
    return database
