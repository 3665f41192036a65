import json
import pickle

import pytest

import beir_hybrid_pyserini.work
from beir_hybrid.evaluation.encoding import forecast
from beir_hybrid.workers import LocalWorkers


class RemoteWorkers(LocalWorkers):
    """Does what a cluster does in this process: tasks and work are sent as bytes.

    Args:
        written: Gets what each task returns.
        most: After so many tasks, the command is interrupted as by a signal; None for never.
    """

    def __init__(self, written=None, most=None):
        self.written = [] if written is None else written
        self.most = most

    def run(self, work, tasks, *, weights=None, advance=None):
        there = pickle.loads(pickle.dumps(work))  # what this process wrote
        for number, task in enumerate(pickle.loads(pickle.dumps(list(tasks)))):
            if number == self.most:
                raise KeyboardInterrupt
            self.written.append(there(task))
            yield number, self.written[-1]


@pytest.fixture
def words(model_folder):
    return ["index", "--dataset", "sample.en-de", "--model", model_folder, "--output", "index"]


def test_setting_has_its_passages_queries_and_judgements(invoke, tmp_path, words, sample):
    result = invoke(*words, "--topics", "topics.tsv", "--qrels", "qrels.txt", "--jsonl", "corpus")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "Written: index (74 passages of 32 dimensions, Flat)",
        "Written: topics.tsv (74 topics)",
        "Written: qrels.txt (judgements of 74 topics)",
        "Written: corpus/corpus.jsonl (74 passages)",
    ]
    documents = (tmp_path / "index" / "docid").read_text(encoding="utf-8").splitlines()
    assert documents == list(sample.corpora["de"])
    rows = [
        json.loads(line) for line in (tmp_path / "corpus" / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [row["id"] for row in rows] == documents
    topics = (tmp_path / "topics.tsv").read_text(encoding="utf-8").splitlines()
    assert [line.partition("\t")[0] for line in topics] == list(sample.queries["en"])
    judged = [line.split() for line in (tmp_path / "qrels.txt").read_text(encoding="utf-8").splitlines()]
    assert {language.partition(":")[0] for _, _, language, _ in judged} == {"de"}


@pytest.fixture
def own(tmp_path, sample):
    """A BEIR folder of somebody else's, with the sample's texts in German and English and two splits."""
    folder = tmp_path / "data" / "own"
    (folder / "qrels").mkdir(parents=True)
    corpus = [{"_id": key, "text": part.text} for code in ("de", "en") for key, part in sample.corpora[code].items()]
    queries = [{"_id": key, "text": text} for code in ("de", "en") for key, text in sample.queries[code].items()]
    for name, rows in (("corpus.jsonl", corpus), ("queries.jsonl", queries)):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    known = {row["_id"] for row in corpus}
    judged = [
        f"{query['_id']}\t{document}\t{grade}"
        for query in queries
        for document, grade in sample.qrels[query["_id"]].items()
        if document in known
    ]
    (folder / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *judged]), encoding="utf-8")
    (folder / "qrels" / "dev.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", judged[0]]), encoding="utf-8")
    return folder


