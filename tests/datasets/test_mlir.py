import gzip
import json
import re

import huggingface_hub
import pytest

from beir_hybrid import evaluate, load_pairs
from beir_hybrid.datasets.mlir import MLIR_BELEBELE, MLIR_MLQA, MLIR_MULTIEUP, MLIR_XQUAD
from beir_hybrid.errors import ConfigurationError, DataFormatError, LanguageError, MissingDataError
from beir_hybrid.testing import DatasetContract
from beir_hybrid.training import static_model

CODES = {"en": "en", "de": "de", "nl": "dt"}  # Dutch as the files call it


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def write(folder, variant="MMLIR", languages=("de", "dt", "en")):
    """Two questions about two passages, as the authors' script writes them."""
    folder = folder / variant / "Belebele_test"
    folder.mkdir(parents=True)
    documents = {
        f"doc_{code}_{n}": {"text": f"{code} passage {n}", "lang": code} for code in CODES.values() for n in "12"
    }
    (folder / "corpus.jsonl").write_text(lines(*({key: value} for key, value in documents.items())))
    queries, qrels = [], []
    for code in languages:
        for n in "12":
            name = f"{code}_q_{n}" if variant == "MMLIR" else f"q_{n}"
            language = {"lang": code} if variant == "MMLIR" else {}
            queries.append({"_id": name, "text": f"{code} question {n}?", **language})
            qrels.append({name: {f"doc_{other}_{n}": 1 for other in CODES.values()}})
    (folder / "queries.jsonl").write_text(lines(*queries))
    (folder / "qrels.jsonl").write_text(lines(*qrels))
    return folder


class TestContract(DatasetContract):
    name = "mlir-belebele"
    languages = ("nl", "en", "de")

    @pytest.fixture(scope="class")
    @classmethod
    def source(cls, tmp_path_factory):
        folder = tmp_path_factory.mktemp("benchmarks")
        write(folder)
        for code in ("en", "hi", "vi", "zh"):
            write(folder, f"MLIR-{code}", [code] if code == "en" else ["en"])
        return folder


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path)


def test_queries_of_all_languages_search_one_pool(folder, tmp_path):
    collection = MLIR_BELEBELE.load(tmp_path)
    assert collection.languages == ("de", "en", "nl")
    assert collection.queries["nl"] == {"nl:dt_q_1": "dt question 1?", "nl:dt_q_2": "dt question 2?"}
    assert collection.qrels["nl:dt_q_1"] == {"en:doc_en_1": 1, "de:doc_de_1": 1, "nl:doc_dt_1": 1}
    assert collection.group_of["nl:dt_q_1"] == collection.group_of["en:en_q_1"] == "q_1"
    assert collection.notes == ()


def test_queries_of_one_language_get_it_from_the_variants_name(tmp_path):
    write(tmp_path, "MLIR-en", ["en"])
    collection = MLIR_BELEBELE.load(tmp_path, split="MLIR-en")
    assert collection.queries == {"en": {"en:q_1": "en question 1?", "en:q_2": "en question 2?"}}
    assert set(collection.corpora) == {"de", "en", "nl"}


@pytest.mark.parametrize("inner", ["", "MMLIR", "MMLIR/Belebele_test"])
def test_folder_may_be_the_whole_a_variant_or_one_set(folder, tmp_path, inner):
    assert len(MLIR_BELEBELE.load(tmp_path / inner).queries) == 3


def test_passages_of_other_languages_leave_pool_and_judgements(folder, tmp_path):
    collection = MLIR_BELEBELE.load(tmp_path, ["en", "de"])
    assert collection.languages == ("en", "de")
    assert collection.qrels["en:en_q_1"] == {"en:doc_en_1": 1, "de:doc_de_1": 1}


@pytest.mark.parametrize("dataset", [MLIR_XQUAD, MLIR_MLQA, MLIR_MULTIEUP], ids=lambda dataset: dataset.name)
def test_each_set_has_a_folder_of_its_own(folder, tmp_path, dataset):
    folder.rename(folder.with_name(dataset.folder))
    assert dataset.load(tmp_path).name == dataset.name
    with pytest.raises(MissingDataError, match=r"neither MMLIR/Belebele_test/corpus\.jsonl nor corpus\.jsonl"):
        MLIR_BELEBELE.load(tmp_path)


