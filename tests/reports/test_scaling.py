from pathlib import Path

import pytest

from beir_hybrid.reports.page.inputs import ReportRun, read_sources
from beir_hybrid.reports.page.outline import build_outline
from beir_hybrid.reports.scaling import drawn_pairs, training_languages
from beir_hybrid.storage.files import write_json
from beir_hybrid.studies.record import CellConfig, CellRecord


def run(**given):
    return ReportRun("r", Path("r"), {}, **given)


def charts_of(contents):
    return {chart.title: chart for chart in contents.blocks[0].scaling}


def test_quality_is_drawn_by_kind_with_seen_and_unseen_apart(study_contents):
    kinds = ("Monolingual", "Cross-lingual", "Multilingual")
    # no cross-lingual setting is of unseen languages alone where all but one were trained on
    titles = [
        f"{kind}, {part} languages"
        for kind in kinds
        for part in ("all", "seen", "unseen")
        if (kind, part) != ("Cross-lingual", "unseen")
    ]
    charts = charts_of(study_contents)
    assert list(charts) == [*titles, *(f"{title}, by compute" for title in titles)]
    assert charts[titles[0]].x == "number of training languages"
    assert charts[titles[0]].x_values() == [2.0, 3.0]
    seen = charts["Monolingual, seen languages, by compute"]
    assert seen.x == "tokens seen in training"  # no FLOPs are told
    assert seen.y == "mAP (higher is better)"
    curves = {curve.name: curve for curve in seen.drawn()}
    assert list(curves) == ["x-x-mono", "hybrid"]
    assert [x for x, _ in curves["hybrid"].points] == [18_000.0, 27_000.0]
    unseen = charts["Monolingual, unseen languages, by compute"]
    assert [len(curve.points) for curve in unseen.drawn()] == [1, 1]  # with three languages none is unseen


def test_points_tell_their_number_of_settings_and_other_settings_a_broken_line(study_contents):
    charts = charts_of(study_contents)
    whole, seen = charts["Monolingual, all languages"], charts["Monolingual, seen languages"]
    assert [curve.counts for curve in whole.drawn()] == [(3, 3), (3, 3)]
    assert [curve.counts for curve in seen.drawn()] == [(2, 3), (2, 3)]
    assert not any(curve.dashed for curve in whole.drawn())
    assert all(curve.dashed for curve in seen.drawn())
    assert [curve.labels for curve in seen.drawn()] == [("(2)", "(3)"), ()]  # the second line's are the first's
    assert charts["Monolingual, seen languages, by compute"].drawn()[0].labels == ("2 (2)", "3 (3)")
    headings, rows = seen.table().bare()
    assert headings[1:3] == ["x-x-mono", "x-x-mono: settings"]
    assert [row[2] for row in rows] == ["2", "3"]


def test_seen_is_the_mean_over_settings_of_trained_languages_alone(study_contents):
    block, charts = study_contents.blocks[0].block, charts_of(study_contents)
    group = next(group for group in block.groups if group.name == "hybrid, 2 languages")
    found = {
        part: dict(
            next(curve for curve in charts[f"Monolingual, {part} languages"].drawn() if curve.name == "hybrid").points
        )
        for part in ("seen", "unseen")
    }
    seen = (block.setting(group, "de", "map") + block.setting(group, "en", "map")) / 2
    assert found["seen"][2.0] == pytest.approx(seen)
    assert found["unseen"] == {2.0: pytest.approx(block.setting(group, "es", "map"))}


def test_the_line_of_all_languages_is_the_mean_over_the_same_settings(make_study, tmp_path):
    contents = build_outline(read_sources([make_study(tmp_path, ("hybrid",), counts=(2, 3))]))
    block = contents.blocks[0].block
    [curve] = charts_of(contents)["Monolingual, all languages"].drawn()
    assert curve.name == "all languages"
    assert [y for _, y in curve.points] == pytest.approx(
        [block.score(group, "mono", "map").mean for group in block.groups]
    )


@pytest.mark.parametrize(("most", "logarithmic"), [(1.4, True), (1.6, False)])
def test_numbers_of_languages_far_apart_stand_on_a_logarithmic_axis(
    make_study, tmp_path, monkeypatch, most, logarithmic
):
    monkeypatch.setattr("beir_hybrid.reports.models.curve._WIDE", most)
    charts = charts_of(build_outline(read_sources([make_study(tmp_path, ("hybrid",), counts=(2, 3))])))
    assert charts["Monolingual, all languages"].logarithmic is logarithmic


def test_points_are_connected_from_few_languages_to_many_whatever_they_cost(make_study, tmp_path):
    folder = make_study(tmp_path, ("hybrid",), counts=(2, 3), seeds=(1,))
    for cell, tokens in zip(sorted((folder / "cells").iterdir()), (9000, 3000), strict=True):
        write_json(cell / "cost.json", {"schema": 1, "tokens": tokens})
    chart = charts_of(build_outline(read_sources([folder])))["Monolingual, all languages, by compute"]
    assert [x for x, _ in chart.drawn()[0].points] == [9000.0, 3000.0]


def test_compute_that_is_about_the_same_is_no_axis(make_study, tmp_path):
    folder = make_study(tmp_path, ("hybrid",), counts=(2, 3), seeds=(1,))
    for cell, tokens in zip(sorted((folder / "cells").iterdir()), (3100, 3000), strict=True):
        write_json(cell / "cost.json", {"schema": 1, "tokens": tokens})
    assert {chart.x for chart in build_outline(read_sources([folder])).blocks[0].scaling} == {
        "number of training languages"
    }


def test_without_other_numbers_of_languages_there_is_no_curve(contents_of, make_results_of):
    assert contents_of({"one": make_results_of()}).blocks[0].scaling == ()


def test_training_languages_are_the_cells_or_those_drawn():
    cell = CellRecord("", "", {}, ("en", "de"), CellConfig({}, {}, ()), "")
    assert training_languages(run(cell=cell)) == ("de", "en")
    assert training_languages(run(drawn={"pairs": {"en-en": 1, "en-fr": 2}})) == ("en", "fr")
    assert training_languages(run()) == ()


def test_pairs_of_codes_with_hyphens_are_told_apart():
    pairs = {"zh-hans-zh-hans": 1, "zh-hans-en": 2, "en-zh-hans": 3, "en-en": 4}
    assert drawn_pairs(run(drawn={"pairs": pairs})) == {
        ("zh-hans", "zh-hans"): 1,
        ("zh-hans", "en"): 2,
        ("en", "zh-hans"): 3,
        ("en", "en"): 4,
    }