def test_beir_folder_is_indexed_as_a_dataset_is(invoke, tmp_path, model_folder, own):
    files = ("--topics", "topics.tsv", "--qrels", "qrels.txt", "--jsonl", "corpus")
    result = invoke("index", "--dataset", "data/own.en-de", "--model", model_folder, "--output", "index", *files)
    assert result.exit_code == 0, result.output
    ours = invoke("index", "--dataset", "sample.en-de", "--topics", "ours.tsv", "--qrels", "ours.txt")
    assert ours.exit_code == 0, ours.output
    for theirs, wanted in (("topics.tsv", "ours.tsv"), ("qrels.txt", "ours.txt")):
        assert sorted((tmp_path / theirs).read_bytes().split(b"\n")) == sorted(
            (tmp_path / wanted).read_bytes().split(b"\n")
        )
    documents = (tmp_path / "index" / "docid").read_text(encoding="utf-8").splitlines()
    assert documents == [
        json.loads(line)["_id"]
        for line in (own / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
        if '"de:' in line
    ]
    assert json.loads((tmp_path / "index" / "beir-hybrid.json").read_text(encoding="utf-8"))["dataset"] == "own.en-de"
    again = invoke("index", "--dataset", f"{own}.en-de", "--model", model_folder, "--output", "index", *files)
    assert [line.partition(":")[0] for line in again.stdout.splitlines()] == [
        "Left as it is, since it holds just that"
    ] * 4


def test_split_of_a_beir_folder_is_chosen(invoke, own):
    assert "(148 topics)" in invoke("index", "--dataset", own, "--topics", "all.tsv").stdout
    assert "(1 topic)" in invoke("index", "--dataset", own, "--split", "dev", "--topics", "one.tsv").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["data/own.en-xx"], "own has no setting 'en-xx'"),
        (["data/own.mono"], "own has no setting 'mono'"),
        (["data/own", "--split", "train"], "own has no split 'train'. Known: dev, test."),
        (["data/mine.en-de"], "There is no dataset 'data/mine.en-de'"),
        (["data/own", "--source", "data"], "A BEIR folder has no source 'data'"),
    ],
    ids=["setting", "kind", "split", "folder", "source"],
)
def test_wrong_choices_of_a_beir_folder_are_one_line(refused, model_folder, own, words, message):
    assert message in refused("index", "--model", model_folder, "--output", "index", "--dataset", *words)


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl"])
def test_ids_with_blanks_are_refused_with_their_line(refused, own, name):
    lines = (own / name).read_text(encoding="utf-8").splitlines()
    row = json.loads(lines[2])
    lines[2] = json.dumps(row | {"_id": row["_id"].replace("-", " ", 1)})
    (own / name).write_text("\n".join(lines), encoding="utf-8")
    assert f"{name}:3: the id 'de:" in refused("index", "--dataset", own, "--topics", "topics.tsv")


def test_second_run_leaves_the_same_index_and_reads_the_cache(invoke, words):
    assert invoke(*words, "--factory", "SQ8").exit_code == 0
    again = invoke(*words, "--factory", "SQ8")
    assert again.stdout == "Left as it is, since it holds just that: index (74 passages of 32 dimensions, SQ8)\n"
    assert "Encoding" not in again.stderr


def test_files_alone_need_no_model(invoke, tmp_path):
    result = invoke("index", "--dataset", "sample", "--topics", "topics.tsv")
    assert result.exit_code == 0, result.output
    assert len((tmp_path / "topics.tsv").read_text(encoding="utf-8").splitlines()) == 814


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--dataset", "sample.en-xx"], "has no setting 'en-xx'"),
        (["--dataset", "smaple"], "Did you mean 'sample'"),
        (["--model", "./none"], "There is no model folder ./none"),
        (["--factory", "HNSW0"], "'HNSW0'"),
        (["--factory", "Nonsense"], "'Nonsense'"),
        (["--dtype", "int3"], "int3"),
    ],
    ids=lambda change: change[1] if isinstance(change, list) else "",
)
def test_wrong_choices_are_one_line_and_nothing_is_written(refused, words, change, message):
    assert message in refused(*words, *change)


def test_index_needs_model_and_folder(refused, model_folder):
    assert "needs a model" in refused("index", "--dataset", "sample", "--output", "index")
    assert "needs a folder" in refused("index", "--dataset", "sample", "--model", model_folder)
    assert "nothing to write" in refused("index", "--dataset", "sample")


@pytest.mark.parametrize("option", ["--topics", "--qrels"])
def test_files_that_are_there_stay(refused, tmp_path, option):
    (tmp_path / "file").write_text("theirs")
    assert "--overwrite" in refused("index", "--dataset", "sample", option, "file")


def test_other_index_that_is_there_stays(invoke, refused, words):
    assert invoke(*words).exit_code == 0
    assert "holds an index already" in refused(*words, "--factory", "HNSW8")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("topics.tsv", "en:1 no tab", "topics.tsv:1: 'en:1 no tab' has no tab"),
        ("run.trec", "theirs", "run.trec exists already"),
        ("index/docid", None, "no file 'docid'"),
        ("index/docid", "de:1\nde:1\n", "'de:1' comes twice"),
        ("index/docid", "de:1\nde:2\n", "index is damaged: docid has 10 bytes"),
    ],
    ids=["tab", "run", "no ids", "double", "count"],
)
def test_search_refuses_in_one_line(java, invoke, refused, tmp_path, words, name, text, message):
    assert invoke(*words, "--topics", "topics.tsv").exit_code == 0
    (tmp_path / name).unlink(missing_ok=True)
    if text is not None:
        (tmp_path / name).write_text(text)
    assert message in refused("search", "--index", "index", "--topics", "topics.tsv", "--output", "run.trec")