def test_wrong_choices_are_refused(folder, tmp_path):
    with pytest.raises(ConfigurationError, match=r"no split 'MLIR-de'\. Known: MMLIR, MLIR-en"):
        MLIR_BELEBELE.load(tmp_path, split="MLIR-de")
    with pytest.raises(LanguageError, match=r"no language 'fr'.*Known: de, en, nl"):
        MLIR_BELEBELE.load(tmp_path, ["fr"])


@pytest.mark.parametrize(
    ("name", "line", "problem"),
    [
        ("corpus", b"{", "not JSON"),
        ("corpus", b'{"d": "text"}', "'d' has no text, or is there twice"),
        ("corpus", b'{"doc_en_1": {"text": "x", "lang": "en"}}', "'doc_en_1' has no text, or is there twice"),
        ("corpus", b'{"d": {"text": " ", "lang": "en"}}', "'text' is empty"),
        ("corpus", b'{"d": {"text": "x", "lang": "../en"}}', r"'lang' is '\.\./en'"),
        ("corpus", b'{"d": {"text": "x"}}', "'lang' is None"),
        ("corpus", b'{"a b": {"text": "x", "lang": "en"}}', "the id 'a b' is empty or has blanks"),
        ("queries", b'{"_id": "en_q_1", "text": "x", "lang": "en"}', "'en_q_1' is there twice"),
        ("queries", b'{"_id": "q", "text": "x"}', "'lang' is ''"),
        ("queries", b'{"_id": 7, "text": "x", "lang": "en"}', "'_id' is 7"),
        ("qrels", b'{"en_q_9": {"doc_en_1": 1}}', "no query 'en_q_9'"),
        ("qrels", b'{"en_q_1": {"doc_en_9": 1}}', "no document 'doc_en_9'"),
        ("qrels", b'{"en_q_1": {"doc_en_2": "much"}}', "the grade 'much' is not"),
        ("qrels", b'{"en_q_1": 1}', "no document ''"),
    ],
)
def test_row_that_cannot_be_used_is_counted_and_told(folder, tmp_path, name, line, problem, caplog):
    with (folder / f"{name}.jsonl").open("ab") as file:
        file.write(line + b"\n")
    collection = MLIR_BELEBELE.load(tmp_path)
    assert [len(queries) for queries in collection.queries.values()] == [2, 2, 2]
    assert collection.notes == (f"rows of {name}.jsonl left out: 1, so that results are not comparable",)
    [record] = caplog.records
    assert record.getMessage().startswith("mlir-belebele: rows of ")
    assert re.search(problem, record.getMessage())


@pytest.mark.parametrize("name", ["corpus", "queries", "qrels"])
def test_file_without_a_row_that_can_be_used_is_refused(folder, tmp_path, name):
    (folder / f"{name}.jsonl").write_text("[]\n")
    with pytest.raises(DataFormatError, match=rf"{name}\.jsonl:1: not a JSON object"):
        MLIR_BELEBELE.load(tmp_path)


def test_gzip_file_that_is_cut_off_is_refused(folder, tmp_path):
    content = gzip.compress((folder / "corpus.jsonl").read_bytes())
    (folder / "corpus.jsonl").unlink()
    (folder / "corpus.jsonl.gz").write_bytes(content[:-12])
    with pytest.raises(DataFormatError, match="cut off or damaged"):
        MLIR_BELEBELE.load(tmp_path)


def test_hub_is_asked_for_the_three_files(folder, monkeypatch):
    asked = []

    def download(repository, name, *, repo_type):
        asked.append((repository, name, repo_type))
        return str(folder / name.rpartition("/")[2])

    monkeypatch.delenv("BEIR_HYBRID_DATA", raising=False)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    MLIR_BELEBELE.load()
    assert {repository for repository, _, _ in asked} == {"yjoonjang/mlir-benchmarks"}
    assert [name for _, name, _ in asked] == [
        f"MMLIR/Belebele_test/{kind}.jsonl" for kind in ("corpus", "queries", "qrels")
    ]


def test_every_kind_of_setting_is_evaluated(folder, tmp_path):
    model = static_model(load_pairs("sample", languages=["de", "en"]), dimensions=8)
    results = evaluate(model, MLIR_BELEBELE.load(tmp_path, ["de", "en"]))
    assert set(results.settings) == {"de", "en", "de-en", "en-de", "de-all", "en-all"}
