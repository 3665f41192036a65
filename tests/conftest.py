"""Shared fixtures: tiny data and models, built in memory."""

from __future__ import annotations

import logging
import multiprocessing
import os
import runpy
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sentence_transformers import SparseEncoder

os.environ["HF_HUB_OFFLINE"] = "1"  # no test may reach a network
# tiny models gain nothing from threads, and the threads of parallel tests would wait for one another
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.evaluation.results import Results
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.passage import Passage
from beir_hybrid.settings import KINDS, all_settings
from beir_hybrid.storage.files import write_json

LANGUAGES = ("de", "en", "es")


@pytest.fixture
def verbosity() -> Iterator[None]:
    """Let the test change how much is logged."""
    loggers = [logging.getLogger(), logging.getLogger("beir_hybrid")]
    before = [logger.level for logger in loggers]
    bars = os.environ.get("TQDM_DISABLE")
    yield
    os.environ.pop("TQDM_DISABLE", None)
    os.environ.update({} if bars is None else {"TQDM_DISABLE": bars})
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


@pytest.fixture
def pairs() -> ParallelPairs:
    """Twelve groups in three languages; the last two lack one of them."""
    return ParallelPairs.from_pairs(
        "tiny",
        [
            Pair(f"g{group}", language, f"{language} question {group}", f"{language} passage {group}")
            for group in range(12)
            for language in LANGUAGES
            if not (group == 10 and language == "de") and not (group == 11 and language == "es")
        ],
    )


@pytest.fixture
def collection() -> MultilingualCollection:
    """Four questions in three languages, each answered by one passage per language, and a distractor in each corpus."""
    return MultilingualCollection(
        name="tiny",
        corpora={
            language: {f"{language}:{number}": Passage(f"{language} passage {number}") for number in range(5)}
            for language in LANGUAGES
        },
        queries={
            language: {f"{language}:q{number}": f"{language} question {number}" for number in range(4)}
            for language in LANGUAGES
        },
        qrels={
            f"{language}:q{number}": {f"{other}:{number}": 1 for other in LANGUAGES}
            for language in LANGUAGES
            for number in range(4)
        },
        passage_text="sentence",
        group_of={f"{language}:q{number}": str(number) for language in LANGUAGES for number in range(4)},
    )


@pytest.fixture
def collated(monkeypatch: pytest.MonkeyPatch) -> list[list[dict[str, str]]]:
    """The rows of every batch that a Trainer of this test builds, as its collator gets them."""
    from sentence_transformers.base.data_collator import BaseDataCollator

    batches: list[list[dict[str, str]]] = []
    collate = BaseDataCollator.__call__

    def recorded(collator: BaseDataCollator, features: list[dict[str, str]]) -> dict[str, object]:
        batches.append(features)
        return collate(collator, features)

    monkeypatch.setattr(BaseDataCollator, "__call__", recorded)
    return batches


@pytest.fixture
def start_process() -> Iterator[Callable[..., BaseProcess]]:
    """Start ``python WORDS`` from a process that has imported the hosts, which spares each one seconds of imports."""
    context = multiprocessing.get_context("forkserver" if hasattr(os, "fork") else "spawn")
    context.set_forkserver_preload(["accelerate", "beir_hybrid.training.trainer", "beir_hybrid.evaluation.evaluator"])
    script, started = Path(__file__).with_name("forked.py"), []

    def start(*words: object, log: Path, **environment: object) -> BaseProcess:
        given = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
        given |= {name: str(value) for name, value in environment.items()}
        values = {"GIVEN": ([str(word) for word in words], given, str(Path.cwd()), str(log))}
        started.append(context.Process(target=runpy.run_path, args=(str(script), values)))
        started[-1].start()
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.join()


@pytest.fixture
def start_together(start_process: Callable[..., BaseProcess]) -> Callable[..., list[BaseProcess]]:
    """Start a program on several processes, each told what torchrun tells its own; each has its words and its log."""

    def start(*programs: Iterable[object], logs: Iterable[Path], nodes: Sequence[Mapping] = ()) -> list[BaseProcess]:
        with socket.create_server(("127.0.0.1", 0)) as one:
            port = one.getsockname()[1]
        told = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        told |= dict.fromkeys(("WORLD_SIZE", "LOCAL_WORLD_SIZE"), len(programs))
        ranks = [{"RANK": rank, "LOCAL_RANK": rank} for rank in range(len(programs))]
        for rank, node in enumerate(nodes):  # of one process each
            ranks[rank] |= {"LOCAL_RANK": 0, "LOCAL_WORLD_SIZE": 1, "GROUP_RANK": rank, **node}
        return [
            start_process(*words, log=log, **{**told, **rank})
            for words, log, rank in zip(programs, logs, ranks, strict=True)
        ]

    return start


