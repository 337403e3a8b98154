"""The trial store: one sqlite file that remembers every answer before it is used and every trial once it is judged.

In come answers and trials; out come the same, after a kill or a move to another machine. Both tables only grow: the
file itself refuses to change or delete a row. Easy to get wrong: a trial's identity is a hash of its configuration,
so under another configuration nothing in the file would match and all of it would be paid for again in silence;
`agree` refuses instead.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Container, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import orjson

from ..audit.files import keep_apart, only_one
from ..conversation import Conversation
from ..errors import BadRecord, ConfigurationChanged, DataError
from ..models import Reply
from ..tasks.task import digest
from .configuration import differences, place_of

STATUSES = ("done", "capped", "failed", "unscored")
"""How a trial ends: judged; judged at its last turn or round of tools; no answer; an answer that nobody could judge."""

_SCHEMA = f"""
create table if not exists trials (
    trial_id text primary key, task text not null, item text not null, seed integer not null, config text not null,
    status text not null check (status in {STATUSES}),
    error_type text, conversation text, outcome text, cost text
) without rowid;
create table if not exists calls (
    trial_id text not null, role text not null, turn integer not null, sample integer not null,
    request_hash text not null, answer text not null, usage text not null,
    unique (trial_id, role, turn, sample)
);
"""
_APPEND_ONLY = """
create trigger if not exists {table}_{verb} before {verb} on {table} {when}
begin select raise(abort, '{table} are append-only'); end;
"""
_NEW_CALL = "insert into calls values (?, ?, ?, ?, ?, ?, ?)"
_NEW_TRIAL = """
insert into trials values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (trial_id) do update set
    status = excluded.status, error_type = excluded.error_type, conversation = excluded.conversation,
    outcome = excluded.outcome, cost = excluded.cost where trials.status = 'failed'
"""
_RETRIED = "when old.status <> 'failed'"
"""A failed trial may be made good by a later attempt; nothing else ever changes."""


@dataclass(frozen=True)
class Trial:
    """One simulated conversation with its outcome."""

    trial_id: str
    task: str
    item: str
    seed: int
    config: Mapping[str, Any]
    """Everything that determines the result, and nothing else; its hash is the identity."""
    status: str
    conversation: Conversation | None
    outcome: Mapping[str, Any] | None
    cost: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Tokens, seconds and money. Not part of the identity."""
    error_type: str | None = None


Place = tuple[str, int, int, str]
"""Of a call in its trial: role, turn, sample, hash of the request."""


@dataclass(frozen=True, slots=True)
class Call:
    """An answer with its place."""

    trial_id: str
    place: Place
    reply: Reply


def identity(config: Mapping[str, Any], item: str, run: int) -> str:
    """The id of the trial of an item (its hash) under a configuration."""
    return digest({"config": dict(config), "item": item, "run": run})


class Journal(Protocol):
    """What a run asks of a store. A worker of a cluster has one that writes through the driver's (`held`)."""

    path: Path

    def agree(self, config: Mapping[str, Any]) -> None:
        """Raise ConfigurationChanged if a stored trial of this place had another configuration."""
        ...

    def trial(self, trial_id: str) -> Trial | None:
        """The trial with this id, if it has ended."""
        ...

    def answers(self, trial_id: str) -> Mapping[Place, Reply]:
        """Everything that was journalled for this trial."""
        ...

    def journal(self, records: Sequence[Call | Trial]) -> None:
        """Write answers down before they are used, and ended trials; all or none."""
        ...


