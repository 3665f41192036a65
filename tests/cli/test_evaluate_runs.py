"""What other systems retrieved, judged and compared from the command line."""

import gzip
import json
import math

import pytest

from beir_hybrid.datasets import load_dataset

DATA = ("--dataset", "sample", "--languages", "de,en")


@pytest.fixture(scope="module")
def answers():
    """By query language, its queries in an order, each with its answer in each language."""
    collection = load_dataset("sample", languages=["de", "en"])
    return {
        language: {query: {found[:2]: found for found in collection.qrels[query]} for query in queries}
        for language, queries in collection.queries.items()
    }


@pytest.fixture
def write(answers, tmp_path, monkeypatch):
    """Write a run in which every question finds some passages, best first, such as ``de`` for its German answer.

    A word with a star is another question's answer. Of ``questions``, only the first so many find anything.
    """
    monkeypatch.chdir(tmp_path)

    def write(name, queries, found, questions=None):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = []
        for language in queries.split():
            asked = list(answers[language])
            for place, query in enumerate(asked[:questions]):
                for rank, word in enumerate(found.split(), start=1):
                    answered = asked[place - 1] if word.endswith("*") else query
                    document = answers[language][answered][word.rstrip("*")]
                    lines.append(f"{query} Q0 {document} {rank} {1 / rank} mine\n")
        path.write_text("".join(lines), encoding="utf-8")
        return path

    return write


def results(folder):
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


@pytest.fixture
def judge(invoke, tmp_path):
    """Evaluate a run and give its results and what was printed."""

    def run(path, *more, output="out"):
        result = invoke("evaluate", "--run", path, *DATA, "--output", output, *more)
        assert result.exception is None, result.output
        return results(tmp_path / output), result.stdout

    return run


def test_a_run_of_everything_is_one_of_the_pool(write, judge):
    found, shown = judge(write("mine.trec", "de en", "de* de en"), "--measures", "map,recall@2,rank_distance@3")
    assert {name: scores["queries"] for name, scores in found["settings"].items()} == {"de-all": 74, "en-all": 74}
    # relevant at 2 and 3: (1/2 + 2/3) / 2, one of two among the first two, and |2 - 3|
    expected = {"map": 7 / 12, "recall@2": 1 / 2, "rank_distance@3": 1}
    assert found["scores"] == {"multi": pytest.approx(expected)}
    assert found["model"].endswith("mine.trec")
    assert "58.3" in shown


def test_a_run_is_of_the_setting_asked_for(write, judge):
    found, _ = judge(write("mine.trec", "en", "de* de"), "--settings", "en-de")
    assert found["settings"].keys() == {"en-de"}
    assert found["scores"]["cross"] == pytest.approx({"map": 1 / 2, "recall@1": 0, "ndcg@10": 1 / math.log2(3)})


def test_a_run_named_after_a_setting_is_of_that_setting(write, judge):
    found, _ = judge(write("en-de.trec", "en", "de"), "--measures", "map")
    assert found["settings"] == {"en-de": {"queries": 74, "map": 1}}


def test_a_run_is_of_the_datasets_setting(write, judge):
    found, _ = judge(write("mine.trec", "en", "de"), "--dataset", "sample.en-de", "--measures", "map")
    assert found["scores"] == {"cross": {"map": 1}}


def test_queries_that_found_nothing_count_0(write, judge):
    found, _ = judge(write("mine.trec", "en", "de", questions=37), "--settings", "en-de", "--measures", "map")
    assert found["settings"]["en-de"] == {"queries": 74, "map": 1 / 2}


def test_the_runs_of_a_folder_are_named_after_their_settings(write, judge):
    write("runs/en.trec", "en", "en")
    write("runs/sample.en-de.trec", "en", "de* de")
    write("runs/de-all.trec", "de", "en* de en")
    write("runs/notes.txt", "en", "en")
    found, _ = judge("runs", "--measures", "map")
    assert {name: scores["map"] for name, scores in found["settings"].items()} == {
        "en": 1,
        "en-de": 1 / 2,
        "de-all": pytest.approx(7 / 12),
    }


def test_of_a_folder_only_the_settings_asked_for_are_read(write, judge, tmp_path):
    write("runs/en.trec", "en", "en")
    write("runs/en-de.trec", "en", "de* de")
    (tmp_path / "runs" / "de-en.trec").write_text("no run")
    found, _ = judge("runs", "--measures", "map", "--settings", "en-de,mono")
    assert {name: scores["map"] for name, scores in found["settings"].items()} == {"en": 1, "en-de": 1 / 2}


def test_folder_with_runs_of_some_settings_says_what_means_are_over(write, judge):
    for setting, queries in (("de", "de"), ("en", "en"), ("en-de", "en")):
        write(f"runs/{setting}.trec", queries, setting[-2:])
    found, shown = judge("runs")
    note = "there are runs of 1 of the 2 cross settings, and means are over these"
    assert [each for each in found["notes"] if "there are runs" in each] == [note]
    assert note in " ".join(shown.split())
    chosen, _ = judge("runs", "--settings", "en-de", output="chosen")
    assert not any("there are runs" in each for each in chosen["notes"])


