from __future__ import annotations

import re

import pytest

from beir_hybrid.reports import result_tables
from beir_hybrid.reports.result_tables import language_table, matrix_table, score_table

SHARES = {
    "de-all": {"queries": 4, "language_share[de]@10": 0.5, "language_share[en]@10": 0.3, "language_share[es]@10": 0.2},
    "en-all": {"queries": 4, "language_share[de]@10": 0.1, "language_share[en]@10": 0.8, "language_share[es]@10": 0.1},
}


def flat(text):
    return " ".join(text.split())


@pytest.fixture
def shares(make_results):
    """Results of shares of languages, in pools of all of them."""

    def make(settings=SHARES, **given):
        means = {name: 1 / 3 for name in settings["de-all"] if name != "queries"}
        given = {"passages": {"de": 10, "en": 25, "es": 5}, **given}
        return make_results(scores={"multi": means}, settings=settings, **given)

    return make


def test_the_score_table_has_a_row_per_kind(make_results, cells, header_of):
    table = score_table(make_results())
    assert header_of(table) == ["setting", "settings", "map", "rank_distance"]
    assert cells(table, "monolingual") == ["2", "0.7500", "-"]
    assert cells(table, "cross-lingual") == ["4", "0.5000", "-"]
    assert cells(table, "multilingual") == ["3", "0.2500", "12.0"]


def test_the_score_table_names_model_dataset_and_text(make_results, text_of):
    assert text_of(score_table(make_results())).splitlines()[0].strip() == "mine on tiny (sentence)"


def test_markup_in_names_and_notes_is_shown_as_it_is(make_results, text_of):
    text = text_of(score_table(make_results(model="run[bold]", dataset="[/x]", notes=("see [b]",))))
    assert text.splitlines()[0].strip() == "run[bold] on [/x] (sentence)"
    assert "see [b]" in text


def test_a_single_language_has_a_monolingual_row_alone(make_results, rows_of):
    alone = make_results(scores={"mono": {"map": 1.0}}, settings={"en": {"queries": 1, "map": 1.0}}, languages=("en",))
    assert rows_of(score_table(alone)) == [["monolingual", "1", "1.0000"]]


def test_means_over_queries_are_told_where_settings_differ_in_their_queries(make_results, cells, rows_of):
    assert not any("over queries" in row[0] for row in rows_of(score_table(make_results())))
    settings = {"de": {"queries": 1, "map": 0.2}, "en": {"queries": 3, "map": 0.6}}
    uneven = make_results(scores={"mono": {"map": 0.4}}, micro={"mono": {"map": 0.5}}, settings=settings)
    table = score_table(uneven)
    assert cells(table, "monolingual") == ["2", "0.4000"]
    assert cells(table, "over queries") == ["", "0.5000"]


def test_intervals_stand_below_their_means(make_results, cells, text_of):
    bounds = {"cross": {"map": [0.41, 0.62]}, "multi": {"map": [0.2, 0.3], "rank_distance": [9.96, 14.0]}}
    table = score_table(make_results(intervals={"scores": bounds, "settings": {}}))
    assert cells(table, "cross-lingual", below=True) == ["", "", "0.4100-0.6200", ""]
    assert cells(table, "multilingual", below=True) == ["", "", "0.2000-0.3000", "10.0-14.0"]
    assert cells(table, "monolingual", below=True)[0] == "cross-lingual"  # no interval, no row
    assert "each setting counting once; below, 95 % intervals over questions" in flat(text_of(table))


def test_intervals_are_not_mentioned_where_there_are_none(make_results, text_of):
    text = flat(text_of(score_table(make_results())))
    assert "means over settings, each setting counting once" in text
    assert "interval" not in text


def test_ties_are_told_by_kind_where_there_are_any(make_results, text_of):
    text = flat(text_of(score_table(make_results(ties={"mono": 0.0, "cross": 0.125}))))
    assert "queries with a tie at a relevant passage: monolingual 0.0%, cross-lingual 12.5%" in text
    assert "tie" not in text_of(score_table(make_results(ties={"mono": 0.0, "cross": 0.0}))).replace("settings", "")


