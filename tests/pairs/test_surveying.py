import pyarrow as pa
import pytest

from beir_hybrid.errors import DataFormatError
from beir_hybrid.pairs.survey import RepeatedTexts, ScoreSurvey, Survey, TextSurvey
from beir_hybrid.pairs.surveying import survey_pairs
from beir_hybrid.storage.pair_building import RowBatch, RowSource
from beir_hybrid.storage.pair_rows import SCHEMA
from beir_hybrid.storage.records import read_record, write_record


def row(group, language, question, passage, **more):
    return {"group": group, "language": language, "question": question, "passage": passage, **more}


def surveyed(*rows, at_once=2):
    batches = [pa.RecordBatch.from_pylist(list(rows[at:][:at_once]), SCHEMA) for at in range(0, len(rows), at_once)]
    return survey_pairs(RowSource("mine", None, lambda: map(RowBatch, batches)))


def test_groups_languages_and_pairs_of_languages_are_counted():
    survey = surveyed(
        row("1", "en", "Who?", "Me."),
        row("1", "de", "Wer?", "Ich."),
        row("2", "en", "Where?", "Hier.", passage_language="de"),
    )
    assert (survey.rows, survey.groups, survey.sizes) == (3, 2, {"2": 2})
    assert {code: one.groups for code, one in survey.languages.items()} == {"de": 2, "en": 2}
    assert survey.languages["de"].questions.texts == 1
    assert survey.languages["de"].passages.texts == 2
    assert survey.pairs == {"de": {"de": 1}, "en": {"de": 1, "en": 1}}


def test_lengths_are_medians_and_what_most_do_not_exceed():
    survey = surveyed(*(row(str(size), "en", "x" * size, "y") for size in range(1, 101)), at_once=7)
    assert survey.languages["en"].questions == TextSurvey(100, 50, 95)


def test_texts_in_another_script_are_counted():
    survey = surveyed(
        row("1", "ru", "Who was she?", "Она."), row("2", "ru", "Кто?", "Marie"), row("3", "xx", "Кто?", "Me")
    )
    assert survey.languages["ru"].questions.other_script == 1
    assert survey.languages["ru"].passages.other_script == 1
    assert survey.languages["xx"].questions.other_script == 0  # nothing is known of that language


def test_copies_within_a_group_are_counted_by_language():
    survey = surveyed(
        row("1", "en", "Who?", "Same text"),
        row("1", "de", "Wer?", "same  TEXT"),
        row("2", "de", "Wo?", "Same text"),
        row("3", "en", "Echo!", "echo!"),
    )
    assert [survey.languages[code].passages.copied for code in ("de", "en")] == [1, 1]
    assert [survey.languages[code].questions.copied for code in ("de", "en")] == [0, 0]
    assert survey.languages["en"].echoed == 1


def test_texts_of_several_groups_are_counted_once_with_all_their_rows():
    survey = surveyed(
        row("1", "en", "Who?", "Me."), row("2", "en", "who?", "You."), row("3", "en", "Where?", "Here."),
    )  # fmt: skip
    assert survey.repeated == {"question": RepeatedTexts(1, 2), "passage": RepeatedTexts()}


def test_negatives_that_answer_and_scores_are_counted():
    survey = surveyed(
        row("1", "en", "Who?", "Me.", score=0.5, negatives=["Ich.", "No."], negative_scores=[0.75, 0.25]),
        row("1", "de", "Wer?", "Ich.", negatives=["Nein."]),
        row("2", "de", "Wo?", "Hier.", negatives=["Me."]),
    )
    negatives = survey.negatives
    assert (negatives.texts, negatives.fewest, negatives.median, negatives.most) == (4, 1, 1, 2)
    assert negatives.answers == 1  # the passage of another group is none
    assert survey.scores == {"positives": ScoreSurvey(1, 0.5, 0.5, 0.5), "negatives": ScoreSurvey(2, 0.25, 0.5, 0.75)}
    assert survey.outscored == 1


def test_rows_that_cannot_be_used_are_counted_by_reason():
    survey = surveyed(row("1", "en", "Who?", ""), row("2", "en", "Who?", "Me."), row("3", "e n", "Who?", "Me."))
    assert survey.rows == 1
    assert survey.left_out == {"empty passage": 1, "language is not a code": 1}


def test_nothing_usable_is_an_error_that_says_why():
    with pytest.raises(DataFormatError, match=r"mine: no row can be used: empty passage \(1\)"):
        surveyed(row("1", "en", "Who?", ""))


def test_survey_is_read_back_from_its_file(tmp_path):
    survey = surveyed(row("1", "en", "Who?", "Me.", score=0.5, negatives=["No."]))
    write_record(tmp_path / "survey.json", survey)
    assert read_record(tmp_path / "survey.json", Survey, "Write it again.") == survey
