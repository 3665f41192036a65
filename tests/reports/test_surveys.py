import pyarrow as pa

from beir_hybrid.pairs.surveying import survey_pairs
from beir_hybrid.reports.render.terminal import rendered
from beir_hybrid.reports.surveys import survey_models
from beir_hybrid.storage.pair_building import RowBatch, RowSource
from beir_hybrid.storage.pair_rows import SCHEMA


def models(**more):
    rows = [
        {"group": "1", "language": code, "question": "Who?", "passage": "Me.", **more} for code in ("de", "en", "fr")
    ]
    batch = pa.RecordBatch.from_pylist(rows, SCHEMA)
    return survey_models(survey_pairs(RowSource("mine", None, lambda: iter([RowBatch(batch)]))))


def test_pairs_of_languages_and_scores_are_shown_where_there_are_any():
    titles = [model.title for model in models()]
    assert titles == ["mine: 3 rows in 1 groups", "Doubtful texts", "In all"]
    titles = [model.title for model in models(passage_language="it", score=1.0)]
    assert titles[2:] == ["Rows by language of question and passage", "In all", "Scores"]


def test_tables_of_languages_fit_into_80_letters_whole():
    for model in models()[:2]:
        assert len(rendered(model, 80)) <= 2 + len(model.notes)
