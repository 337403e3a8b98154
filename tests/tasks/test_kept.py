"""What is kept of texts: each made once, and no more of it than the bounds allow."""

from __future__ import annotations

from overture.tasks.kept import kept


def test_a_short_text_is_read_once():
    read: list[str] = []

    @kept(most=2, longest=10)
    def shout(text: str) -> str:
        read.append(text)
        return text.upper()

    assert [shout("a"), shout("a"), shout("b"), shout("a")] == ["A", "A", "B", "A"]
    assert read == ["a", "b"]


def test_of_more_texts_than_it_keeps_the_oldest_is_read_again():
    read: list[str] = []

    @kept(most=2)
    def length(text: str) -> int:
        read.append(text)
        return len(text)

    for text in ("a", "b", "c", "a"):
        length(text)
    assert read == ["a", "b", "c", "a"]


def test_texts_that_are_long_together_are_not_kept():
    read: list[tuple[str, str]] = []

    @kept(longest=10)
    def joined(one: str, other: str) -> str:
        read.append((one, other))
        return one + other

    for _ in range(2):
        assert joined("sixsix", "fives") == "sixsixfives"
    assert len(read) == 2
