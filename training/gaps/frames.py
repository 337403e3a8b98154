"""Everyday requests made of frames with slots (`frames.txt`), and others varied: what the reader `phrases` learns from most.

    python training/gaps/frames.py        # shows forty

Comes in: `frames.txt` and split `train` of the written requests. Goes out: Examples of the set `frames`, for which it is known
what is missing, and of the set `varied`, for which only a teacher can say. A line `= name: a|b` names fillers; a line `! …` is
complete as it stands; in any other a slot `[said/said//instead/instead]!ask` is needed and `[…]` is not. Easy to get wrong: what the test sets
hold must not be made here by chance, so whatever shares SHARED words in a row with a test request is left out.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from by_hand import part_of
from dataset import load
from example import Example, said, words_of

from overture.lenses.gaps_asks import ASKS
from overture.lenses.words import KNOWN_FROM, vocabulary

FILE = Path(__file__).parent / "frames.txt"
EACH, PLAIN = 70, 16
"""Draws from a frame with needed slots, and from one that is always complete."""
SHARED = 6
_SLOT = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\](?:!(\w+))?")
_CHOICE = re.compile(r"\(([^()]*)\)")
_FILLER = re.compile(r"\{(\w+)\}")
_TO_LEAD = ("", "", "", "", "", "", "please ", "please ", "can you ", "could you ", "could you please ", "I need you to ", "I'd like you to ",
            "hey, ", "hi! ", "would you ", "I want you to ", "now ", "ok, ", "go ahead and ")  # fmt: skip
_TO_END = ("", "", "", "", "", ", please", " for me", ", thanks", " quickly", " now", " if you can")
_SAYING = re.compile(r"(?:thank|good|I'm|I got|remember)", re.IGNORECASE)
_QUESTION = re.compile(r"(?:what|how|when|who|which|is|are|do|does|can|could|should|why|am|would)\b", re.IGNORECASE)


@cache
def _parsed() -> tuple[dict[str, list[str]], list[str]]:
    fillers: dict[str, list[str]] = {}
    frames: list[str] = []
    for line in FILE.read_text("utf-8").splitlines():
        if line.startswith("= "):
            name, words = line[2:].split(": ", 1)
            fillers[name] = words.split("|")
        elif line.strip() and not line.startswith("# "):
            frames.append(line)
    return fillers, frames


def _filled(text: str, rng: random.Random) -> str:
    """The text with a choice made in every bracket and every filler drawn."""
    while _CHOICE.search(text):
        text = _CHOICE.sub(lambda m: rng.choice(m[1].split("|")), text)
    return _FILLER.sub(lambda m: rng.choice(_parsed()[0][m[1]]), text)


def _split(inner: str) -> list[str]:
    """The alternatives; a slash of an address or within brackets parts nothing."""
    return re.split(r"(?<![:/])/(?!/)(?![^()]*\))", inner) if inner else []


def drawn_from(frame: str, rng: random.Random) -> tuple[str, list[tuple[str, str]]]:
    """A request, and of each needed slot that was left open its ask and the words that stand instead."""
    slots = list(_SLOT.finditer(frame))
    needed = [slot for slot in slots if slot[2]]
    open_ones: set[int] = set()
    if needed and rng.random() < 0.55:
        how_many = 1 if rng.random() < 0.65 else rng.randint(1, len(needed))
        open_ones = {slot.start() for slot in rng.sample(needed, how_many)}
    lacking: list[tuple[str, str]] = []
    parts: list[str] = []
    at = 0
    for slot in slots:
        parts.append(_filled(frame[at : slot.start()], rng))
        at = slot.end()
        told, instead = map(_split, [*re.split(r"(?<!:)//", slot[1]), ""][:2])
        if slot.start() in open_ones:
            words = _filled(rng.choice(instead), rng) if instead else ""
            lacking.append((slot[2], words.strip(" ,?.")))
            parts.append(words)
        elif slot[2] or rng.random() < 0.4:
            chosen = rng.choice(told)
            parts.append(_filled(chosen if "(" in chosen else rng.choice(chosen.split("|")), rng))
    parts.append(_filled(frame[at:], rng))
    text = re.sub(r"\s+([,.?!;:])", r"\1", re.sub(r"\s+", " ", "".join(parts))).strip(" ,")
    text = text.replace(" to on ", " to ").replace(" to at ", " to ")
    return _worded(text, rng), lacking


def _worded(text: str, rng: random.Random) -> str:
    """The request as somebody might put it."""
    if _SAYING.match(text):
        ends = ""
    elif _QUESTION.match(text) or '"' in text[-3:]:
        ends = "?" if _QUESTION.match(text) and rng.random() < 0.85 else ""
        text = text if rng.random() < 0.85 else rng.choice(("hey, ", "hi, ", "quick question: ", "tell me: ")) + text
    else:
        lead = rng.choice(_TO_LEAD)
        text = lead + text + (rng.choice(_TO_END) if len(text) < 60 else "")
        ends = "?" if lead.strip().startswith(("can", "could", "would")) else rng.choice((".", ".", ".", "", "!"))
    if text[-1:] not in ".!?":
        text += ends
    return text if rng.random() < 0.2 else text[:1].upper() + text[1:]


def frames() -> Iterator[Example]:
    """Requests made of frames, with what each lacks."""
    for frame in _parsed()[1]:
        plain = frame.startswith("! ")
        body = frame.removeprefix("! ")
        rng = random.Random(f"frames/{frame}")
        seen: set[str] = set()
        for _ in range(PLAIN if plain else EACH):
            text, lacking = drawn_from(body, rng)
            if words_of(text) in seen:
                continue
            seen.add(words_of(text))
            ask = lacking[0][0] if lacking else ""
            left = tuple(words for _, words in lacking if words) if len(lacking) == 1 else None
            asked = " ".join(ask for ask, _ in lacking)
            yield Example("frames", body, "train", said(text), bool(lacking), ASKS.get(ask, ""), asked, left)


# -- varied --------------------------------------------------------------------------------------------------------

_PHRASE = re.compile(
    r"\s(?=(?:for|in|at|to|from|with|on|by|about|of|and|because|so|that|which|before|after|until)\b)|(?<=[,;:.!?])\s"
)
_WORD = re.compile(r"[A-Za-z][a-z]{3,}")
NEAR, LEAST_NEAR = 8, 0.6


@cache
def _near() -> tuple[np.ndarray, list[str]]:
    """Unit vectors of the vocabulary's words, and the words."""
    vectors = np.load(Path(__file__).resolve().parents[2] / ".cache" / "vectors.npy")[:, :96].astype(np.float32)
    words = [""] * KNOWN_FROM + [
        w for w, row in sorted(vocabulary().items(), key=lambda each: each[1]) if row < len(vectors)
    ]
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6), words


