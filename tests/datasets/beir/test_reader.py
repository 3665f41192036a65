import json
from dataclasses import replace

import pytest
from beir.datasets.data_loader import GenericDataLoader

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets import load_dataset, load_settings
from beir_hybrid.datasets.beir import reader
from beir_hybrid.datasets.beir.export import export_dataset, materialise
from beir_hybrid.datasets.beir.folder import BeirFolder
from beir_hybrid.errors import ConfigurationError, DataFormatError, LanguageError, MissingDataError, UnknownNameError
from beir_hybrid.passage import Passage

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # BEIR leaves its files open

CORPUS = [{"_id": "d1", "title": "One", "text": "First."}, {"_id": "d2", "text": "Second."}]
QUERIES = [{"_id": "q1", "text": "1?"}, {"_id": "q2", "text": "2?"}]
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\n"


@pytest.fixture(params=["in memory", "stored"], autouse=True)
def kept(request, tmp_path_factory, monkeypatch):
    """Where passages are kept: a folder's size makes no difference."""
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path_factory.mktemp("cache")))
    if request.param == "stored":
        monkeypatch.setattr(reader, "IN_MEMORY", 0)
    return request.param


@pytest.fixture
def put(tmp_path):
    """Write a BEIR folder as others do, each part as rows or as text."""

    def put(corpus=CORPUS, queries=QUERIES, qrels=QRELS, split="test", name="theirs"):
        folder = tmp_path / name
        (folder / "qrels").mkdir(parents=True, exist_ok=True)
        for file, rows in (("corpus.jsonl", corpus), ("queries.jsonl", queries)):
            text = rows if isinstance(rows, str) else "".join(json.dumps(row) + "\n" for row in rows)
            (folder / file).write_text(text, encoding="utf-8")
        (folder / "qrels" / f"{split}.tsv").write_text(qrels, encoding="utf-8")
        return folder

    return put


def parts(collection):
    return collection.corpora, collection.queries, collection.qrels, collection.group_of


@pytest.mark.parametrize("setting", ["", "en-de", "th", "es-all"])
def test_round_trip_gives_the_same_collection(tmp_path, setting):
    name = f"sample.{setting}" if setting else "sample"
    found = BeirFolder(materialise(name, tmp_path)).load()
    original = load_dataset("sample")
    if not setting:
        assert found.checksums() == original.checksums()
        assert parts(found) == parts(original)
        assert (found.name, found.passage_text, found.notes) == ("sample", "sentence", ())
    queries, _, corpora = setting.partition("-")
    corpora = queries if not corpora else None if corpora == "all" else corpora
    assert found.beir() == original.beir(queries or None, corpora or None)
    assert found.name == name


def test_round_trip_keeps_contexts_notes_measures_and_languages_of_any_form(tmp_path):
    original = MultilingualCollection(
        name="odd",
        corpora={"zh-hans": {"zh-hans:1:2": Passage("一", "T", "context")}, "xx": {"xx:1": Passage("x")}},
        queries={"zh-hans": {"zh-hans:q:en:1": "?"}, "xx": {"xx:q": "!"}},
        qrels={"zh-hans:q:en:1": {"xx:1": -1, "zh-hans:1:2": 3}, "xx:q": {"xx:1": 1, "zh-hans:1:2": 0}},
        passage_text="sentence",
        group_of={"xx:q": "g"},
        notes=("only a part",),
        measures=("ndcg@10", "recall@100"),
    )
    found = BeirFolder(BeirFolder(tmp_path / "odd").write(original).path).load()
    assert parts(found) == parts(original)
    assert (found.notes, found.measures, found.passage_text) == (original.notes, original.measures, "sentence")


def test_somebody_elses_folder_is_of_an_unknown_language(put):
    found = BeirFolder(put()).load()
    assert found.name == "theirs"
    assert found.corpora == {"und": {"und:d1": Passage("First.", "One"), "und:d2": Passage("Second.")}}
    assert found.queries == {"und": {"und:q1": "1?"}}  # q2 is not judged
    assert found.qrels == {"und:q1": {"und:d1": 2, "und:d2": 0}}
    assert found.notes == ("ids did not carry their language, and have it here: und: stands before them",)


def test_language_may_be_told(put):
    assert BeirFolder(put()).load(language="en").qrels == {"en:q1": {"en:d1": 2, "en:d2": 0}}


