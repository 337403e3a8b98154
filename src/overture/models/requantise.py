"""The embedded model's weights in the form that runs fastest here: Q4_1 as shipped, Q8_0 as used.

In comes a GGUF file in llama.cpp's layout; out goes one with the same keys and every quantised tensor as Q8_0, made
once and kept in the cache with its sha256. Easy to get wrong: Q and K are *not* permuted here. That is needed only
where weights pass through the transformers layout; these go from llama.cpp's layout to llama.cpp's layout.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ..data import cache_folder, sha256_of
from ..data.pulling import whole
from ..errors import DataError

RECIPE = 1
"""Counted up whenever the bytes written for the same source would change."""


def as_q8_0(source: Path) -> Path:
    """The Q8_0 twin of `source`, made in about 6 s where it is not there yet. Two processes may ask at once.

    Raises DataError where the source is not GGUF or the cache cannot be written.
    """
    from filelock import FileLock

    folder = cache_folder() / "smollm2"
    target = folder / f"{source.name.removesuffix('.gguf').removesuffix('.Q4_1')}.Q8_0.gguf"
    note = target.with_suffix(".json")
    made_from = sha256_of(source)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".q8_0.lock"):
            if not _is_made(target, note, made_from):
                _make(source, target)
                made = {"sha256": sha256_of(target), "from": made_from, "recipe": RECIPE}
                note.write_text(json.dumps(made | {"template": _template_hash(target)}), "utf-8")
    except OSError as error:
        raise DataError(
            f"cannot write {target} ({error.strerror or error}); set OVERTURE_CACHE to a folder that can be written"
        ) from error
    return target


def _is_made(target: Path, note: Path, made_from: str) -> bool:
    try:
        known: Any = json.loads(note.read_text("utf-8"))
        made = (known["sha256"], known["from"], known["recipe"])
        return made == (sha256_of(target), made_from, RECIPE) and bool(known["template"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _make(source: Path, target: Path) -> None:
    import gguf
    import numpy as np

    try:
        reader = gguf.GGUFReader(source)
        architecture = reader.fields["general.architecture"].contents()
    except (ValueError, KeyError, IndexError) as error:
        raise DataError(f"{source} is not a readable GGUF file ({error})") from error
    with whole(target) as beside:
        writer = gguf.GGUFWriter(beside, architecture)
        for key, field in reader.fields.items():
            if key.startswith("GGUF.") or key in ("general.architecture", "general.file_type"):
                continue
            inner = field.types[1] if len(field.types) > 1 else None
            writer.add_key_value(key, field.contents(), field.types[0], sub_type=inner)
        writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
        q8, as_is = gguf.GGMLQuantizationType.Q8_0, (gguf.GGMLQuantizationType.F32, gguf.GGMLQuantizationType.Q8_0)
        for tensor in reader.tensors:
            if tensor.tensor_type in as_is:
                writer.add_tensor(tensor.name, np.asarray(tensor.data), raw_dtype=tensor.tensor_type)
            else:
                plain = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
                writer.add_tensor(tensor.name, gguf.quants.quantize(plain, q8), raw_dtype=q8)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def template_hash(weights: Path) -> str:
    """The sha256 of the chat template inside a GGUF file. Raises DataError where it cannot be read.

    Reading it out of the file takes a second or two, so for weights made here it stands in the note beside them.
    """
    try:
        known: Any = json.loads(weights.with_suffix(".json").read_text("utf-8"))
        if known["sha256"] == sha256_of(weights):
            return str(known["template"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no note of ours beside it
    return _template_hash(weights)


def _template_hash(weights: Path) -> str:
    import gguf

    try:
        field = gguf.GGUFReader(weights).fields.get("tokenizer.chat_template")
    except (ValueError, KeyError, IndexError, OSError) as error:
        raise DataError(f"{weights} is not a readable GGUF file ({error})") from error
    template = "" if field is None else str(field.contents())
    return hashlib.sha256(template.encode("utf-8")).hexdigest()
