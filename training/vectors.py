"""The starting point of both lenses' text vectors: one vector a word, distilled from MiniLM.

    python training/vectors.py [--vocabulary]          # writes .cache/vectors.npy; and, if asked, the vocabulary anew

Comes in: MiniLM (the data item `minilm`). Goes out, not in the repository, a float32 table of shape (rows, 256) in the order of
`src/overture/lenses/weights/vocabulary.txt`, rows 0 and 1 being zero. With `--vocabulary` that file is made first, and then
every lens has to be trained again: their weights are refused with another one. The method is that of model2vec
(Tulkens and van Dongen 2024): each word alone through the encoder, mean of the last layer, principal components.
Except: 1) words stand whole, also where MiniLM has no piece for them; 2) no weighting by frequency, as both lenses train
the table further.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from sklearn.decomposition import PCA
from transformers import AutoTokenizer, BertModel

from moves.dataset import FRESH
from overture import data
from overture.lenses.words import KNOWN_FROM, tokenize

ROOT = Path(__file__).resolve().parent.parent
VOCABULARY = ROOT / "src" / "overture" / "lenses" / "weights" / "vocabulary.txt"
DIMENSIONS = 256


def words() -> list[str]:
    """MiniLM's own whole words of letters, digits and signs, then those frequent in task statements and in labelled text."""
    pieces = json.loads(data.path("minilm/tokenizer.json").read_text())["model"]["vocab"]
    kept = [w for w in pieces if re.fullmatch(r"[a-z]{1,20}|\d{1,4}|[!-/:-@\[-`{-~]", w)]
    counts: Counter[str] = Counter()
    for file in sorted((ROOT / "training" / "moves" / "written").glob("*.txt")):
        if file.stem not in FRESH:
            counts.update(tokenize(file.read_text()))
    import openpyxl

    sheet = openpyxl.load_workbook(data.path("onet/task_statements.xlsx"), read_only=True).active
    for row in sheet.iter_rows(min_row=2, max_col=4, values_only=True):
        counts.update(tokenize(str(row[3])))
    known = set(kept)
    more = sorted(
        w for w, n in counts.items() if n >= 3 and w not in known and re.fullmatch(r"[^\W\d_]+(?:['’][^\W\d_]+)?", w)
    )
    signs = ["’", "“", "”", "–", "—", "…", "¿", "¡", "€", "£", "°", "→", "•"]
    return kept + [w for w in more if len(w) <= 24] + [s for s in signs if s not in known]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vocabulary", action="store_true", help="make the vocabulary anew as well")
    if parser.parse_args().vocabulary:
        VOCABULARY.write_text("\n".join(words()) + "\n", "utf-8")
    vocabulary = VOCABULARY.read_text("utf-8").splitlines()
    folder = data.path("minilm")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
    out = np.zeros((len(vocabulary), model.config.hidden_size), np.float32)
    with torch.inference_mode():
        for start in range(0, len(vocabulary), 1024):
            encoded = tokenizer(vocabulary[start : start + 1024], padding=True, return_tensors="pt")
            hidden = model(**encoded).last_hidden_state
            mask = encoded["attention_mask"].unsqueeze(-1)
            out[start : start + 1024] = ((hidden * mask).sum(1) / mask.sum(1)).numpy()
            print(f"\r{start + 1024} of {len(vocabulary)} words", end="", flush=True)
    reduced = PCA(DIMENSIONS, random_state=0).fit_transform(out).astype(np.float32)
    table = np.concatenate([np.zeros((KNOWN_FROM, DIMENSIONS), np.float32), reduced])
    (ROOT / ".cache").mkdir(exist_ok=True)
    np.save(ROOT / ".cache" / "vectors.npy", table)
    print(f"\n{len(vocabulary)} words -> .cache/vectors.npy")


if __name__ == "__main__":
    main()
