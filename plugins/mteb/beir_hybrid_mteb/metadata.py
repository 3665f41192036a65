"""Metadata of the tasks, as MTEB wants them: what the dataset says of itself, and what is known of ours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, get_args

from mteb import TaskMetadata
from mteb.types import Licenses

from beir_hybrid import Setting
from beir_hybrid.datasets import DatasetAdapter
from beir_hybrid_mteb.languages import language_script

MAIN_SCORE = "ndcg_at_10"

_LAREQA = """@inproceedings{roy-etal-2020-lareqa,
  author = {Roy, Uma and Constant, Noah and Al-Rfou, Rami and Barua, Aditya and Phillips, Aaron and Yang, Yinfei},
  booktitle = {Proceedings of EMNLP 2020},
  title = {{LAReQA}: Language-Agnostic Answer Retrieval from a Multilingual Pool},
  year = {2020},
}"""
_MIRACL = """@article{zhang-etal-2023-miracl,
  author = {Zhang, Xinyu and Thakur, Nandan and Ogundepo, Odunayo and Kamalloo, Ehsan and Alfonso-Hermelo, David and
            Li, Xiaoguang and Liu, Qun and Rezagholizadeh, Mehdi and Lin, Jimmy},
  journal = {Transactions of the Association for Computational Linguistics},
  title = {{MIRACL}: A Multilingual Retrieval Dataset Covering 18 Diverse Languages},
  year = {2023},
}"""
_BELEBELE = """@inproceedings{bandarkar-etal-2024-belebele,
  author = {Bandarkar, Lucas and Liang, Davis and Muller, Benjamin and Artetxe, Mikel and Shukla, Satya Narayan and
            Husa, Donald and Goyal, Naman and Krishnan, Abhinandan and Zettlemoyer, Luke and Khabsa, Madian},
  booktitle = {Proceedings of ACL 2024},
  title = {The {B}elebele Benchmark: a Parallel Reading Comprehension Dataset in 122 Language Variants},
  year = {2024},
}"""
_XQUAD = """@inproceedings{artetxe-etal-2020-cross,
  author = {Artetxe, Mikel and Ruder, Sebastian and Yogatama, Dani},
  booktitle = {Proceedings of ACL 2020},
  title = {On the Cross-lingual Transferability of Monolingual Representations},
  year = {2020},
}"""
_MLQA = """@inproceedings{lewis-etal-2020-mlqa,
  author = {Lewis, Patrick and Oguz, Barlas and Rinott, Ruty and Riedel, Sebastian and Schwenk, Holger},
  booktitle = {Proceedings of ACL 2020},
  title = {{MLQA}: Evaluating Cross-lingual Extractive Question Answering},
  year = {2020},
}"""
_MULTIEUP = """@inproceedings{yang-etal-2023-multi-eup,
  author = {Yang, Jinrui and Baldwin, Timothy and Cohn, Trevor},
  booktitle = {Proceedings of the 3rd Workshop on Multilingual Representation Learning},
  title = {Multi-{EuP}: The Multilingual {E}uropean Parliament Dataset for Analysis of Bias in Information Retrieval},
  year = {2023},
}"""
_NEUCLIR = """@article{lawrie-etal-2023-neuclir,
  author = {Lawrie, Dawn and MacAvaney, Sean and Mayfield, James and McNamee, Paul and Oard, Douglas W. and
            Soldaini, Luca and Yang, Eugene},
  journal = {arXiv preprint arXiv:2304.12367},
  title = {Overview of the {TREC} 2022 {NeuCLIR} Track},
  year = {2023},
}"""
_TATOEBA = """@article{artetxe-schwenk-2019-massively,
  author = {Artetxe, Mikel and Schwenk, Holger},
  journal = {Transactions of the Association for Computational Linguistics},
  title = {Massively Multilingual Sentence Embeddings for Zero-Shot Cross-Lingual Transfer and Beyond},
  year = {2019},
}"""

_ENCYCLOPEDIA: dict[str, Any] = {
    "domains": ["Encyclopaedic", "Written"],
    "task_subtypes": ["Question answering"],
    "annotations_creators": "human-annotated",
    "dialect": [],
}
_OF_BELEBELE: dict[str, Any] = {
    **_ENCYCLOPEDIA,
    "domains": ["Web", "News", "Written"],
    "reference": "https://arxiv.org/abs/2308.16884",
    "date": ("2023-08-31", "2023-08-31"),
    "annotations_creators": "expert-annotated",
    "sample_creation": "created",
    "bibtex_citation": _BELEBELE,
}
_POOLED: dict[str, Any] = {"reference": "https://huggingface.co/datasets/yjoonjang/mlir-benchmarks"}
_KNOWN: dict[str, dict[str, Any]] = {
    "xquad-r": {
        **_ENCYCLOPEDIA,
        "reference": "https://github.com/google-research-datasets/lareqa",
        "date": ("2016-01-01", "2020-04-11"),
        "sample_creation": "human-translated",
        "bibtex_citation": _LAREQA,
    },
    "mlqa-r": {
        **_ENCYCLOPEDIA,
        "reference": "https://github.com/google-research-datasets/lareqa",
        "date": ("2019-01-01", "2020-04-11"),
        "license": "multiple",  # its README and its LICENSE file name two
        "sample_creation": "found",
        "bibtex_citation": _LAREQA,
    },
    "miracl": {
        **_ENCYCLOPEDIA,
        "reference": "https://project-miracl.github.io",
        "date": ("2022-06-01", "2023-01-30"),
        "annotations_creators": "expert-annotated",
        "sample_creation": "created",
        "bibtex_citation": _MIRACL,
    },
    "belebele": _OF_BELEBELE,
    "mlir-belebele": {**_OF_BELEBELE, **_POOLED},
    "mlir-xquad": {
        **_ENCYCLOPEDIA,
        **_POOLED,
        "date": ("2016-01-01", "2019-10-25"),
        "sample_creation": "human-translated",
        "bibtex_citation": _XQUAD,
    },
    "mlir-mlqa": {
        **_ENCYCLOPEDIA,
        **_POOLED,
        "date": ("2019-01-01", "2019-10-16"),
        "license": "multiple",  # as of mlqa-r
        "sample_creation": "found",
        "bibtex_citation": _MLQA,
    },
    "mlir-multieup": {
        **_POOLED,
        "domains": ["Government", "Spoken"],
        "task_subtypes": ["Article retrieval"],
        "annotations_creators": "derived",
        "dialect": [],
        "license": "cc-by-4.0",
        "sample_creation": "found",
        "bibtex_citation": _MULTIEUP,
    },
    "neuclir": {
        "domains": ["News", "Written"],
        "task_subtypes": ["Article retrieval"],
        "annotations_creators": "expert-annotated",
        "dialect": [],
        "reference": "https://neuclir.github.io",
        "date": ("2016-08-01", "2021-07-31"),
        "license": "odc-by",
        "sample_creation": "found",
        "bibtex_citation": _NEUCLIR,
    },
    "tatoeba": {
        "domains": ["Written"],
        "task_subtypes": ["Cross-Lingual Semantic Discrimination"],
        "annotations_creators": "human-annotated",
        "dialect": [],
        "reference": "https://github.com/facebookresearch/LASER/tree/main/data/tatoeba/v1",
        "date": ("2006-01-01", "2018-12-31"),
        "sample_creation": "found",
        "bibtex_citation": _TATOEBA,
    },
}
"""What MTEB asks for and a dataset does not say of itself, by registered name."""


def task_metadata(name: str, dataset: DatasetAdapter, split: str, settings: Sequence[Setting]) -> TaskMetadata:
    """Describe a task.

    Args:
        name: The task's.
        dataset: Where its texts come from.
        split: The split that is evaluated.
        settings: Its subsets.

    Raises:
        LanguageError: If MTEB has no name for a language.
    """
    languages = {code: language_script(code) for code in _codes(settings)}
    description = dataset.description.rstrip(".") or f"The dataset {dataset.name}"
    facts: dict[str, Any] = {
        "name": name,
        "dataset": {"path": f"beir-hybrid/{dataset.name}", "revision": "1"},
        "description": f"{description}: every language's queries against its own passages, against those of each "
        "other language, and against the pool of all, with language bias.",
        "type": "Retrieval",
        "category": "t2t",
        "eval_splits": [split],
        "eval_langs": {setting.name: _of_setting(setting, languages) for setting in settings},
        "main_score": MAIN_SCORE,
        "license": _licence(dataset.licence),
    }
    return TaskMetadata(**{**facts, **_KNOWN.get(dataset.name, {})})


def _codes(settings: Sequence[Setting]) -> list[str]:
    return list(dict.fromkeys(code for each in settings for code in (each.query_language, *each.corpus_languages)))


def _of_setting(setting: Setting, languages: dict[str, str]) -> list[str]:
    """List a subset's languages, the query's first."""
    return list(dict.fromkeys(languages[code] for code in (setting.query_language, *setting.corpus_languages)))


def _licence(licence: str) -> str:
    """Return MTEB's name of a licence; ``not specified`` if it has none."""
    name = re.sub(r"[\s,]+", "-", licence.strip().lower()).removesuffix("-license")
    return name if name in get_args(Licenses) else "not specified"
