import json

import pytest

from beir_hybrid.formats import load_pairs


def test_a_setting_is_indexed_searched_and_judged(java, invoke, tmp_path):
    result = invoke("bm25", "--dataset", "sample.th", "--output", "out", "--analyzers", "th=trigrams", "--depth", 20)
    assert result.exit_code == 0, result.output
    assert "th: trigrams" in result.stdout
    assert "Indexes built: th" in result.stdout
    assert [path.name for path in (tmp_path / "out" / "runs").iterdir()] == ["th.trec"]
    judged = invoke("evaluate", "--dataset", "sample.th", "--run", "out/runs", "--output", "judged")
    assert judged.exit_code == 0, judged.output
    results = json.loads((tmp_path / "judged" / "results.json").read_text(encoding="utf-8"))
    assert results["settings"]["th"]["map"] > 0.7
    again = invoke("bm25", "--dataset", "sample.th", "--output", "out", "--analyzers", "th=trigrams", "--depth", 20)
    assert "Indexes left as they are" in again.stdout
    assert "Runs written: 0, left as they are: 1" in again.stdout


def test_setting_of_a_beir_folder_is_searched_and_judged_as_the_last_line_says(java, invoke, tmp_path):
    assert invoke("datasets", "get", "sample", "--languages", "de,en", "--out", "data").exit_code == 0
    result = invoke("bm25", "--dataset", "data/sample.en-de", "--output", "out")
    assert result.exit_code == 0, result.output
    assert [path.name for path in (tmp_path / "out" / "runs").iterdir()] == ["en-de.trec"]
    last = result.stdout.splitlines()[-1]
    assert last == "Judge them: beir-hybrid evaluate --dataset data/sample --run out/runs"
    judged = invoke(*last.split()[3:])
    assert judged.exit_code == 0, judged.output


def test_settings_are_chosen_by_name(java, invoke, tmp_path):
    result = invoke(
        "bm25", "--dataset", "sample", "--languages", "en,el", "--settings", "en-el,el-all", "--output", "out",
        "--k1", 1.2, "--b", 0.75, "--depth", 3,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "out" / "runs").iterdir()) == ["el-all.trec", "en-el.trec"]
    about = json.loads((tmp_path / "out" / "bm25.json").read_text(encoding="utf-8"))
    assert {(run["k1"], run["b"], run["depth"]) for run in about["runs"].values()} == {(1.2, 0.75, 3)}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--dataset", "sampel"], "Did you mean 'sample'"),
        (["--dataset", "sample.en-dee"], "sample has no setting 'en-dee'"),
        (["--dataset", "sample.en", "--b", "2"], "b is 2"),
        (["--dataset", "sample.en", "--pool", "all"], "pool is 'all'"),
        (["--dataset", "sample.en", "--depth", "0"], "depth"),
        (["--dataset", "sample.en", "--analyzers", "en"], "no analyzer for a language"),
    ],
)
def test_bad_input_is_refused_in_one_line(refused, words, message):
    assert message in refused("bm25", *words, "--output", "out")


def test_an_output_that_is_a_file_is_refused(refused, tmp_path):
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    assert "is a file" in refused("bm25", "--dataset", "sample.en", "--output", "out")


def test_an_unknown_analyzer_is_refused(java, refused):
    assert "Did you mean 'trigrams'" in refused(
        "bm25", "--dataset", "sample.th", "--analyzers", "th=trigram", "--output", "out"
    )


def test_pairs_are_mined_in_what_it_finds(java, invoke, tmp_path):
    for words in (
        ["mine", "sample", "--write-beir", "pool"],
        ["bm25", "--dataset", "./pool", "--settings", "de,th", "--output", "out"],
        ["mine", "sample", "--run", "out/runs", "--negatives", 2, "--output", "mined"],
    ):
        result = invoke(*words)
        assert result.exit_code == 0, result.output
    rows = load_pairs("mined").table.to_pylist()
    answers = {row["question"]: {each["passage"] for each in rows if each["group"] == row["group"]} for row in rows}
    assert {row["language"] for row in rows} == {"de", "th"}
    assert len(rows) > 132
    for row in rows:
        assert set(row["negative_languages"]) == {row["language"]}
        assert not set(row["negatives"]) & answers[row["question"]]
        assert row["negative_scores"] == sorted(row["negative_scores"], reverse=True)