def test_metadata_come_before_ids_and_ids_before_the_language_told(put):
    corpus = [
        {"_id": "fr:1", "text": "a", "metadata": {"language": "de"}},
        {"_id": "fr:2", "text": "b", "metadata": {}},
        {"_id": "pt:3", "text": "c"},
    ]
    folder = put(corpus, [{"_id": "fr:q", "text": "?"}], "query-id\tcorpus-id\tscore\nfr:q\tfr:1\t1\n")
    found = BeirFolder(folder).load(language="en")
    assert {language: list(texts) for language, texts in found.corpora.items()} == {
        "de": ["de:fr:1"],
        "fr": ["fr:2"],
        "pt": ["pt:3"],
    }
    assert found.qrels == {"fr:q": {"de:fr:1": 1}}


def parallel(*metadata):
    """Two questions in two languages, ``en:1 ro:1 en:2 ro:2``, with metadata each, or none."""
    ids = ["en:1", "ro:1", "en:2", "ro:2"]
    told = [{"metadata": {"group": group}} if group != "-" else {} for group in metadata or "----"]
    queries = [{"_id": name, "text": "?", **more} for name, more in zip(ids, told, strict=True)]
    corpus = [{"_id": f"{language}:d", "text": "x"} for language in ("en", "ro")]
    return {"corpus": corpus, "queries": queries, "qrels": "a\tb\tc\n" + "".join(f"{name}\ten:d\t1\n" for name in ids)}


@pytest.mark.parametrize(
    ("metadata", "linked", "rule"),
    [
        ("----", {"en:1": "1", "ro:1": "1", "en:2": "2", "ro:2": "2"}, "equal ids"),
        ("abba", {"en:1": "a", "ro:1": "b", "en:2": "b", "ro:2": "a"}, "metadata.group"),
        ((0, 1, 1.0, "0"), {"en:1": "0", "ro:1": "1", "en:2": "1", "ro:2": "0"}, "metadata.group"),
        ("aa--", {"en:1": "a", "ro:1": "a"}, "metadata.group"),
        ((None, float("nan"), None, None), {"en:1": "1", "ro:1": "1", "en:2": "2", "ro:2": "2"}, "equal ids"),
        (("", "-", "-", "-"), {}, "metadata.group"),
    ],
    ids=["ids", "groups", "numbers", "some", "null", "empty"],
)
def test_translations_are_linked_by_groups_or_else_by_ids(put, metadata, linked, rule):
    found = BeirFolder(put(**parallel(*metadata))).load()
    assert (found.group_of, found.linked_by) == (linked, rule)
    assert any("metadata.group is given for" in note for note in found.notes) == (
        "-" in metadata and metadata != "----"
    )
    assert found.select(["en"]).linked_by == rule


def test_group_of_another_type_is_told_with_its_line(put):
    with pytest.raises(DataFormatError, match=r"queries.jsonl:2: the group is \['a'\]\. Use a string or a number"):
        BeirFolder(put(**parallel("a", ["a"], "b", "b"))).load()


@pytest.mark.parametrize("part", ["", "en-all"])
def test_folder_of_ours_links_no_more_than_its_dataset(tmp_path, collection, part):
    """MIRACL's queries are numbered in each language: ``en:4#0`` and ``sw:4#0`` have nothing in common."""
    alone = replace(collection, group_of={})
    folder = BeirFolder(tmp_path / "alone").write(alone, part).path
    assert "group" not in (folder / "queries.jsonl").read_text()
    found = BeirFolder(folder).load()
    assert (found.group_of, found.linked_by) == ({}, "metadata.group")


@pytest.mark.parametrize("other", ["10.1/x", "doi:10.1", "http://x", "en:", ":x"])
def test_prefixes_are_languages_only_if_every_id_has_one(put, other):
    corpus = [{"_id": "en:1", "text": "a"}, {"_id": other, "text": "b"}]
    found = BeirFolder(put(corpus, [{"_id": "q", "text": "?"}], "a\tb\tc\nq\ten:1\t1\n")).load()
    assert list(found.corpora) == ["und"]
    assert set(found.corpora["und"]) == {"und:en:1", f"und:{other}"}


def test_reading_agrees_with_beir_on_somebody_elses_folder(put):
    folder = put()
    corpus, queries, qrels = GenericDataLoader(str(folder)).load(split="test")
    found = BeirFolder(folder).load().beir()
    assert found[0] == {f"und:{key}": {**row, "title": row["title"] or ""} for key, row in corpus.items()}
    assert found[1] == {f"und:{key}": text for key, text in queries.items()}
    assert found[2] == {f"und:{key}": {f"und:{doc}": n for doc, n in row.items()} for key, row in qrels.items()}