@pytest.fixture
def launch(start_together: Callable[..., list[BaseProcess]], tmp_path: Path) -> Callable[..., list[int | None]]:
    """Run a program on some processes of one node; gives their exit codes, and prints what failed ones said."""

    def run(count: int, *words: object) -> list[int | None]:
        logs = [tmp_path / f"log{rank}.txt" for rank in range(count)]
        for process, log in zip(processes := start_together(*[words] * count, logs=logs), logs, strict=True):
            process.join(240)
            if process.exitcode != 0:
                print(log.read_text()[-3000:])  # noqa: T201
        return [process.exitcode for process in processes]

    return run


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder with the real data, from BEIR_HYBRID_DATA."""
    folder = os.environ.get("BEIR_HYBRID_DATA")
    if not folder:
        pytest.skip("BEIR_HYBRID_DATA does not name a folder with the real data")
    return Path(folder)


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Lay out a distribution as pip would: its entry points of one group, and its modules by name."""
    brought: set[str] = set()

    def install(distribution: str, group: str, points: Mapping[str, str], **modules: str) -> None:
        site = tmp_path / "site" / distribution
        info = site / f"{distribution}-1.5.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.5\n")
        lines = [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
        (info / "entry_points.txt").write_text("\n".join(lines))
        for module, text in modules.items():
            (site / f"{module}.py").write_text(text)
        brought.update(modules)
        monkeypatch.syspath_prepend(str(site))

    yield install
    for module in brought:
        sys.modules.pop(module, None)


@pytest.fixture(scope="session")
def make_results_of() -> Callable[..., Results]:
    """Build results of every setting of some languages, with recall at three depths and measures of language bias."""

    def build(languages: tuple[str, ...] = LANGUAGES, lift: float = 0.0, **given: object) -> Results:
        settings: dict[str, dict[str, float]] = {}
        for place, setting in enumerate(all_settings(languages, languages)):
            value = {"mono": 0.7, "cross": 0.4, "multi": 0.3}[setting.kind] + 0.01 * (place % 7) + lift / 2
            found = {"queries": 4, "map": value, "recall@1": value / 2, "recall@5": value, "recall@20": value * 1.02}
            if setting.kind == "multi":
                others = (1 - value) / (len(languages) - 1)
                found |= {"rank_distance": 300 * (1 - value), "same_language_share@10": value}
                for code in languages:
                    own = value if code == setting.query_language else others
                    found |= {f"language_share[{code}]@10": own, f"one_target_map[{code}]": own}
            settings[setting.name] = found
        scores: dict[str, dict[str, float]] = {}
        for kind in KINDS:
            rows = [settings[setting.name] for setting in all_settings(languages, languages) if setting.kind == kind]
            scores[kind] = {name: sum(row[name] for row in rows) / len(rows) for name in rows[0] if name != "queries"}
        fields = {
            "dataset": "tiny",
            "model": "mine",
            "passage_text": "sentence",
            "languages": languages,
            "scores": scores,
            "settings": settings,
            "passages": {code: 40 + 10 * place for place, code in enumerate(languages)},
            "data": {"queries": "q", "passages": "p", "qrels": "r"},
            "environment": {"versions": {"python": "3.11.7"}, "device": "cpu", "seconds": {"encode": 1.0}},
        }
        return Results(**{**fields, **given})  # type: ignore[arg-type]

    return build


@pytest.fixture(scope="session")
def make_study(make_results_of: Callable[..., Results]) -> Callable[..., Path]:
    """Lay out a finished study as ``beir-hybrid study`` does: strategies x numbers of languages x seeds."""

    def lay_out(
        folder: Path,
        strategies: tuple[str, ...] = ("x-x-mono", "hybrid"),
        counts: tuple[int, ...] = (3,),
        seeds: tuple[int, ...] = (1, 2),
        languages: tuple[str, ...] = LANGUAGES,
        name: str = "scaling",
        steps: int = 20,
        **given: object,
    ) -> Path:
        cells = []
        for place, (strategy, count, seed) in enumerate(product(strategies, counts, seeds)):
            cells.append(f"{place:012x}")
            cell, trained = folder / "cells" / cells[-1], list(languages[:count])
            named = f"{strategy}, {count} languages, seed {seed}" if len(counts) > 1 else f"{strategy}, seed {seed}"
            values = {"strategy": strategy, "languages": count, "seed": seed}
            trial = {"name": "tiny", "dataset": "tiny", "measures": ["map", "recall@5"], "judged_only": True}
            described = {"id": cells[-1], "name": named, "values": values, "languages": trained}
            config = {"options": {}, "arguments": {}, "evaluations": [trial]}
            command = f"beir-hybrid train --model static --train-data tiny --seed {seed} --output model"
            write_json(cell / "cell.json", {"schema": 1, **described, "command": command, "config": config})
            pairs = {f"{one}-{other}": 10 + 5 * (one == other) for one in trained for other in trained}
            drawn = {"examples": sum(pairs.values()), "kinds": {"x-y": 1, "x-x-mono": 3}, "sources": {"tiny": 4}}
            write_json(cell / "batches.json", {"schema": 1, "plan": {}, "drawn": {**drawn, "pairs": pairs}})
            log = [{"step": step, "loss": 4.0 / step + 0.1 * seed, "epoch": 0.1} for step in range(1, steps + 1)]
            write_json(cell / "history.json", {"schema": 1, "log": log, "eval": [{"step": steps, "eval_loss": 0.5}]})
            cost = {"seconds": {"train": 61.0 * count, "evaluate": 2.0}, "steps": steps, "examples": 400 * count}
            cost |= {"tokens": 9000 * count, "peak_memory_bytes": 700 * 2**20, "flops": None, "device": "cpu"}
            write_json(cell / "cost.json", {"schema": 1, **cost})
            lift = 0.05 * place / len(strategies) + 0.01 * count + 0.002 * seed
            make_results_of(languages, lift, **given).save(cell / "evaluations" / "tiny")
            write_json(cell / "done.json", {"schema": 1})
        verdict = {
            "claim": "hybrid is better than X-X-mono",
            "evaluation": "tiny",
            "measure": "map",
            "run": {"strategy": strategies[-1]},
            "baseline": {"strategy": strategies[0]},
            "seeds": len(seeds),
            "p": 0.01,
            "holm": 0.04,
            "effect": 0.3,
        }
        found = [
            {"kind": "mono", "mean": 0.5, "baseline_mean": 0.4, "difference": 0.1, "interval": [0.02, 0.18]},
            {"kind": "cross", "mean": 0.4, "baseline_mean": 0.41, "difference": -0.01, "interval": [-0.05, 0.03]},
        ]
        words = [
            {"by_seed": [0.08, 0.12], "verdict": "better", "sentence": "hybrid is better monolingually."},
            {"by_seed": [], "verdict": "not shown", "sentence": "Not shown that they differ cross-lingually."},
        ]
        told = {"question": "What do more languages bring?", "answer": "Of 2 comparisons, one shows something."}
        verdicts = [{**verdict, **numbers, **said} for numbers, said in zip(found, words, strict=True)]
        content = {"name": name, **told, "study": {}, "cells": cells, "verdicts": verdicts}
        write_json(folder / "study.json", {"schema": 1, **content})
        return folder

    return lay_out


@pytest.fixture(scope="session")
def make_sparse_model() -> Callable[..., SparseEncoder]:
    """Build a sparse encoder whose vector of a text has a weight of its own for each different word."""
    from sentence_transformers import SparseEncoder
    from sentence_transformers.sparse_encoder.modules import SparseStaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    def build(texts: Iterable[str], similarity: str | None = None, seed: int = 0, **options: object) -> SparseEncoder:
        import torch

        words = sorted({word for text in texts for word in text.split()})
        tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(["?", *words])}, unk_token="?"))
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="?", pad_token="?", model_max_length=64)
        weights = torch.rand(len(words) + 1, generator=torch.Generator().manual_seed(seed)) + 0.1
        module = SparseStaticEmbedding(fast, weight=weights)
        return SparseEncoder(modules=[module], device="cpu", similarity_fn_name=similarity, **options)  # type: ignore[arg-type]

    return build


@pytest.fixture(scope="session")
def make_transformer() -> Callable[..., Path]:
    """Save a plain transformer of an architecture, with two tiny layers, random weights and a tokenizer of its own."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

    def build(folder: Path, kind: str = "bert", positions: int = 64) -> Path:
        marks = ["<s>", "<pad>", "</s>", "<unk>"]
        words = [*"abcdefghijklmnopqrstuvwxyz0123456789:", *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]
        tokenizer = Tokenizer(models.WordPiece({word: n for n, word in enumerate(marks + words)}, unk_token="<unk>"))
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.post_processor = processors.TemplateProcessing(
            "<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
        )
        names = dict(zip(("bos_token", "pad_token", "eos_token", "unk_token"), marks, strict=True))
        fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, cls_token="<s>", sep_token="</s>", **names)
        fast.model_max_length = positions if kind == "bert" else positions - 2  # which padding takes in RoBERTa's kind
        config = AutoConfig.for_model(
            kind,
            vocab_size=len(marks + words),
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=positions,
            pad_token_id=1,
            type_vocab_size=1,
        )
        with torch.random.fork_rng():
            torch.manual_seed(0)
            AutoModel.from_config(config).save_pretrained(folder)
        fast.save_pretrained(folder)
        return folder

    return build
