"""What the readers have in common that are pretrained encoders with low-rank changes: opened, applied, fed in batches.

In come an encoder's folder (a safetensors file and a tokenizer) and a file of changes; out come arrays and the few
steps that numpy does not have by name. `careful` is MPNet, `gaps_reader` MiniLM. Easy to get wrong: matrices are turned
to (in, out) when they are opened, and changes are added to them then, so nothing is added while reading.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UsageError
from .context import Floats

HEADS = 12
EPSILON = 1e-5
AT_ONCE = 2048
"""Tokens that are read together, padding included."""
_LAYER = "encoder.layer."


def tensors(path: Path) -> dict[str, Floats]:
    """The arrays of a safetensors file: eight bytes of length, a JSON header, and the numbers, here float32."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header: dict[str, Any] = json.loads(file.read(size))
    whole = np.memmap(path, np.uint8, "r", offset=8 + size)
    out: dict[str, Floats] = {}
    for name, row in header.items():
        if name != "__metadata__" and row["dtype"] == "F32":
            begin, end = row["data_offsets"]
            out[name] = whole[begin:end].view(np.float32).reshape(row["shape"])
    return out


def tokenizer_of(folder: Path) -> Any:
    """The folder's tokenizer; it cuts nothing off. Raises UsageError where the extra is not installed."""
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise UsageError("reading carefully needs a tokenizer: pip install 'overture[careful]'") from error
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def changed(folder: Path, changes: Path) -> tuple[dict[str, Floats], dict[str, Floats], int]:
    """The encoder's arrays by their own names with the changes added, what else the file of changes holds, and how many
    layers there are: its `layers`, or all."""
    with np.load(changes) as stored:
        rest: dict[str, Floats] = {name: stored[name].astype(np.float32) for name in stored.files}
    most = int(rest.pop("layers")) if "layers" in rest else None
    base: dict[str, Floats] = {}
    count = 0
    for name, values in tensors(folder / "model.safetensors").items():
        number = int(name.split(".")[2]) if name.startswith(_LAYER) else -1
        if name.startswith("pooler.") or (most is not None and number >= most):
            continue
        if name.startswith(_LAYER) and values.ndim == 2:
            values = np.ascontiguousarray(values.T)
            if f"{name}.a" in rest:
                values += rest.pop(f"{name}.a") @ rest.pop(f"{name}.b")
        base[name] = values
        count = max(count, number + 1)
    return base, rest, count


def attended(q: Floats, k: Floats, v: Floats, mask: Floats) -> Floats:
    """(B, T, width) from (B, heads, T, each) and what is added to (B, heads, T, T) scores."""
    seen = q @ k.swapaxes(2, 3)
    seen *= np.float32(q.shape[-1] ** -0.5)
    seen += mask
    seen -= seen.max(axis=3, keepdims=True)
    np.exp(seen, out=seen)
    seen /= seen.sum(axis=3, keepdims=True)
    rows, _, length, _ = q.shape
    return (seen @ v).swapaxes(1, 2).reshape(rows, length, -1)


def applied(base: Mapping[str, Floats], name: str, x: Floats) -> Floats:
    """A linear layer, as one product for all rows: numpy would multiply each text by itself."""
    flat = x.reshape(-1, x.shape[-1]) @ base[f"{name}.weight"]
    flat += base[f"{name}.bias"]
    return flat.reshape(*x.shape[:-1], -1)


def fed(base: Mapping[str, Floats], at: str, x: Floats) -> Floats:
    """A layer's second half: widened, narrowed, added and evened out."""
    inner = applied(base, f"{at}output.dense", gelu(applied(base, f"{at}intermediate.dense", x)))
    return norm(base, f"{at}output.LayerNorm", x + inner)


def norm(base: Mapping[str, Floats], name: str, x: Floats) -> Floats:
    """Each row about its mean and by its spread, then the weights of that name."""
    x = x - x.mean(axis=-1, keepdims=True)
    x /= np.sqrt((x * x).mean(axis=-1, keepdims=True) + EPSILON)
    return x * base[f"{name}.weight"] + base[f"{name}.bias"]


def gelu(x: Floats) -> Floats:
    """Hendrycks and Gimpel (2016), their approximation by tanh."""
    inner = x * x
    inner *= np.float32(0.044715)
    inner += 1
    inner *= x
    inner *= np.float32(np.sqrt(2 / np.pi))
    np.tanh(inner, out=inner)
    inner += 1
    inner *= x
    inner *= np.float32(0.5)
    return inner


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Numbers of what is read together, the longest first: like lengths, at most AT_ONCE tokens."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    while order:
        some = [order.pop()]
        while order and (len(some) + 1) * lengths[some[0]] <= AT_ONCE:
            some.append(order.pop())
        yield some