@cache
def _neighbours(word: str) -> tuple[str, ...]:
    row = dict.get(vocabulary(), word)
    vectors, words = _near()
    if row is None or row >= len(vectors):
        return ()
    alike = vectors @ vectors[row]
    best = np.argpartition(-alike, NEAR)[: NEAR + 1]
    return tuple(
        words[i] for i in best if i != row and alike[i] >= LEAST_NEAR and len(words[i]) > 2 and words[i].isalpha()
    )


def varied(examples: Sequence[Example], times: int) -> Iterator[Example]:
    """Requests with words replaced by near ones, with a phrase left out, or with another's phrase behind."""
    base = [e for e in examples if e.split == "train" and part_of(e) == "written: requests" and e.weight == 1.0]
    texts = [e.conversation.messages[0].text for e in base]
    for e, text in zip(base, texts, strict=True):
        rng = random.Random(f"varied/{text}")
        for _ in range(times):
            new = _varied(text, texts, rng)
            if new != text and new.strip():
                yield replace(e, set="varied", conversation=said(new), missing="", left_open=None, kind="")


def _varied(text: str, others: Sequence[str], rng: random.Random) -> str:
    how = rng.random()
    parts = _PHRASE.split(text)
    if how < 0.45 and len(parts) > 1:
        gone = rng.randrange(len(parts))
        parts = parts[:gone] + parts[gone + 1 :]
    elif how < 0.6:
        parts.append(rng.choice(_PHRASE.split(rng.choice(others))))
    elif how < 0.75 and len(parts) > 1:
        other = _PHRASE.split(rng.choice(others))
        parts[rng.randrange(len(parts))] = rng.choice(other)
    share = 0.05 if how < 0.75 else 0.25
    text = " ".join(parts)

    def put(match: re.Match[str]) -> str:
        near = _neighbours(match[0].lower()) if rng.random() < share else ()
        return rng.choice(near) if near else match[0]

    text = _WORD.sub(put, text)
    return text[:1].upper() + text[1:]


def unlike_tests(made: Sequence[Example], examples: Sequence[Example]) -> list[Example]:
    """Those that are no test request's words and share no SHARED words in a row with one."""
    whole: set[str] = set()
    rows: set[tuple[str, ...]] = set()
    for e in examples:
        if e.split != "train":
            for message in e.conversation.messages:
                words = words_of(message.text)
                whole.add(words)
                rows |= _rows(words)
    kept: list[Example] = []
    for e in made:
        words = words_of(e.conversation.messages[0].text)
        if words not in whole and not _rows(words) & rows:
            kept.append(e)
    return kept


def _rows(words: str) -> set[tuple[str, ...]]:
    each = words.split()
    return {tuple(each[i : i + SHARED]) for i in range(len(each) - SHARED + 1)}


if __name__ == "__main__":
    examples = load()
    made = [*frames(), *varied(examples, 2)]
    kept = unlike_tests(made, examples)
    print(
        f"{len(made)} made, {len(kept)} kept, {sum(e.lacking for e in kept if e.set == 'frames')} of the frames lack something"
    )
    for e in random.Random(0).sample(kept, 40):
        print(f"{e.set} {int(e.lacking)} {e.missing} {e.left_open} | {e.conversation.messages[0].text}")
