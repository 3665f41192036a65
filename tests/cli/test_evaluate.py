import json
import logging
from collections import Counter

import pytest

from beir_hybrid.datasets import load_dataset, load_pairs
from beir_hybrid.training.base_models import static_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """An untrained model's folder."""
    folder = tmp_path_factory.mktemp("models") / "static"
    static_model(load_pairs("sample", languages=["de", "en"]), dimensions=4).save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def words(model, cache, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(cache))
    return ("evaluate", "--model", model, "--dataset", "sample", "--languages", "de,en", "--device", "cpu")


@pytest.fixture
def encoded(monkeypatch):
    """The texts that models encode in this test, in this process."""
    from sentence_transformers import SentenceTransformer

    texts = []
    encode = SentenceTransformer.encode

    def recorded(model, inputs, *arguments, **options):
        texts.extend([inputs] if isinstance(inputs, str) else inputs)
        return encode(model, inputs, *arguments, **options)

    monkeypatch.setattr(SentenceTransformer, "encode", recorded)
    return texts


def results(folder):
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


def numbers(folder):
    """What was measured, without when and with what."""
    return {name: results(folder)[name] for name in ("scores", "settings", "micro", "intervals", "ties", "data")}


def sample_texts(*languages):
    collection = load_dataset("sample", languages=languages)
    queries = {text for texts in collection.queries.values() for text in texts.values()}
    return len(queries) + len({passage for texts in collection.corpora.values() for passage in texts.values()})


def read_lines(path):
    return [line.split() for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_setting_is_scored_and_written(invoke, words, model, tmp_path):
    result = invoke(*words, "--output", tmp_path / "out")
    assert result.exception is None
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["queries.parquet", "results.json"]
    found = results(tmp_path / "out")
    assert (found["schema"], found["dataset"], found["model"]) == (1, "sample", str(model))
    assert (found["passage_text"], found["languages"]) == ("sentence", ["de", "en"])
    assert set(found["settings"]) == {"de", "en", "de-en", "en-de", "de-all", "en-all"}
    assert {setting["queries"] for setting in found["settings"].values()} == {74}
    assert {kind: set(scores) for kind, scores in found["scores"].items()} == {
        "mono": {"map", "recall@1", "ndcg@10"},
        "cross": {"map", "recall@1", "ndcg@10"},
        "multi": {"map", "recall@10", "ndcg@10", "rank_distance"},
    }
    # the table shows what the file holds
    assert f"{100 * found['scores']['cross']['map']:.1f}" in result.stdout


def test_measures_and_split_are_those_asked_for(invoke, words, tmp_path):
    assert invoke(*words, "--output", tmp_path, "--measures", "recall@5,map", "--split", "train").exception is None
    found = results(tmp_path)
    assert {tuple(scores) for scores in found["scores"].values()} == {("recall@5", "map")}
    assert found["settings"]["de"]["queries"] == len(load_dataset("sample", split="train").queries["de"])


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--settings", "en-de,mono"], ["en-de", "de", "en"]),
        (["--settings", "sample.en-all"], ["en-all"]),
        (["--dataset", "sample.de-en"], ["de-en"]),
        (["--dataset", "sample.de-en", "--settings", "multi"], ["de-all", "en-all"]),
    ],
    ids=["names and kinds", "with the dataset's name", "of the dataset", "rather than the dataset's"],
)
def test_only_the_settings_asked_for_are_scored(invoke, words, tmp_path, more, expected):
    assert invoke(*words, "--output", tmp_path, "--measures", "map", *more).exception is None
    assert list(results(tmp_path)["settings"]) == expected


def test_bias_is_measured_and_shown_by_language(invoke, words, tmp_path):
    result = invoke(*words, "--output", tmp_path, "--measures", "map,bias")
    assert result.exception is None
    shares = {f"language_share[{code}]@10" for code in ("de", "en")}
    maps = {f"one_target_map[{code}]" for code in ("de", "en")}
    found = results(tmp_path)["scores"]
    assert set(found["multi"]) == {"map", "same_language_share@10", "ndkl@10", "mrc@10", *shares, *maps}
    assert set(found["mono"]) == {"map"}
    shown = " ".join(result.stdout.split())
    for family in ("language share@10", "one-target mAP"):
        assert f"{family}: query language down, passage language across" in shown


