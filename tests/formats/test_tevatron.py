"""Files in the layouts of Tevatron's versions and of Mr. TyDi, made up."""

import gzip
import json

import pytest

from beir_hybrid.errors import ConfigurationError, DataFormatError, LanguageError, MissingDataError
from beir_hybrid.formats import blocks, build_store, open_source, tevatron
from beir_hybrid.formats.open import recognize
from beir_hybrid.pairs import open_pairs
from beir_hybrid.testing import FormatContract


def put(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def passage(number, title="", text=True):
    whole = {"docid": f"{number}#0"} | ({"title": title, "text": f"text {number}"} if text else {})
    return whole


def old(number, positives, negatives=(), **options):
    return {
        "query_id": str(number),
        "query": f"question {number}?",
        "positive_passages": [passage(each, **options) for each in positives],
        "negative_passages": [passage(each, **options) for each in negatives],
    }


def new(number, positives, negatives=()):
    return {
        "query_id": str(number),
        "query_text": f"question {number}?",
        "query_image": None,
        "positive_document_ids": [f"{each}#0" for each in positives],
        "negative_document_ids": [f"{each}#0" for each in negatives],
    }


def corpus(count, title="T"):
    return [{"docid": f"{each}#0", "title": f"{title}{each}", "text": f"text {each}"} for each in range(count)]


def read(path, spec=None, languages=None):
    batches = list(open_source(path, spec, languages).batches())
    counts = sum((batch.dropped for batch in batches), start=type(batches[0].dropped)())
    return [row for batch in batches for row in batch.rows.to_pylist()], dict(counts)


class TestOldForm(FormatContract):
    name = "tevatron"
    rows = 3
    languages = ("de",)

    @pytest.fixture
    def sample(self, tmp_path):
        return put(tmp_path / "german.jsonl", [old(1, [1, 2], [3, 4], title="Titel"), old(2, [5])])


class TestNewForm(FormatContract):
    name = "tevatron"
    rows = 2
    languages = ("de",)

    @pytest.fixture
    def sample(self, tmp_path):
        put(tmp_path / "tevatron" / "de" / "corpus.jsonl", corpus(7))
        put(tmp_path / "tevatron" / "de" / "train.jsonl", [new(1, [1], [2]), new(2, [3])])
        return tmp_path / "tevatron"


def test_old_form_gives_each_positive_a_group_and_stores_one_answer(tmp_path):
    path = put(tmp_path / "german.jsonl", [old(1, [1, 2], [3, 4], title="Titel"), old(2, [5])])
    assert recognize(path).name == "tevatron"
    rows, counts = read(path)
    negatives = ["Titel text 3", "Titel text 4"]
    assert (rows, counts) == (
        [
            {"group": group, "language": "de", "question": question, "passage": text, "negatives": hard}
            for group, question, text, hard in [
                ("de:1:1", "question 1?", "Titel text 1", negatives),
                ("de:1:2", "question 1?", "Titel text 2", negatives),
                ("de:2:1", "question 2?", "text 5", []),
            ]
        ],
        {},
    )
    build_store([open_source(path)], tmp_path / "store")
    assert open_pairs(tmp_path / "store").index.answer.tolist() == [0, 0, 1]


def test_titles_may_be_left_out(tmp_path):
    path = put(tmp_path / "german.jsonl", [old(1, [1], [3], title="Titel")])
    [row], _ = read(path, "tevatron(titles=False)")
    assert (row["passage"], row["negatives"]) == ("text 1", ["text 3"])
    path = put(tmp_path / "apart" / "german.jsonl", [new(1, [1], [3])])
    put(tmp_path / "apart" / "corpus.jsonl", corpus(5))
    [row], _ = read(path, "tevatron(titles=False)")
    assert (row["passage"], row["negatives"]) == ("text 1", ["text 3"])


@pytest.mark.parametrize("make", [new, lambda *args: old(*args, text=False)], ids=["new", "Mr. TyDi"])
@pytest.mark.parametrize("size", [1, 1024])
def test_ids_are_looked_up_in_the_corpus_beside_and_those_it_lacks_counted(tmp_path, make, size, monkeypatch):
    monkeypatch.setattr(tevatron, "_ROWS", size)
    folder = tmp_path / "mrtydi-v1.1-swahili"
    put(folder / "train.jsonl.gz", [make(1, [1, 2], [3, 99]), make(2, [98], [4]), make(3, [], [4]), make(4, [4], [1])])
    put(folder / "dev.jsonl.gz", [make(5, [1])])
    put(folder / "corpus.jsonl.gz", corpus(6))
    assert recognize(folder).name == "tevatron"
    for path in (folder, tmp_path, folder / "train.jsonl.gz"):
        rows, counts = read(path)
        assert [(row["group"], row["passage"], row["negatives"]) for row in rows] == [
            ("sw:1:1", "T1 text 1", ["T3 text 3"]),
            ("sw:1:2", "T2 text 2", ["T3 text 3"]),
            ("sw:4:1", "T4 text 4", ["T1 text 1"]),
        ]
        assert counts == {"a negative that is missing": 1, "a passage that is missing": 1, "no positive passage": 1}
    store = build_store([open_source(folder)], tmp_path / "store")
    assert store.about["left_out"] == counts


def test_corpora_of_several_languages_are_kept_apart(tmp_path):
    for code in ("de", "sw"):
        put(tmp_path / "flat" / f"train.{code}.jsonl", [new(1, [1], [2])])
        put(tmp_path / "flat" / f"corpus.{code}.jsonl", corpus(3, title=code))
        put(tmp_path / "apart" / "queries" / code / "train.jsonl", [new(1, [1], [2])])
        put(tmp_path / "apart" / "texts" / code / "docs.jsonl", corpus(3, title=code))
    for path, spec in (
        (tmp_path / "flat", None),
        (tmp_path / "apart/queries", f"tevatron(corpus={str(tmp_path / 'apart/texts')!r})"),
    ):
        rows, _ = read(path, spec)
        assert [(row["group"], row["passage"]) for row in rows] == [("de:1:1", "de1 text 1"), ("sw:1:1", "sw1 text 1")]
        assert [row["language"] for row in read(path, spec, ["sw"])[0]] == ["sw"]


def test_translated_files_make_groups_of_several_languages(tmp_path):
    for code in ("de", "sw"):
        put(tmp_path / f"{code}.jsonl", [old(1, [1, 2])])
    rows, _ = read(tmp_path, "tevatron(parallel=True)")
    assert [(row["group"], row["language"]) for row in rows] == [
        ("1:1", "de"), ("1:2", "de"), ("1:1", "sw"), ("1:2", "sw"),
    ]  # fmt: skip


@pytest.mark.parametrize("form", [old, new], ids=["old", "new"])
def test_ids_may_be_numbers(tmp_path, form):
    row = form(1, []) | {"query_id": 7}
    row |= {"positive_passages": [{"docid": 3}]} if form is old else {"positive_document_ids": [3]}
    path = put(tmp_path / "de" / "train.jsonl", [row])
    put(tmp_path / "de" / "corpus.jsonl", [{"docid": 3, "text": "three"}, {"docid": 4, "text": None}])
    rows, counts = read(path)
    assert [(row["group"], row["passage"]) for row in rows] == [("de:7:1", "three")]
    assert counts == {"a document without docid or text": 1}


def test_rows_that_lack_something_are_counted(tmp_path):
    good = old(1, [1], [2])
    bad = [good | {"query": None}, good | {"query_id": None}, good | {"query": 3}, good | {"positive_passages": None}]
    path = put(tmp_path / "x.jsonl", [good, *bad, good | {"positive_passages": [{"docid": "9"}]}])
    path.write_bytes(path.read_bytes() + b"broken\n")
    store = build_store([open_source(path, "tevatron(language='de')")], tmp_path / "store")
    assert store.about["used_rows"] == 1
    assert store.about["left_out"] == {
        "no question": 1,
        "no group": 1,
        "query of another type": 1,
        "no positive passage": 1,
        "a passage that is missing": 1,
        "a line that is not JSON": 1,
    }


def test_language_that_no_name_says_must_be_given(tmp_path):
    path = put(tmp_path / "x.jsonl", [old(1, [1])])
    with pytest.raises(LanguageError, match=r"x\.jsonl does not say its language"):
        read(path)
    assert read(path, "tevatron(language='fi')")[0][0]["language"] == "fi"
    with pytest.raises(ConfigurationError, match="language is 7"):
        read(path, "tevatron(language=7)")


def test_ids_without_a_corpus_are_refused(tmp_path):
    path = put(tmp_path / "de" / "train.jsonl", [new(1, [1])])
    with pytest.raises(MissingDataError, match="has no corpus of them"):
        read(path)
    with pytest.raises(MissingDataError, match="nowhere has no corpus of them"):
        read(path, "tevatron(corpus='nowhere')")


def test_other_fields_are_not_recognised_and_refused(tmp_path):
    path = put(tmp_path / "de.jsonl", [{"query_id": "1", "query": "?", "pos": ["x"]}])
    assert not tevatron.Tevatron().recognizes(path)
    with pytest.raises(DataFormatError, match=r"no rows with Tevatron's fields\. Give query_id, query"):
        read(path, "tevatron")


@pytest.mark.parametrize("what", ["train", "corpus"])
@pytest.mark.parametrize("damage", ["cut off", "damaged"])
def test_damaged_gzip_is_refused_and_no_store_left(tmp_path, what, damage, monkeypatch):
    monkeypatch.setattr(blocks, "_BLOCK", 2**14)
    put(tmp_path / "de" / "train.jsonl.gz", [new(number, [number % 7]) for number in range(4000)])
    put(tmp_path / "de" / "corpus.jsonl.gz", corpus(4000))
    path = tmp_path / "de" / f"{what}.jsonl.gz"
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:-9] if damage == "cut off" else content[:middle] + b"\xff" * 99 + content[middle + 99 :])
    with pytest.raises(DataFormatError, match=rf"{what}\.jsonl\.gz is cut off or damaged"):
        build_store([open_source(tmp_path / "de")], tmp_path / "store")
    assert not (tmp_path / "store").exists()