def test_search_refuses_another_models_index(java, invoke, refused, words, make_model):
    assert invoke(*words, "--topics", "topics.tsv").exit_code == 0
    other = make_model(["one two"], dimensions=8)
    said = refused("search", "--index", "index", "--topics", "topics.tsv", "--output", "run.trec", "--model", other)
    assert said.startswith("index holds vectors of 32 dimensions, and the model's have 8.")


def test_repeated_command_leaves_all_as_it_is(invoke, tmp_path, words):
    files = ["--topics", "topics.tsv", "--qrels", "qrels.txt", "--jsonl", "corpus"]
    assert invoke(*words, *files).exit_code == 0
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    again = invoke(*words, *files)
    assert again.exit_code == 0, again.output
    assert [line.partition(":")[0] for line in again.stdout.splitlines()] == [
        "Left as it is, since it holds just that"
    ] * 4
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "options",
    [
        ["--topics", "x", "--qrels", "./x"],
        ["--topics", "index"],
        ["--qrels", "index/qrels.txt"],
        ["--jsonl", "index"],
        ["--jsonl", "corpus", "--topics", "corpus/topics.tsv"],
    ],
)
def test_two_things_in_one_place_are_refused(refused, words, options):
    assert "is in the way of" in refused(*words, *options)


def test_index_goes_into_the_current_folder(invoke, tmp_path, words, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    result = invoke(*words[:-1], ".", "--topics", "../topics.tsv")
    assert result.exit_code == 0, result.output
    assert {path.name for path in (tmp_path / "here").iterdir()} == {"index", "docid", "beir-hybrid.json"}


def test_dry_run_tells_what_encoding_the_passages_takes_and_writes_nothing(invoke, tmp_path, words, monkeypatch):
    monkeypatch.setattr(forecast, "SECONDS", 0.0)
    result = invoke(*words, "--shard", "3/17", "--device", "cpu", "--dry-run")
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "Encoding sample: 74 passages" in said
    assert "17 x cpu" in said
    assert "exact search" not in said
    assert not (tmp_path / "index").exists()


def test_dry_run_and_cluster_need_a_model(refused):
    words = ("index", "--dataset", "sample.en-de", "--vectors", "vectors", "--output", "index")
    assert "--dry-run encodes a sample, and no model is given" in refused(*words, "--dry-run")
    assert "--cluster encodes passages, and no model is given" in refused(*words, "--cluster", "local")
    assert "--workers is 2, and no cluster is given" in refused(*words, "--workers", "2")


@pytest.mark.parametrize("shard", [(), ("--shard", "1/3")], ids=["whole", "shard"])
def test_index_by_workers_is_that_of_one_process(invoke, tmp_path, model_folder, monkeypatch, shard):
    monkeypatch.setattr(beir_hybrid_pyserini.work, "open_workers", lambda *_, **__: RemoteWorkers())
    words = ("index", "--dataset", "sample.en-all", "--model", model_folder, *shard)
    for name, cluster in (("here", ()), ("there", ("--cluster", "local", "--workers", "2"))):
        result = invoke(*words, "--output", name, *cluster)
        assert result.exit_code == 0, result.output
    content = [
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
        for name in ("here", "there")
    ]
    assert content[0] == content[1]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert invoke(*words, "--output", "there").stdout.startswith("Left as it is")


def test_killed_index_by_workers_keeps_its_whole_shards(invoke, tmp_path, model_folder, monkeypatch):
    written = []
    monkeypatch.setattr(beir_hybrid_pyserini.work, "open_workers", lambda *_, **__: RemoteWorkers(written, most=5))
    words = ("index", "--dataset", "sample", "--model", model_folder, "--output", "index", "--cluster", "local")
    assert invoke(*words).exit_code == 1
    assert len(list((tmp_path / ".index.building").rglob("shard-*"))) == 5
    written.clear()
    monkeypatch.setattr(beir_hybrid_pyserini.work, "open_workers", lambda *_, **__: RemoteWorkers(written))
    assert invoke(*words).exit_code == 0
    assert written[:5] == [""] * 5
    assert all(written[5:])