def test_a_profile_answers_in_sentences_and_is_kept_and_reported(invoke, words, tmp_path):
    result = invoke(*words, "--output", tmp_path / "out", "--profile")
    assert result.exception is None
    for question in ("prefer the question's language?", "languages attract?", "never found?", "debiasing bring?"):
        assert question in result.stdout
    kept = results(tmp_path / "out")["profile"]
    assert set(kept["finds"]) == set(kept["probe"]) == {"de", "en"}
    assert f"{kept['first']:.1%}" in result.stdout
    assert set(results(tmp_path / "out")["settings"]) == {"de-all", "en-all"}
    page = tmp_path / "page.html"
    assert invoke("report", tmp_path / "out", "--output", page).exception is None
    text = page.read_text(encoding="utf-8")
    assert "What the model does with languages" in text
    assert f"{kept['first']:.1%}" in text
    assert "--profile" in text


def test_a_profile_of_a_run_needs_no_vectors(invoke, words, tmp_path):
    runs = ("--settings", "multi", "--measures", "map", "--output", tmp_path / "model", "--runs")
    assert invoke(*words, *runs).exception is None
    own = [word for word in words if word not in (words[1], words[2], "--device", "cpu")]
    asked = ("--run", tmp_path / "model" / "runs", "--profile", "--output", tmp_path / "run")
    result = invoke(*own, *asked)
    assert result.exception is None, result.output
    assert "It was not tried" in result.stdout
    assert results(tmp_path / "run")["profile"]["probe"] == {}


def test_a_profile_without_a_pool_of_languages_is_refused_before_anything_is_encoded(invoke, words, encoded):
    refused = invoke(*words, "--profile", "--settings", "en-de")
    assert (refused.exit_code, encoded) == (2, [])
    assert "pool of all languages" in refused.stderr
    assert "pool of all languages" in invoke(*words, "--profile", "--languages", "en").stderr


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_values_of_queries_are_written_in_the_format_asked_for(invoke, words, tmp_path, form):
    from beir_hybrid.evaluation.query_values import QueryValues

    assert invoke(*words, "--output", tmp_path, "--measures", "map", "--per-query", form).exception is None
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"queries.{form}", "results.json"]
    found, values = results(tmp_path), QueryValues.load(tmp_path)
    assert {setting.name: len(setting.queries) for setting in values.settings} == {
        name: scores["queries"] for name, scores in found["settings"].items()
    }
    assert values.means()["en-de"]["map"] == found["settings"]["en-de"]["map"]