def test_how_translations_are_linked_stands_below_the_scores(make_results, text_of):
    linked = {"rule": "equal ids", "linked": 8, "queries": 12}
    assert "translations are linked by equal ids after the language: 8 of 12 queries" in flat(
        text_of(score_table(make_results(translations=linked)))
    )
    for none in ({}, linked | {"linked": 0}):  # a note says it
        assert "translations" not in text_of(score_table(make_results(translations=none)))


def test_notes_stand_below_the_scores(make_results, text_of):
    lines = [line.strip() for line in text_of(score_table(make_results(notes=("one note", "another")))).splitlines()]
    assert lines[-2:] == ["one note", "another"]


def test_values_by_language_have_no_column_among_the_scores(shares, text_of):
    assert "language_share" not in text_of(score_table(shares()))


def test_the_language_table_gives_means_over_a_languages_settings(make_results, cells, header_of):
    table = language_table(make_results())
    assert header_of(table) == ["language", "mono", "cross, as queries", "cross, as corpus", "multi"]
    # en: asked of de and es (0.4 and 0.6), searched by de (0.1), and in pools of two and of all (0.24 and 0.32)
    assert cells(table, "en") == ["0.8000", "0.5000", "0.1000", "0.2800"]
    assert cells(table, "de") == ["0.7000", "0.1500", "0.4000", "0.3000"]


def test_the_language_table_shows_a_dash_where_nothing_was_measured(make_results, cells):
    assert cells(language_table(make_results()), "es") == ["-", "-", "0.4000", "-"]
    table = language_table(make_results(), "rank_distance")
    assert cells(table, "en") == ["-", "-", "-", "13.0"]
    assert cells(table, "es") == ["-", "-", "-", "-"]


def test_a_language_without_any_setting_has_no_row(make_results, rows_of):
    some = make_results(settings={"de": {"queries": 4, "map": 0.7}, "de-en": {"queries": 4, "map": 0.1}})
    assert [row[0] for row in rows_of(language_table(some))] == ["de", "en"]


def test_the_matrix_has_query_languages_down_and_passage_languages_across(shares, rows_of, header_of, text_of):
    table = matrix_table(shares(), "language_share@10")
    assert flat(text_of(table)).startswith("language_share@10: query language down, passage language across")
    assert header_of(table) == ["", "de", "en", "es"]
    assert rows_of(table)[:2] == [["de", "0.500", "0.300", "0.200"], ["en", "0.100", "0.800", "0.100"]]


def test_shares_are_held_against_the_pools_own(shares, rows_of):
    # 10, 25 and 5 of 40 passages
    assert rows_of(matrix_table(shares(), "language_share@10"))[2:] == [["pool", "0.250", "0.625", "0.125"]]


def test_only_shares_have_a_row_of_the_pool(shares, rows_of):
    values = {"de-all": {"queries": 4, "one_target_map[de]": 0.9, "one_target_map[en]": 0.4, "one_target_map[es]": 0.1}}
    assert rows_of(matrix_table(shares(values), "one_target_map")) == [["de", "0.900", "0.400", "0.100"]]
    assert [row[0] for row in rows_of(matrix_table(shares(passages={}), "language_share@10"))] == ["de", "en"]


def test_other_cut_offs_are_other_matrices(shares, rows_of):
    values = {"de-all": {**SHARES["de-all"], "language_share[de]@5": 0.6, "language_share[en]@5": 0.4}}
    rows = rows_of(matrix_table(shares(values, passages={}), "language_share@5"))
    assert rows == [["de", "0.600", "0.400", "-"]]


def test_a_part_of_the_pool_has_its_settings_name(shares, rows_of):
    settings = {**SHARES, "en-de+es": {"queries": 4, "language_share[de]@10": 0.7, "language_share[es]@10": 0.3}}
    rows = rows_of(matrix_table(shares(settings, passages={}), "language_share@10"))
    assert rows[2] == ["en-de+es", "0.700", "-", "0.300"]