def test_only_split_is_taken_then_test_then_one_must_be_named(put):
    folder = put(split="dev")
    assert BeirFolder(folder).load().qrels
    put(qrels="a\tb\tc\nq2\td2\t1\n", split="train")
    with pytest.raises(ConfigurationError, match=r"has several splits\. Choose one of dev, train"):
        BeirFolder(folder).load()
    assert list(BeirFolder(folder).load(split="train").qrels) == ["und:q2"]
    put(qrels="a\tb\tc\nq2\td1\t1\n", split="test")
    assert BeirFolder(folder).load().qrels == {"und:q2": {"und:d1": 1}}
    with pytest.raises(ConfigurationError, match=r"no split 'tets'\. Did you mean 'test'"):
        BeirFolder(folder).load(split="tets")


def test_folder_of_ours_gives_the_split_it_was_written_for(tmp_path):
    folder = export_dataset("sample.de", tmp_path, splits=["train", "test"]).path
    assert len(BeirFolder(folder).load().queries["de"]) == 132
    assert len(BeirFolder(folder).load(split="test").queries["de"]) == 74


def test_folder_of_ours_that_was_changed_says_so(tmp_path):
    folder = materialise("sample.de", tmp_path)
    with (folder / "corpus.jsonl").open("a") as corpus:
        corpus.write('{"_id": "de:new", "text": "Neu."}\n')
    found = BeirFolder(folder).load()
    assert "de:new" in found.corpora["de"]
    assert found.notes == (f"{folder} was changed since beir-hybrid wrote it: not comparable",)


def test_irrelevant_judgements_of_missing_documents_are_left_out_and_counted(put):
    found = BeirFolder(put(qrels=f"{QRELS}q1\tgone\t0\nq1\tgone2\t-1\n")).load()
    assert found.qrels == {"und:q1": {"und:d1": 2, "und:d2": 0}}
    assert "judgements of grade 0 about documents that the corpus lacks, left out: 2" in found.notes


@pytest.mark.parametrize("part", ["corpus", "queries"])
def test_ids_that_become_one_are_refused(put, part):
    rows = [{"_id": name, "text": "x", "metadata": {"language": "en"}} for name in ("d1", "en:d1")]
    folder = put(**{part: "".join(json.dumps(row) + "\n" for row in rows), "qrels": f"{QRELS}d1\td1\t1\n"})
    with pytest.raises(DataFormatError, match=rf"{part}.jsonl: the ids 'd1' and 'en:d1' both become 'en:d1'"):
        BeirFolder(folder).load()


@pytest.mark.parametrize(
    ("part", "text", "message"),
    [
        ("corpus", '{"_id": "d1", "text": "x"}\n{"_id": "d', "corpus.jsonl:2: not JSON"),
        ("corpus", "[]\n", "corpus.jsonl:1: not a JSON object"),
        ("corpus", '\n{"text": "x"}\n', "corpus.jsonl:2: no field '_id'"),
        ("corpus", '{"_id": 7, "text": "x"}\n', "corpus.jsonl:1: '_id' is 7"),
        ("corpus", '{"_id": "d", "text": null}\n', "corpus.jsonl:1: 'text' is None"),
        ("corpus", '{"_id": "d", "text": "x", "title": 1}\n', "corpus.jsonl:1: 'title' is 1"),
        ("corpus", '{"_id": "d", "text": "x"}\n' * 2, "corpus.jsonl:2: the id 'd' occurs twice, first in line 1"),
        ("corpus", '{"_id": "d 1", "text": "x"}\n', "corpus.jsonl:1: the id 'd 1' is empty or has blanks"),
        ("corpus", '{"_id": "", "text": "x"}\n', "corpus.jsonl:1: the id '' is empty or has blanks"),
        (
            "corpus",
            '{"_id": "d", "text": "x", "metadata": {"language": ["en"]}}\n',
            r"corpus.jsonl:1: the language is ['en']",
        ),
        ("corpus", "", "corpus.jsonl holds no document"),
        ("queries", '{"_id": "q1"}\n', "queries.jsonl:1: no field 'text'"),
        ("queries", '{"_id": "q1", "text": "x"}\n' * 2, "queries.jsonl:2: the id 'q1' occurs twice"),
        ("qrels", "q1\td1\t1\n", "test.tsv:1: no header, so BEIR would skip the judgement of 'q1'"),
        ("qrels", "a\tb\tc\nq1\td1\t1.5\n", "test.tsv:2: the grade '1.5' is not a whole number"),
        ("qrels", f"a\tb\tc\nq1\td1\t{'9' * 20}\n", "test.tsv:2: the grade '99999999999999999999' is out of range"),
        ("qrels", f"a\tb\tc\nq1\td1\t-{'9' * 5000}\n", "the grade '-9999999 ... 99999999' (5,001 characters) is out"),
        ("qrels", f"a\tb\tc\nq1\td1\t2\nq1\td1\t{'0' * 5000}1\n", "test.tsv:3: 'd1' has the grade 1 for 'q1', and 2"),
        ("qrels", "a\tb\tc\nq1 d1 1\n", "test.tsv:2: 1 fields"),
        ("qrels", "a\tb\tc\n\nq1\td1\t1\nq1\td1\t0\n", "test.tsv:4: 'd1' has the grade 0 for 'q1', and 1 before"),
        ("qrels", "a\tb\tc\nq1\td1\t1\nq9\td1\t1\n", "test.tsv:3: queries.jsonl has no query 'q9'"),
        ("qrels", "a\tb\tc\nq1\td9\t1\n", "test.tsv:2: corpus.jsonl has no document 'd9', which is relevant for 'q1'"),
        ("qrels", "a\tb\tc\n", "test.tsv holds no judgement"),
        ("qrels", "", "test.tsv holds no judgement"),
    ],
)
def test_bad_line_is_told_with_file_and_line(put, part, text, message):
    folder = put(**{part: text})
    with pytest.raises(DataFormatError) as caught:
        BeirFolder(folder).load()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", ["corpus.jsonl", "qrels/test.tsv"])
