"""What training data hold: tables."""

from __future__ import annotations

from beir_hybrid.pairs.survey import LanguageSurvey, Survey
from beir_hybrid.reports.language_maps import drawn_map
from beir_hybrid.reports.models.heat_map import HeatMap
from beir_hybrid.reports.models.table import Column, Table, make_table
from beir_hybrid.reports.models.words import number

_SIDES = ("questions", "passages")


def survey_models(survey: Survey) -> list[Table | HeatMap]:
    """Show what training data hold: languages, what is doubtful, pairs of languages, negatives and scores."""
    models: list[Table | HeatMap] = [_language_table(survey), _doubt_table(survey)]
    pairs = {(asked, answer): count for asked, rows in survey.pairs.items() for answer, count in rows.items()}
    if any(one != other for one, other in pairs):
        models.append(drawn_map("Rows by language of question and passage", pairs, counted=True))
    models.append(_whole_table(survey))
    if survey.scores:
        scores = [(kind, one.scores, one.lowest, one.mean, one.highest) for kind, one in survey.scores.items()]
        values = [Column("scores", number), Column("lowest"), Column("mean"), Column("highest")]
        notes = [f"negatives scored as high as their positive, or higher: {number(survey.outscored)}"]
        models.append(make_table("Scores", ["of", *values], scores, notes))
    return models


def _language_table(survey: Survey) -> Table:
    texts = [Column(title, number) for title in _SIDES]
    lengths = [Column(title, number, group=side) for side in _SIDES for title in ("median", "95 %")]
    rows = [
        (
            *(code, one.groups, one.questions.texts, one.passages.texts),
            *(one.questions.median, one.questions.high, one.passages.median, one.passages.high),
        )
        for code, one in survey.languages.items()
    ]
    notes = ["median and 95 %: lengths in characters"]
    title = f"{survey.name}: {number(survey.rows)} rows in {number(survey.groups)} groups"
    return make_table(
        title,
        ["language", Column("groups", number), *texts, *lengths],
        rows,
        notes,
    )


def _doubt_table(survey: Survey) -> Table:
    columns = [Column(title, number, group=side) for side in _SIDES for title in ("other script", "copied")]

    def doubts(one: LanguageSurvey) -> tuple[int, ...]:
        asked, answering = one.questions, one.passages
        return asked.other_script, asked.copied, answering.other_script, answering.copied, one.echoed

    rows = [(code, *doubts(one)) for code, one in survey.languages.items()]
    notes = [
        "other script: fewer than a quarter of the letters are in a script of the language",
        "copied: equal to the text of another language of the same group",
        "echoed: the question is equal to its passage",
    ]
    return make_table("Doubtful texts", ["language", *columns, Column("echoed", number)], rows, notes)


def _whole_table(survey: Survey) -> Table:
    rows: list[tuple[str, int]] = [
        *((f"groups in {size} language{'' if size == '1' else 's'}", count) for size, count in survey.sizes.items()),
        *((f"{kind}s that stand in several groups", one.texts) for kind, one in survey.repeated.items()),
        *((f"rows with such a {kind}", one.rows) for kind, one in survey.repeated.items()),
        *((f"rows left out: {reason}", count) for reason, count in survey.left_out.items()),
    ]
    if negatives := survey.negatives:
        rows += [
            ("negatives", negatives.texts),
            ("fewest of a row", negatives.fewest),
            ("median of a row", negatives.median),
            ("most of a row", negatives.most),
            ("that are a passage of their own group", negatives.answers),
        ]
    return make_table("In all", ["what", Column("number", number)], rows)
