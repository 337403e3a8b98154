"""How many labels there are: by source and by move, to train on and held out. What docs/labels.md quotes.

    python training/moves/sizes.py

In comes the labelled set (the public part needs the data registry's files, see docs/data.md); out come two tables. Easy
to get wrong: a message counts once for every move it makes, so the second table adds up to more than the first.
"""

from __future__ import annotations

from collections import Counter

from dataset import Example, load

from overture.moves import MOVES

SPLITS = ("train", "conversation", "source", "fresh")
"""To train on; held out by conversation; held out as a whole source; held out afresh."""


def labelled(example: Example) -> list[int]:
    """The messages that count: labelled, and not the rules."""
    messages = example.conversation.messages
    return [index for index in example.stretches if messages[index].role not in ("system", "developer")]


def main() -> None:
    conversations, messages, moves, unasked = (Counter[tuple[str, str]]() for _ in range(4))
    for example in load():
        split = example.held_out or "train"
        conversations[example.source, split] += 1
        for index in labelled(example):
            messages[example.source, split] += 1
            labels = example.labels(index)
            moves.update((label, split) for label in {label.rstrip("!") for label in labels})
            unasked.update((label.rstrip("!"), split) for label in labels if label.endswith("!"))
    print(f"{'source':12}  {'conversations':>13}  {'messages':>8}  {'train':>6}  {'held out by':>12} {'by':>7} {'':>7}")
    print(f"{'':12}  {'':13}  {'':8}  {'':6}  {'conversation':>12} {'source':>7} {'afresh':>7}")
    for source in [*dict.fromkeys(source for source, _ in conversations), ""]:
        each = [sum(n for (s, p), n in messages.items() if source in (s, "") and p == split) for split in SPLITS]
        count = sum(n for (s, _), n in conversations.items() if source in (s, ""))
        shown = f"{each[0]:6,}  {each[1]:12,} {each[2]:7,} {each[3]:7,}"
        print(f"{source or 'all':12}  {count:13,}  {sum(each):8,}  {shown}")
    print()
    print(f"{'move':12}  {'messages':>8}  {'train':>6}  {'held out':>8}  {'unasked':>7}")
    for move in MOVES:
        train, *held = (moves[move, split] for split in SPLITS)
        aside = sum(unasked[move, split] for split in SPLITS)
        print(f"{move:12}  {train + sum(held):8,}  {train:6,}  {sum(held):8,}  {aside:7,}")


if __name__ == "__main__":
    main()