class Store:
    """The store in `path`, made where there is none. Use it as `with Store(path) as store: …`. One process, one thread
    at a time: in a notebook trials run in another than the one that opened it.

    Raises DataError where the file is not one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")
            # 64 MB: folding the log into the file stops all trials for a tenth of a second and more; `close` does it
            self._db.execute("pragma wal_autocheckpoint = 16384")
            self._db.executescript(_SCHEMA)
            for table in ("trials", "calls"):
                for verb in ("update", "delete"):
                    when = _RETRIED if (table, verb) == ("trials", "update") else ""
                    self._db.executescript(_APPEND_ONLY.format(table=table, verb=verb, when=when))
        except sqlite3.Error as error:
            raise DataError(
                f"{path} cannot be used as a trial store ({error}); move it away or choose another --out"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Fold the write-ahead log into the file, so that it can be sent as it is. On a full disk the log stays beside
        it: nothing is lost, and the next opening folds it."""
        with contextlib.suppress(sqlite3.OperationalError):
            self._db.execute("pragma wal_checkpoint(truncate)")
        self._db.close()

    @property
    def empty(self) -> bool:
        """Whether nothing has been remembered yet."""
        return not self._db.execute("select exists (select 1 from trials) or exists (select 1 from calls)").fetchone()[
            0
        ]

    def agree(self, config: Mapping[str, Any]) -> None:
        """Raise ConfigurationChanged, showing what differs, if a stored trial of this role, task, protocol and user
        had another configuration."""
        place = place_of(config)
        for (stored,) in self._db.execute("select distinct config from trials"):
            other: dict[str, Any] = orjson.loads(stored)
            if place_of(other) == place and other != dict(config):
                shown = "; ".join(differences(other, config))
                raise ConfigurationChanged(
                    f"{self.path} was begun under another configuration ({shown}); "
                    "go on with the old one, set it aside with --fresh, or choose another --out"
                )

    def trial(self, trial_id: str) -> Trial | None:
        """The trial with this id, if it has ended."""
        row = self._db.execute("select * from trials where trial_id = ?", (trial_id,)).fetchone()
        return _trial(row) if row else None

    def trials(self) -> Iterable[Trial]:
        """Every trial, ordered by role of its model, item and id."""
        rows = self._db.execute(
            "select * from trials order by json_extract(config, '$.role'), item, trial_id"
        ).fetchall()
        return map(_trial, rows)

    def answers(self, trial_id: str) -> dict[Place, Reply]:
        """Everything that was journalled for this trial. An answer to another request is an answer to another call."""
        rows = self._db.execute(
            "select role, turn, sample, request_hash, answer from calls where trial_id = ?", (trial_id,)
        )
        return {tuple(place): Reply.of(orjson.loads(answer)) for *place, answer in rows}

    def asked(self, roles: Container[str] | None = None) -> dict[str, Reply]:
        """Hash of a request → what the assistant answered, in the ended trials of these roles; None: of all."""
        rows = self._db.execute(
            "select distinct json_extract(config, '$.role'), request_hash, answer "
            "from calls join trials using (trial_id) where calls.role = 'assistant'"
        )
        return {asked: Reply.of(orjson.loads(answer)) for role, asked, answer in rows if roles is None or role in roles}

    def journal(self, records: Sequence[Call | Trial]) -> None:
        """Write answers and ended trials down, all or none. They are on their way to the disk when this returns; only
        then may an answer be used. A trial that is there already is left as it is, unless it had failed."""
        calls = [_call_row(each) for each in records if isinstance(each, Call)]
        trials = [_trial_row(each) for each in records if isinstance(each, Trial)]
        self._db.execute("begin")
        try:
            self._db.executemany(_NEW_CALL, calls)
            self._db.executemany(_NEW_TRIAL, trials)
            self._db.execute("commit")
        except sqlite3.Error:
            if self._db.in_transaction:  # a full disk has ended it already
                self._db.execute("rollback")
            raise


@contextlib.contextmanager
def alone(out: Path, fresh: bool = False, command: str = "") -> Generator[Path]:
    """The path of the store in the folder `out`, which is made where there is none; `fresh` sets aside what is there.

    Two runs that write to one store would pay for the same calls, so the second is refused with a DataError; and unless
    `fresh` so is, with ConfigurationChanged, a folder in which another command than `command` left its results.
    """
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is a file; --out takes a folder for the results")
    with only_one(out):
        if command and not fresh:
            keep_apart(out, command)
        if fresh:
            set_aside(out / "trials.sqlite")
        yield out / "trials.sqlite"


def set_aside(path: Path) -> None:
    """Rename a store out of the way: what was paid for is never deleted."""
    if path.exists():
        with contextlib.suppress(DataError), Store(path):
            pass  # a run that was killed leaves all it had in a log beside the file, which closing folds in
        number = 1
        while (aside := path.with_name(f"{path.stem}.{number}{path.suffix}")).exists():
            number += 1
        for end in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + end).rename(aside.with_name(aside.name + end))


def _dump(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _call_row(call: Call) -> tuple[str | int, ...]:
    raw = call.reply.to_dict()
    return (call.trial_id, *call.place, _dump(raw), _dump(raw["usage"]))


def _trial_row(trial: Trial) -> tuple[str | int | None, ...]:
    return (
        trial.trial_id,
        trial.task,
        trial.item,
        trial.seed,
        _dump(trial.config),
        trial.status,
        trial.error_type,
        _dump(trial.conversation.to_dicts()) if trial.conversation else None,
        _dump(trial.outcome) if trial.outcome is not None else None,
        _dump(trial.cost),
    )


def _trial(row: tuple[Any, ...]) -> Trial:
    trial_id, task, item, seed, config, status, error_type, conversation, outcome, cost = row
    try:
        spoken = Conversation.of(orjson.loads(conversation)) if conversation else None
    except BadRecord as error:
        raise DataError(f"the stored trial {trial_id} holds no conversation ({error}); choose another --out") from error
    return Trial(
        trial_id,
        task,
        item,
        seed,
        orjson.loads(config),
        status,
        spoken,
        orjson.loads(outcome) if outcome else None,
        orjson.loads(cost) if cost else {},
        error_type,
    )
