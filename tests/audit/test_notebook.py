"""In a notebook a loop is running already: what does not wait there must work all the same."""

from __future__ import annotations

from pathlib import Path

import overture as ov


async def test_an_audit_with_a_judge_runs_where_a_loop_is_running(tmp_path: Path) -> None:
    row = b'{"messages": [{"role": "user", "content": "Book a table."}, {"role": "assistant", "content": "For how many?"}]}'
    (tmp_path / "log.jsonl").write_bytes(row)
    settings = ov.Settings(lenses=("moves",), judge="scripted:echo")
    result = ov.audit_logs(tmp_path / "log.jsonl", tmp_path / "out", settings, workers=1)
    assert result.counts["judged"]["unscored"]  # an echo is no verdict, but it was asked


def test_messages_of_the_chat_api_are_read_as_they_are() -> None:
    talk = [{"role": "user", "content": "Book me a table."}, {"role": "assistant", "content": "For how many people?"}]
    assert ov.moves_of(talk) == ov.moves_of(ov.Conversation.of(talk))