def test_nothing_is_written_without_an_output_folder(invoke, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert invoke(*words).exception is None
    assert list(tmp_path.iterdir()) == []


def test_overwrite_replaces_the_results_alone(invoke, words, tmp_path):
    (tmp_path / "results.json").write_text("old")
    (tmp_path / "modules.json").write_text("model")
    assert invoke(*words, "--output", tmp_path, "--overwrite").exception is None
    assert results(tmp_path)["dataset"] == "sample"
    assert (tmp_path / "modules.json").read_text() == "model"


@pytest.mark.parametrize("more", [["--runs"], []])
def test_overwrite_leaves_no_runs_of_the_results_before(invoke, words, tmp_path, more):
    asked = (*words, "--measures", "map", "--output", tmp_path)
    assert invoke(*asked, "--runs").exception is None
    (tmp_path / "runs" / "mine.txt").write_text("kept")
    assert invoke(*asked, "--settings", "en-de", "--overwrite", *more).exception is None
    left = {path.name for path in (tmp_path / "runs").iterdir()}
    assert left == {"mine.txt", *(["en-de.trec"] if more else [])}


def test_trained_folder_is_evaluated(invoke, tmp_path):
    training = ("--train-data", "sample", "--languages", "de,en", "--output", tmp_path / "run", "--max_steps", "2")
    assert invoke("train", "--model", "static:8", *training).exception is None
    result = invoke(
        *("evaluate", "--model", tmp_path / "run", "--dataset", "sample", "--languages", "de,en"),
        *("--output", tmp_path / "run"),  # beside the model
    )
    assert result.exception is None
    assert results(tmp_path / "run")["model"] == str(tmp_path / "run")


def test_pytrec_eval_finds_the_same_in_the_runs_that_are_written(invoke, words, tmp_path):
    import pytrec_eval

    names = {"map": "map", "mrr": "recip_rank", "ndcg@10": "ndcg_cut_10", "recall@10": "recall_10"}
    asked = ("--measures", ",".join(names), "--output", tmp_path, "--runs")
    assert invoke(*words, *asked).exception is None
    found = results(tmp_path)["settings"]
    assert sorted(path.stem for path in (tmp_path / "runs").iterdir()) == sorted(found)
    collection = load_dataset("sample", languages=["de", "en"])
    for setting, scores in found.items():
        source, _, target = setting.partition("-")
        corpora = None if target == "all" else target or source
        _, queries, qrels = collection.beir(queries=source, corpus=corpora)
        run = {query: {} for query in queries}
        for query, _, document, _, score, _ in read_lines(tmp_path / "runs" / f"{setting}.trec"):
            run[query][document] = float(score)
        theirs = pytrec_eval.RelevanceEvaluator(qrels, set(names.values())).evaluate(run)
        assert len(theirs) == scores["queries"]
        for ours, name in names.items():
            mean = sum(values[name] for values in theirs.values()) / len(theirs)
            assert scores[ours] == pytest.approx(mean, abs=1e-9), (setting, ours)


def test_runs_that_were_written_are_judged_alike(invoke, words, tmp_path):
    assert invoke(*words, "--output", tmp_path / "model", "--runs").exception is None
    again = ("evaluate", "--run", tmp_path / "model" / "runs", *words[3:7], "--output", tmp_path / "again")
    assert invoke(*again).exception is None
    for name in ("scores", "settings", "data"):
        assert results(tmp_path / "again")[name] == results(tmp_path / "model")[name]


def test_runs_are_as_deep_as_asked_and_ranked_from_one(invoke, words, tmp_path):
    asked = ("--settings", "en-de", "--measures", "map")
    assert invoke(*words, *asked, "--output", tmp_path, "--runs", "--depth", "3").exception is None
    lines = read_lines(tmp_path / "runs" / "en-de.trec")
    assert set(Counter(query for query, *_ in lines).values()) == {3}
    assert [rank for _, _, _, rank, _, _ in lines[:6]] == ["1", "2", "3"] * 2
    assert {(query[:3], document[:3]) for query, _, document, *_ in lines} == {("en:", "de:")}
    # the numbers are of whole rankings whatever the runs' depth
    assert invoke(*words, *asked, "--output", tmp_path / "whole").exception is None
    assert results(tmp_path)["settings"] == results(tmp_path / "whole")["settings"]


def test_flat_index_finds_what_exact_search_finds(invoke, words, tmp_path):
    asked = ("--measures", "map,ndcg@10,rank_distance@1000")
    assert invoke(*words, *asked, "--output", tmp_path / "exact").exception is None
    result = invoke(*words, *asked, "--output", tmp_path / "flat", "--index", "Flat")
    assert result.exception is None
    exact, flat = results(tmp_path / "exact"), results(tmp_path / "flat")
    for setting, scores in exact["settings"].items():
        assert flat["settings"][setting] == pytest.approx(scores, abs=1e-9), setting
    [note] = flat["notes"]
    assert note.startswith("found by Faiss Flat to depth 1000; it finds 100.00% of the exact first 10")
    assert "found by Faiss Flat to depth 1000" in " ".join(result.stdout.split())


@pytest.mark.parametrize(("asked", "depth"), [(20, 20), (5, 10)], ids=["as asked", "as deep as recall@10 looks"])
def test_depth_is_that_of_the_index(invoke, words, tmp_path, asked, depth):
    choices = ("--index", "Flat", "--depth", str(asked), "--settings", "en-all", "--output", tmp_path)
    assert invoke(*words, *choices).exception is None
    found = results(tmp_path)
    assert f"rank_distance@{depth}" in found["scores"]["multi"]
    assert [note.partition(";")[0] for note in found["notes"] if "Faiss" in note] == [
        f"found by Faiss Flat to depth {depth}"
    ]


def test_second_evaluation_encodes_nothing_and_finds_the_same(invoke, words, encoded, tmp_path):
    asked = (*words, "--cache", tmp_path / "cache", "--output")
    assert invoke(*asked, tmp_path / "first").exception is None
    assert len(encoded) == sample_texts("de", "en")
    encoded.clear()
    assert invoke(*asked, tmp_path / "second").exception is None
    assert encoded == []
    assert numbers(tmp_path / "second") == numbers(tmp_path / "first")


def test_texts_of_other_evaluations_are_not_encoded_again(invoke, words, encoded, tmp_path):
    asked = (*words, "--cache", tmp_path / "cache", "--measures", "map")
    assert invoke(*asked, "--languages", "de").exception is None
    assert len(encoded) == sample_texts("de")
    encoded.clear()
    assert invoke(*asked).exception is None
    assert len(encoded) == sample_texts("en")


def test_damaged_cache_is_rebuilt_and_not_trusted(invoke, words, encoded, tmp_path, caplog):
    asked = (*words, "--cache", tmp_path / "cache", "--measures", "map", "--output")
    assert invoke(*asked, tmp_path / "first").exception is None
    cut, changed = sorted((tmp_path / "cache").rglob("shard-*.npy"))  # of queries and passages
    cut.write_bytes(cut.read_bytes()[:-7])
    content = bytearray(changed.read_bytes())
    content[-3] ^= 0x40
    changed.write_bytes(content)
    encoded.clear()
    with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
        assert invoke(*asked, tmp_path / "second").exception is None
    assert len(encoded) == sample_texts("de", "en")
    assert numbers(tmp_path / "second") == numbers(tmp_path / "first")
    assert sum("is damaged and put aside" in message for message in caplog.messages) == 2
    assert len(list((tmp_path / "cache").rglob("shard-*.npy.damaged"))) == 2
    encoded.clear()
    assert invoke(*asked, tmp_path / "third").exception is None
    assert encoded == []


def test_cache_is_the_environments_unless_told(invoke, words, encoded, tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "mine"))
    for _ in range(2):
        assert invoke(*words, "--no-cache", "--measures", "map").exception is None
    assert len(encoded) == 2 * sample_texts("de", "en")
    assert list(tmp_path.iterdir()) == []
    assert invoke(*words, "--measures", "map").exception is None
    assert list((tmp_path / "mine" / "embeddings").rglob("shard-*.npy"))
    encoded.clear()
    assert invoke(*words, "--measures", "map").exception is None
    assert encoded == []


