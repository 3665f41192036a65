import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from beir_hybrid.reports.page.inputs import read_sources
from beir_hybrid.reports.page.outline import build_outline
from beir_hybrid.reports.page.page import render_page
from beir_hybrid.storage.files import write_json


class Page(HTMLParser):
    """The elements, attributes and texts of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attributes]
        self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def study_page(study_contents):
    return render_page(study_contents)


def test_the_page_has_every_section(study_page):
    text = Page(study_page).text
    for heading in (
        "What do more languages bring?",
        "Verdicts",
        "hybrid is better than X-X-mono",
        "mAP by language",
        "Difference from x-x-mono, 2 languages",
        "Language bias",
        "Recall by depth",
        "More training languages: gain and cost",
        "Training",
        "Cost",
        "What was drawn",
        "Reproduce",
        "About",
    ):
        assert heading in text, heading


def test_all_numbers_are_in_the_page_without_a_script(study_page, study_contents):
    text = Page(study_page).text
    part = study_contents.blocks[0]
    for row in part.summary.rows:
        for column, entry in zip(part.summary.columns, row.entries, strict=True):
            assert column.written(entry) in text
    for one in part.pairs:
        assert all(one.written(value) in text for values in one.values for value in values)


def test_the_page_needs_nothing_else(study_page):
    page = Page(study_page)
    for tag, name, value in page.attributes:
        if name in {"src", "href", "action", "srcset", "data", "poster"}:
            assert value.startswith(("#", "data:")), (tag, name, value)
    assert "url(" not in study_page and "@import" not in study_page
    assert not {"iframe", "object", "embed", "base"} & set(page.tags)


def test_only_the_pages_own_script_may_run(study_page):
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', study_page)
    [script] = re.findall(r"<script>(.*?)</script>", study_page, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert Page(study_page).tags.count("script") == 1


def test_the_same_study_gives_the_same_page(study_page, study_contents):
    assert render_page(study_contents) == study_page


def test_hostile_texts_are_shown_and_are_no_elements(hostile_page, hostile, study_page):
    text = hostile_page
    page = Page(text)
    assert page.tags.count("script") == 1
    assert page.tags.count("style") == 1
    assert "img" not in page.tags
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert "\x00" not in text
    shown = hostile.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    assert page.text.count(" ".join(shown.split())) > 30
    assert set(page.tags) <= set(Page(study_page).tags) | {"wbr", "h4"}


def test_runs_without_evaluations_and_evaluations_without_training_have_pages(make_study, make_results_of, tmp_path):
    write_json(tmp_path / "model" / "run.json", {"schema": 1})
    write_json(tmp_path / "model" / "training.json", {"schema": 1, "steps": 3, "seconds": 1.0})
    text = Page(render_page(build_outline(read_sources([tmp_path / "model"])))).text
    assert "Training runs" in text and "Means over settings" not in text
    make_results_of().save(tmp_path / "alone")
    text = Page(render_page(build_outline(read_sources([tmp_path / "alone"])))).text
    assert "Retrieval on tiny" in text and "Cost" not in text


def test_a_study_that_has_not_ended_says_so(make_study, tmp_path):
    folder = make_study(tmp_path)
    study = json.loads((folder / "study.json").read_text())
    del study["verdicts"]
    write_json(folder / "study.json", study)
    (folder / "cells" / f"{0:012x}" / "done.json").unlink()
    text = Page(render_page(build_outline(read_sources([folder])))).text
    assert "The study has not ended: 3 of 4 cells are finished" in text
    assert "Without results x-x-mono, seed 1 : Not finished." in text
    assert "3 runs, in 2 groups of runs that differ in their seeds alone, evaluated on" in text


def test_results_of_one_setting_have_a_page(make_results_of, contents_of):
    found = make_results_of(settings={"de": {"queries": 4, "map": 0.5}}, scores={"mono": {"map": 0.5}}, passages={})
    assert "0.5000" in Page(render_page(contents_of({"one": found}))).text


def test_many_maps_are_folded_away_and_still_there(make_results_of, contents_of):
    runs = {f"run {place}": make_results_of(lift=place / 50) for place in range(9)}
    page = Page(render_page(contents_of(runs)))
    assert "5 more" in page.text and "4 more" in page.text
    assert "run 8 - run 0" in page.text


def test_what_a_study_wants_shown_besides_the_mean_is_a_table(make_study, tmp_path):
    folder = make_study(tmp_path, seeds=(1,))
    entry = {"evaluation": "tiny", "kind": "cross", "measure": "map", "seeds": 1, "mean": 0.5, "worst_setting": "de-es"}
    summary = [{**entry, "values": {"strategy": "hybrid"}, "worst": 0.125, "spread": 0.0625}]
    content = json.loads((folder / "study.json").read_text())
    write_json(folder / "study.json", {**content, "study": {"show": ["mean", "worst", "spread"]}, "summary": summary})
    text = Page(render_page(build_outline(read_sources([folder])))).text
    assert "Besides the mean" in text
    assert "hybrid tiny cross map 1 0.5000 0.1250 (de-es) 0.0625" in text


def test_the_note_on_verdicts_says_what_the_dots_are(make_study, study_page, tmp_path):
    assert "Small dots are single seeds." in Page(study_page).text
    assert "it does not show how much other seeds would differ" in Page(study_page).text
    folder = make_study(tmp_path, seeds=(1,))
    content = json.loads((folder / "study.json").read_text())
    write_json(folder / "study.json", {**content, "study": {"grid": {"strategy": ["x", "y"], "alpha": [0.1, 0.5]}}})
    text = Page(render_page(build_outline(read_sources([folder])))).text
    assert "Small dots are single pairs of cells, which differ in more than their seeds." in text
    assert "single seeds" not in text


def test_seeds_that_disagree_and_answers_by_claim_are_told(make_study, tmp_path):
    folder = make_study(tmp_path)
    content = json.loads((folder / "study.json").read_text())
    content["verdicts"][1] |= {"by_seed": [0.2, -0.1, -0.3], "statistic": "worst", "languages": "unseen", "p": None}
    content["verdicts"][1] |= {"holm": None}
    write_json(folder / "study.json", {**content, "answer": "The first holds.\nThe second does not."})
    text = Page(page := render_page(build_outline(read_sources([folder])))).text
    assert "seeds disagree: 1 above 0, 2 below" in text
    assert text.count("disagree:") == 1
    assert "mAP · worst setting, unseen languages" in text
    assert "hybrid is better than X-X-mono" in page[: page.index("<nav")]  # the answer stands on the first screen


def test_two_evaluations_of_one_model_are_no_seeds(make_results_of, tmp_path):
    write_json(tmp_path / "model" / "run.json", {"schema": 1})
    for name in ("exact", "again"):
        make_results_of().save(tmp_path / "model" / name)
    text = Page(render_page(build_outline(read_sources([tmp_path / "model"])))).text
    assert "mean of 2 seeds" not in text
    assert "2 runs evaluated on tiny; 1 more only trained" in text
    assert "model/exact" in text and "model/again" in text


def test_what_is_damaged_is_told_without_a_study_too(make_results_of, tmp_path):
    write_json(tmp_path / "model" / "run.json", {"schema": 1})
    make_results_of().save(tmp_path / "model" / "good")
    write_json(tmp_path / "model" / "bad" / "results.json", {"schema": 9})
    text = Page(render_page(build_outline(read_sources([tmp_path / "model"])))).text
    assert "model/bad : " in text and "not of schema version 1" in text
    assert "1 run evaluated on tiny; 1 evaluation is damaged." in text


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("The study claims nothing, so nothing was compared.", "The study claims nothing"),
        ("Hybrid differs: not judged.", "Hybrid differs: not judged."),
        (None, "All cells of the study are finished, and nothing is judged yet: run it again."),
    ],
    ids=["no-claim", "remarks-alone", "killed"],
)
def test_finished_study_without_verdicts_says_why(make_study, tmp_path, answer, told):
    folder = make_study(tmp_path, seeds=(1,))
    content = json.loads((folder / "study.json").read_text())
    write_json(folder / "study.json", {**content, "verdicts": [], "answer": answer})
    text = Page(render_page(build_outline(read_sources([folder])))).text
    assert told in text
    assert "has not ended" not in text


def test_endless_costs_and_steps_are_left_out(make_study, tmp_path):
    folder = make_study(tmp_path, seeds=(1,))
    for path in folder.glob("cells/*/cost.json"):
        content = json.loads(path.read_text())
        path.write_text(json.dumps({**content, "seconds": {"train": float("inf")}, "flops": float("inf")}))
    for path in folder.glob("cells/*/history.json"):
        content = json.loads(path.read_text())
        path.write_text(json.dumps({**content, "log": [*content["log"], {"step": float("inf"), "loss": 0.5}]}))
    text = Page(render_page(build_outline(read_sources([folder])))).text
    assert "loss in training" in text
    assert "inf " not in text


def test_claim_without_words_is_named_by_its_sides(make_study, tmp_path):
    folder = make_study(tmp_path, seeds=(1,))
    content = json.loads((folder / "study.json").read_text())
    verdicts = [{**verdict, "claim": ""} for verdict in content["verdicts"]]
    write_json(folder / "study.json", {**content, "verdicts": verdicts})
    page = render_page(build_outline(read_sources([folder])))
    assert '<h3 dir="auto">hybrid against x-x-mono</h3>' in page
    assert '<h3 dir="auto"></h3>' not in page
