"""The contract of datasets: ours fulfil it."""

import gzip
import json
from typing import ClassVar

import pytest

from beir_hybrid.testing import DatasetContract


class TestSample(DatasetContract):
    name = "sample"


class TestSampleInOtherOrder(DatasetContract):
    name = "sample"
    languages = ("zh", "en", "ar")
    options: ClassVar = {"split": "all"}
    pairs_options: ClassVar = {"split": "test"}


class TestXquadR(DatasetContract):
    name = "xquad-r"

    @pytest.fixture(scope="class")
    @classmethod
    def source(cls, data):
        return data


class TestMlqaR(DatasetContract):
    name = "mlqa-r"
    languages = ("en", "de", "hi")
    options: ClassVar = {"passage_text": "sentence+context"}

    @pytest.fixture(scope="class")
    @classmethod
    def source(cls, data):
        return data


class TestMiracl(DatasetContract):
    name = "miracl"
    languages = ("sw", "yo")
    parallel = False
    pairs_options: ClassVar = {"split": "dev"}

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def cache(cls, tmp_path_factory):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("BEIR_HYBRID_CACHE", str(tmp_path_factory.mktemp("cache")))
            yield

    @pytest.fixture(scope="class")
    @classmethod
    def source(cls, tmp_path_factory):
        """The hub's layout: nine passages of Swahili in two shards, three of Yoruba in one."""
        folder = tmp_path_factory.mktemp("hub")
        topics = {"sw": "6\tBandari?\n8\tMji mkuu?\n", "yo": "6\tKí ni?\n"}
        qrels = {"sw": "6\tQ0\t1#0\t1\n6\tQ0\t4#0\t0\n8\tQ0\t2#0\t1\n", "yo": "6\tQ0\t1#0\t1\n"}
        for language, shards in (("sw", [range(5), range(5, 9)]), ("yo", [range(3)])):
            base, corpus = folder / f"miracl-v1.0-{language}", folder / f"miracl-corpus-v1.0-{language}"
            for kind, content in (("topics", topics), ("qrels", qrels)):
                (base / kind).mkdir(parents=True)
                (base / kind / f"{kind}.{base.name}-dev.tsv").write_text(content[language], encoding="utf-8")
            corpus.mkdir()
            for number, shard in enumerate(shards):
                rows = ({"docid": f"{n}#0", "title": f"title {n}", "text": f"{language} text {n}"} for n in shard)
                lines = "".join(json.dumps(row) + "\n" for row in rows)
                (corpus / f"docs-{number}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
        return folder


class TestMiraclOfJudgedPassages(TestMiracl):
    options: ClassVar = {"judged_only": True}