def test_cache_that_cannot_be_written_is_refused(invoke, words, tmp_path):
    (tmp_path / "file").write_text("mine")
    result = invoke(*words, "--cache", tmp_path / "file" / "cache", "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert "file is a file. Choose another place: --cache" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.fixture
def own(tmp_path):
    """Write the sample as somebody's own folder, its queries with the metadata given by id."""

    def write(metadata):
        collection = load_dataset("sample", languages=["de", "en"])
        folder = tmp_path / "own"
        (folder / "qrels").mkdir(parents=True, exist_ok=True)
        corpus, queries, qrels = collection.beir()
        rows = [{"_id": name, **row} for name, row in corpus.items()]
        (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        rows = [{"_id": name, "text": text, "metadata": metadata(name)} for name, text in queries.items()]
        (folder / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        lines = [f"{query}\t{name}\t{grade}\n" for query, grades in qrels.items() for name, grade in grades.items()]
        (folder / "qrels" / "test.tsv").write_text("".join(["query-id\tcorpus-id\tscore\n", *lines]))
        return folder

    return write


def test_own_folder_has_the_same_intervals_by_groups_and_by_ids(invoke, words, own, tmp_path):
    numbers: dict[str, int] = {}
    told = {
        "metadata.group": lambda name: {"group": numbers.setdefault(name.partition(":")[2], len(numbers))},
        "equal ids": lambda name: {},
    }
    found = {}
    for rule, metadata in told.items():
        given = [own(metadata) if word == "sample" else word for word in words]
        result = invoke(*given, "--output", tmp_path / rule)
        assert result.exception is None
        found[rule] = results(tmp_path / rule)
        count = len(load_dataset("sample", languages=["de", "en"]).beir()[1])
        assert found[rule]["translations"] == {"rule": rule, "linked": count, "queries": count}
        words_of = {"metadata.group": "metadata.group", "equal ids": "equal ids after the language"}
        said = f"translations are linked by {words_of[rule]}: {count} of {count} queries"
        assert said in " ".join(result.stdout.split())
        assert not [note for note in found[rule]["notes"] if "translation" in note]
    assert found["equal ids"]["intervals"] == found["metadata.group"]["intervals"]


def test_own_folder_whose_translations_are_not_known_says_so(invoke, words, own, tmp_path):
    given = [own(lambda name: {"group": ""}) if word == "sample" else word for word in words]
    result = invoke(*given, "--output", tmp_path / "out")
    assert result.exception is None
    [note] = [note for note in results(tmp_path / "out")["notes"] if "translation" in note]
    assert note.startswith("metadata.group links no query to a translation: each counts as a question of its own")
    assert note in " ".join(result.stdout.split())
    result = invoke(*given, "--settings", "en")
    assert result.exception is None
    assert "translation" not in result.stdout  # of one language
