import pyarrow as pa
import pytest

from beir_hybrid.datasets import load_evaluation_texts, load_pairs
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.pairs import StoredPairs
from beir_hybrid.pairs.overlap import EvaluationTexts, Overlap, OverlapFinder, pairs_source, without_groups
from beir_hybrid.storage.pair_building import RowBatch, RowSource, build_store
from beir_hybrid.storage.pair_rows import SCHEMA
from beir_hybrid.storage.records import read_record, write_record

ROWS = [
    ("1", "en", "Who wrote the famous novel about the white whale?", "Herman Melville.", ["Jules Verne."]),
    ("1", "de", "Wer schrieb es?", "Melville.", []),
    ("2", "en", "Where is it?", "In the sea.", ["Here.", "herman melville."]),
    ("3", "en", "When?", "Now.", []),
]
ZOO = EvaluationTexts(
    "zoo",
    {"en": ["Who wrote the famous novel about the white dolphin", "when?"], "de": ["Herman Melville."]},
    {"en": ["Herman Melville."], "fr": ["HERE."]},
    ("fr without queries",),
)


@pytest.fixture
def source():
    names = ("group", "language", "question", "passage", "negatives")
    rows = pa.RecordBatch.from_pylist([dict(zip(names, row, strict=True)) for row in ROWS], SCHEMA)
    batches = [rows.slice(start, 2) for start in (0, 2)]
    return RowSource("mine", "x", lambda: map(RowBatch, batches))


def counted(overlap):
    return {(one.kind, one.language): (one.exact, one.near) for one in overlap.counts}


def test_questions_are_looked_up_among_queries_and_the_rest_among_passages(source):
    overlap, groups = OverlapFinder([ZOO], threshold=0.5).find(source)
    assert counted(overlap) == {
        ("question", "en"): (1, 1),
        ("passage", "en"): (1, 0),
        ("negative", "en"): (2, 0),
    }
    assert (overlap.rows, overlap.groups, len(groups)) == (4, 3, 3)
    assert overlap.sets[0].queries == 3
    near = next(one for one in overlap.examples if one.likeness < 1)
    assert (near.group, near.known_language, near.known_text) == ("1", "en", ZOO.queries["en"][0])


def test_kinds_of_texts_are_chosen(source):
    overlap, _ = OverlapFinder([ZOO], ["passage"]).find(source)
    assert counted(overlap) == {("passage", "en"): (1, 0)}
    with pytest.raises(ConfigurationError, match=r"There are no texts called 'questions'\. Did you mean 'question'"):
        OverlapFinder([ZOO], ["questions"])


def test_summary_says_what_was_not_there(source):
    overlap, _ = OverlapFinder([ZOO], ["passage"]).find(source)
    assert overlap.summary == (
        "1 texts of mine stand in zoo, and 0 are near one there, in 1 groups (zoo: fr without queries)"
    )
    overlap, _ = OverlapFinder([EvaluationTexts("nil", {}, {})]).find(source)
    assert overlap.summary == "none of 4 rows of mine has a text of nil"


def test_store_is_written_without_the_groups_in_all_their_languages(source, tmp_path):
    finder = OverlapFinder([ZOO], ["passage"])
    _, groups = finder.find(source)
    store = build_store([without_groups(source, groups)], tmp_path / "clean")
    assert store.about["groups"] == 2
    assert store.about["left_out"] == {"a group that stands in an evaluation set": 2}
    assert finder.find(pairs_source(StoredPairs(store)))[0].counts == ()


def test_opened_pairs_are_read_in_the_languages_chosen(source, tmp_path):
    pairs = StoredPairs(build_store([source], tmp_path / "store")).select(["de"])
    assert OverlapFinder([ZOO]).find(pairs_source(pairs))[0].rows == 1
    loaded = load_pairs("sample", languages=["de", "en"])
    assert OverlapFinder([ZOO]).find(pairs_source(loaded))[0].rows == len(loaded)


def test_overlap_is_read_back_from_its_file(source, tmp_path):
    overlap, _ = OverlapFinder([ZOO]).find(source)
    write_record(tmp_path / "overlap.json", overlap)
    assert read_record(tmp_path / "overlap.json", Overlap, "Write it again.") == overlap


def test_mlqa_r_shares_no_text_with_xquad_r_but_all_with_itself(data):
    pairs = load_pairs("mlqa-r", source=data, languages=["de", "zh"])
    overlap, _ = OverlapFinder([load_evaluation_texts("xquad-r", data)]).find(pairs_source(pairs))
    assert overlap.counts == ()
    overlap, _ = OverlapFinder([load_evaluation_texts("mlqa-r", data)]).find(pairs_source(pairs))
    assert sum(one.exact for one in overlap.counts) == 2 * len(pairs)