def test_bytes_that_are_not_utf8_are_told(put, file):
    folder = put()
    path = folder / file
    path.write_bytes(path.read_bytes() + b"\xff\n")
    with pytest.raises(DataFormatError, match=path.name):
        BeirFolder(folder).load()


@pytest.mark.parametrize("missing", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])
def test_missing_file_is_told(put, missing):
    folder = put()
    (folder / missing).unlink()
    with pytest.raises(MissingDataError, match=missing.replace("test", "SPLIT")):
        BeirFolder(folder).load()


def test_missing_folder_is_told(tmp_path):
    with pytest.raises(MissingDataError, match="There is no folder"):
        BeirFolder(tmp_path / "none").load()


def test_language_that_is_no_code_is_refused(put):
    with pytest.raises(ConfigurationError, match="language is 'e n'"):
        BeirFolder(put()).load(language="e n")


def test_folder_loads_as_a_dataset(tmp_path, put):
    folder = materialise("sample", tmp_path)
    assert load_dataset(folder).checksums() == load_dataset("sample").checksums()
    assert load_dataset(str(folder), languages=["en", "th"]).languages == ("en", "th")
    assert load_settings(str(folder), languages=["de"])[1] is None
    assert load_dataset(str(put(split="dev")), split="dev", language="fr").languages == ("fr",)
    with pytest.raises(LanguageError, match="sample has no language 'xx'"):
        load_dataset(folder, languages=["xx"])


def test_folder_by_its_bare_name(put, monkeypatch):
    monkeypatch.chdir(put().parent)
    assert load_dataset("theirs").name == "theirs"
    with pytest.raises(UnknownNameError, match="There is no dataset 'other'"):
        load_dataset("other")


def test_folder_named_like_a_dataset_does_not_hide_it(put, monkeypatch):
    monkeypatch.chdir(put(name="sample").parent)
    assert len(load_dataset("sample").languages) == 11
    assert load_dataset("./sample").languages == ("und",)


def test_setting_of_a_folder_is_named_after_its_path(tmp_path, monkeypatch):
    folder = materialise("sample", tmp_path / "v1.0")
    for name in (str(folder), f"{folder}/"):
        collection, settings = load_settings(f"{name}.en-de")
        assert (collection.name, settings) == ("sample", ("en-de",))
        assert {"en", "de"} <= set(collection.languages)
    assert load_settings(str(folder))[1] is None  # the dot in the path above is none of a setting
    one = materialise("sample.en-de", tmp_path)
    monkeypatch.chdir(one.parent)
    folder.rename(tmp_path / "sample")
    assert load_settings("./sample.en-de")[0].name == "sample.en-de"  # a folder of that name is meant as it is
    assert load_settings("./sample.en-th")[1] == ("en-th",)
    with pytest.raises(UnknownNameError, match=r"There is no dataset './other\.en-th'"):
        load_settings("./other.en-th")


def test_folder_without_a_corpus_is_told_where_a_path_is_given(tmp_path):
    with pytest.raises(MissingDataError, match=r"holds no corpus\.jsonl"):
        load_dataset(str(tmp_path))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source": "x"}, "A BEIR folder has no source 'x'"),
        ({"passage_text": "sentence"}, "has no option 'passage_text'"),
        ({"languge": "en"}, "has no option 'languge'. Did you mean 'language'"),
    ],
)
def test_folder_has_no_other_options(put, options, message):
    with pytest.raises(ConfigurationError, match=message):
        load_dataset(put(), **options)