def test_settings_of_one_corpus_are_not_in_the_matrix(shares, rows_of):
    settings = {"en": {"queries": 4, "map": 0.5}, "en-de": {"queries": 4, "map": 0.5}, **SHARES}
    rows = rows_of(matrix_table(shares(settings, passages={}), "language_share@10"))
    assert [row[0] for row in rows] == ["de", "en"]


def shades(text):
    """By value, the colour of its letters (37 is white, 30 black) and that behind them."""
    found = re.findall(r"\x1b\[(\d+);48;2;(\d+);(\d+);(\d+)m *([0-9.]+)", text)
    return {value: (int(ink), (int(red), int(green), int(blue))) for ink, red, green, blue, value in found}


def test_a_higher_value_is_darker_and_stays_readable(shares, text_of):
    found = shades(text_of(matrix_table(shares(), "language_share@10"), "truecolor"))
    assert list(found) == ["0.500", "0.300", "0.200", "0.100", "0.800"]
    by_value = [found[value] for value in sorted(found)]
    brightness = [sum(colour) for _, colour in by_value]
    assert brightness == sorted(set(brightness), reverse=True)
    assert (by_value[0][0], by_value[-1][0]) == (30, 37)


def test_equal_values_have_the_lightest_shade(shares, text_of):
    equal = {name: {key: 0.4 for key in values if key != "queries"} | {"queries": 4} for name, values in SHARES.items()}
    found = shades(text_of(matrix_table(shares(equal, passages={}), "language_share@10"), "truecolor"))
    assert found == {"0.400": (30, (0xF7, 0xFB, 0xFF))}


def titles(results):
    return [str(table.title) for table in result_tables.result_tables(results)]


def test_scores_languages_and_matrices_are_shown(make_results):
    by_language = {"language_share[de]@10": 0.5, "language_share[en]@10": 0.5, "one_target_map[de]": 0.1}
    found = make_results(scores={"mono": {"ndcg@10": 0.9}, "multi": {"ndcg@10": 0.5, "map": 0.25, **by_language}})
    assert titles(found) == [
        "mine on tiny (sentence)",
        "map by language",
        "map: query language down, passage language across",
        "language_share@10: query language down, passage language across",
        "one_target_map: query language down, passage language across",
    ]


def test_languages_are_compared_by_the_first_measure_where_map_is_missing(make_results):
    found = make_results(scores={"mono": {"recall@1": 0.9, "ndcg@10": 0.5}})
    assert titles(found) == ["mine on tiny (sentence)", "recall@1 by language"]


def test_a_single_setting_has_scores_alone(make_results):
    found = make_results(scores={"cross": {"map": 0.1}}, settings={"de-en": {"queries": 4, "map": 0.1}})
    assert titles(found) == ["mine on tiny (sentence)"]


def test_a_value_of_one_language_does_not_stand_for_all(shares):
    # the share of German among passages is no comparison of query languages
    assert titles(shares()) == [
        "mine on tiny (sentence)",
        "language_share@10: query language down, passage language across",
    ]


def test_the_pair_table_has_queries_down_passages_across_and_a_monolingual_diagonal(make_results, rows_of, header_of):
    table = result_tables.pair_table(make_results())
    assert header_of(table) == ["", "de", "en", "es"]
    assert rows_of(table) == [["de", "0.700", "0.100", "0.200"], ["en", "0.400", "0.800", "0.600"]]


def test_the_pair_table_is_shaded_on_a_terminal_alone(make_results, text_of):
    table = result_tables.pair_table(make_results())
    assert "\x1b[" not in text_of(table)
    assert "\x1b[" in text_of(table, "truecolor")


def test_values_of_many_ranks_are_whole_numbers_in_the_pair_table(make_results, cells):
    found = make_results(settings={name: {"queries": 4, "rank_distance": 123.4} for name in ("de-en", "en-de")})
    assert cells(result_tables.pair_table(found, "rank_distance"), "de") == ["-", "123"]