def test_cut_off_runs_say_what_rank_distance_counts(write, judge):
    found, shown = judge(write("mine.trec", "de en", "de en"))
    assert found["scores"]["multi"]["rank_distance@2"] == 1
    assert any("at depth 2 at most" in note for note in found["notes"])
    assert "what lies below counts as not retrieved" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("en:f999 Q0 de:f001 1 0.5 x", "mine.trec:2: sample has no query 'en:f999'"),
        ("{query} Q0 de:none 1 0.5 x", "mine.trec:2: sample has no document 'de:none'"),
        ("{query} Q0 {passage} 1 nan x", "mine.trec:2: the score of '{passage}' is 'nan'"),
        ("{query} Q0 {passage} 1 high x", "mine.trec:2: the score of '{passage}' is 'high'"),
        ("{query} Q0 {passage} 2 0.1 x", "mine.trec:2: the query '{query}' has the document '{passage}' already"),
        ("{query} Q0 {passage}", "mine.trec:2: "),
    ],
    ids=["query", "document", "nan", "score", "twice", "columns"],
)
def test_a_wrong_line_is_refused_with_its_number(invoke, answers, tmp_path, line, message):
    query, found = next(iter(answers["en"].items()))
    names = {"query": query, "passage": found["de"]}
    (tmp_path / "mine.trec").write_text("{query} Q0 {passage} 1 0.9 x\n".format(**names) + line.format(**names) + "\n")
    words = ("--run", tmp_path / "mine.trec", *DATA, "--settings", "en-de", "--output", tmp_path / "out")
    result = invoke("evaluate", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"Error: {tmp_path}/{message.format(**names)}" in result.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none.trec"], "There is no run none.trec. Check --run."),
        (["empty"], "empty holds no run. Name runs after their settings, such as en-de.trec."),
        (["kinds"], "kinds/mono.trec names 2 settings. Name one, such as en-de.trec."),
        (["strangers"], "sample has no setting 'bm25'"),
        (["twice"], "twice/en-de.trec and sample.en-de.trec are of the same setting. Keep one of them."),
        (["kept", "--settings", "en,de"], "kept holds no run of de. Add de.trec, or leave it out."),
        (["kinds/mono.trec"], "One run cannot be of settings with different corpora"),
        (["mine.trec", "--settings", "mono"], "One run cannot be of settings with different corpora"),
        (["mine.trec", "--settings", "en-fr"], "sample has no setting 'en-fr'"),
        (["mine.trec", "--measures", "mapp"], "There is no measure 'mapp'"),
    ],
    ids=[
        "missing",
        "empty folder",
        "kind",
        "other name",
        "twice",
        "setting without a run",
        "file of a kind",
        "several corpora",
        "setting",
        "measure",
    ],
)
def test_a_run_that_cannot_be_judged_is_refused(refused, write, tmp_path, words, message):
    (tmp_path / "empty").mkdir()
    for name in ("mine", "kinds/mono", "strangers/bm25", "twice/en-de", "twice/sample.en-de", "kept/en"):
        write(f"{name}.trec", "en", "en")
    assert message in refused("evaluate", "--run", *words, *DATA, "--output", "out")


def test_a_run_of_other_queries_or_compressed_is_refused(invoke, write, tmp_path):
    write("english.trec", "en", "en")
    (tmp_path / "zipped.trec").write_bytes(gzip.compress(b"en:1 Q0 de:1 1 1.0 x\n"))
    for name, message in {
        "english.trec": "english.trec holds no query of de-en, but of en. Name the setting that it was made in",
        "zipped.trec": "zipped.trec is compressed by gzip. Unpack it: gunzip -k zipped.trec",
    }.items():
        result = invoke("evaluate", "--run", name, *DATA, "--settings", "de-en", "--output", "out")
        assert result.exit_code == 2
        assert f"Error: {message}" in result.stderr
        assert not (tmp_path / "out").exists()


def test_a_run_of_one_language_is_judged_on_its_queries_alone(write, judge):
    found, _ = judge(write("mine.trec", "en", "en de", questions=37), "--measures", "map")
    assert found["settings"] == {"en-all": {"queries": 74, "map": 1 / 2}}
    assert "nothing was retrieved for 37 of 74 queries, which count 0" in found["notes"]


@pytest.fixture
def systems(write, judge):
    """Two systems: one finds every answer first, the other second; and both in another set of questions."""
    asked = ("--settings", "en-de", "--measures", "map,recall@1")
    judge(write("good.trec", "en", "de"), *asked, output="good")
    judge(write("poor.trec", "en", "de* de"), *asked, "--per-query", "jsonl", output="poor")
    return asked


def test_evaluations_are_compared_whatever_their_format(invoke, systems, tmp_path):
    result = invoke("compare", "poor", "good", "--output", "found.json")
    assert result.exception is None, result.output
    content = json.loads((tmp_path / "found.json").read_text())
    found = {contrast["measure"]: contrast for contrast in content["kinds"]}
    assert (found["map"]["difference"], found["recall@1"]["difference"]) == (1 / 2, 1)
    assert {contrast["verdict"] for contrast in found.values()} == {"better"}
    assert {contrast["queries"] for contrast in found.values()} == {74}


def test_evaluations_of_other_questions_or_passages_cannot_be_compared(refused, invoke, systems, tmp_path):
    for name, more in {"split": ("--split", "train"), "languages": ("--languages", "de,en,es")}.items():
        split = "train" if name == "split" else "test"
        query, *_ = load_dataset("sample", languages=["en"], split=split).queries["en"]
        (tmp_path / "one.trec").write_text(f"{query} Q0 de:{query[3:]}-fact 1 1.0 x\n")
        words = ("evaluate", "--run", "one.trec", *DATA, *systems, *more, "--output", name)
        assert invoke(*words).exception is None
        line = refused("compare", "good", name)
        assert f"No run can be compared with good ({name}: other " in line


def test_evaluations_without_a_common_setting_cannot_be_compared(refused, systems, write, judge):
    judge(write("other.trec", "de", "en"), "--settings", "de-en", "--measures", "map", output="other")
    assert "no setting and measure has values of both" in refused("compare", "good", "other")
