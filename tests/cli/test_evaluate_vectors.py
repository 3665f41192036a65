import json
import shutil

import pytest

from beir_hybrid.datasets import load_dataset, load_pairs
from beir_hybrid.errors import WorkerError
from beir_hybrid.evaluation import VectorFolder, encode
from beir_hybrid.evaluation.encoding.encoder import as_encoder
from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
from beir_hybrid.evaluation.encoding.vector_description import describe_vectors
from beir_hybrid.evaluation.encoding.vectors import keys_of
from beir_hybrid.registry import CLUSTERS
from beir_hybrid.training.base_models import static_model
from beir_hybrid.workers import LocalWorkers

WORDS = ("evaluate", "--dataset", "sample", "--languages", "de,en")
MEASURES = ("--measures", "default,bias")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """An untrained model's folder."""
    folder = tmp_path_factory.mktemp("models") / "static"
    static_model(load_pairs("sample", languages=["de", "en"]), dimensions=4).save_pretrained(str(folder))
    return folder


@pytest.fixture
def vectors(model, tmp_path):
    """The model's vectors of the sample, in shards of 20."""
    from sentence_transformers import SentenceTransformer

    collection, encoder = load_dataset("sample", languages=["de", "en"]), as_encoder(SentenceTransformer(str(model)))
    described = describe_vectors(encoder, collection, EncodingOptions(), shard_rows=20)
    folder, embeddings = VectorFolder.create(tmp_path / "vectors", described), encode(encoder, collection)
    for part in folder.shards:
        asked = part.role == "query"
        texts = (collection.queries if asked else collection.corpora)[part.language]
        rows = slice(part.start, part.stop)
        own = [text if asked else text.searchable for text in texts.values()][rows]
        of_role = embeddings.queries if asked else embeddings.passages
        folder.write(part, list(texts)[rows], keys_of(own), of_role[part.language][rows])
    return folder


def content(folder):
    """What was measured, without when, with what and of which folder."""
    found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return {name: value for name, value in found.items() if name not in {"environment", "model"}}


def test_vectors_are_scored_as_their_model_is(invoke, model, vectors, tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    asked = (*WORDS, *MEASURES, "--runs", "--depth", "30", "--output")
    one = invoke(*asked, tmp_path / "one", "--model", model, "--device", "cpu")
    many = invoke(*asked, tmp_path / "many", "--vectors", vectors.path)
    assert one.exception is None and many.exception is None
    assert content(tmp_path / "many") == content(tmp_path / "one")
    runs = sorted((tmp_path / "one" / "runs").iterdir())
    assert runs
    for path in runs:
        columns = [line.split()[:5] for line in path.read_text(encoding="utf-8").splitlines()]
        other = (tmp_path / "many" / "runs" / path.name).read_text(encoding="utf-8").splitlines()
        assert [line.split()[:5] for line in other] == columns


def test_an_index_of_each_shard_is_searched(invoke, vectors, tmp_path):
    pytest.importorskip("faiss")
    result = invoke(*WORDS, "--vectors", vectors.path, "--index", "Flat", "--output", tmp_path / "flat")
    assert result.exception is None
    [note] = content(tmp_path / "flat")["notes"]
    shards = sum(part.role == "document" for part in vectors.shards)
    assert note.startswith("found by Faiss Flat to depth 1000; it finds 100.00% of the exact first 10")
    assert note.endswith(f"an index for each of {shards} shards")


@pytest.mark.parametrize("option", ["--batch-size=8", "--no-cache", "--dtype=float16", "--device=cpu"])
def test_options_of_models_are_refused(invoke, vectors, option):
    result = invoke(*WORDS, "--vectors", vectors.path, option)
    assert result.exit_code == 2
    assert f"{option.partition('=')[0]} is for models, and --vectors is given" in result.stderr


def test_a_missing_shard_is_named_in_a_line(invoke, vectors):
    part = vectors.shards[-1]
    (vectors.path / part.name / "vectors.npy").unlink()
    result = invoke(*WORDS, "--vectors", vectors.path)
    assert result.exit_code == 2
    assert part.name in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_vectors_of_another_dataset_are_refused_in_a_line(invoke, vectors):
    result = invoke("evaluate", "--dataset", "sample", "--languages", "de,es", "--vectors", vectors.path)
    assert result.exit_code == 2
    assert "holds vectors of sample" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_cluster_needs_vectors(invoke, model):
    result = invoke(*WORDS, "--model", model, "--cluster", "local")
    assert result.exit_code == 2
    assert "--cluster is for vectors, and --model is given" in result.stderr


@pytest.mark.parametrize(
    ("options", "gpus"),
    [
        ((), None),
        (("--index", "Flat"), 0),
        (("--search-device", "cpu"), 0),
        (("--search-device", "cuda"), 1),
        (("--model", "m"), None),
        (("--model", "m", "--search-device", "cpu"), None),
        (("--model", "m", "--device", "cpu"), 0),
        (("--model", "m", "--device", "cpu", "--search-device", "cuda"), 1),
        (("--model", "m", "--device", "cuda:0,cuda:1", "--search-device", "cuda"), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_workers_get_the_gpus_that_the_devices_need(invoke, monkeypatch, options, gpus):
    asked = []

    def opener(address, *, workers, gpus):
        asked.append((address, workers, gpus))
        raise WorkerError("Nobody is there.")

    monkeypatch.setitem(CLUSTERS._called, "toy", opener)
    result = invoke(*WORDS, "--vectors", "v", "--cluster", "toy:here", "--workers", "3", *options)
    assert (result.exit_code, asked) == (2, [("here", 3, gpus)])


def test_device_of_workers_is_tried_out_by_them(invoke, vectors, monkeypatch):
    opened = []

    def opener(address, *, workers, gpus):
        opened.append(gpus)
        return LocalWorkers()

    monkeypatch.setitem(CLUSTERS._called, "toy", opener)
    words = (*WORDS, "--vectors", vectors.path, "--cluster", "toy:here", "--search-device", "cuda:77")
    result = invoke(*words)
    assert (result.exit_code, opened) == (2, [1])
    assert result.stderr.strip().splitlines()[-1].startswith("Error: There is no device 'cuda:77' here: ")


@pytest.mark.parametrize("there", [False, True], ids=["no folder", "a shard missing"])
def test_what_the_folder_lacks_is_encoded_first(invoke, model, vectors, tmp_path, monkeypatch, there):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    whole = invoke(*WORDS, "--vectors", vectors.path, "--output", tmp_path / "whole")
    assert whole.exception is None
    path = vectors.path if there else tmp_path / "new"
    if there:
        shutil.rmtree(path / vectors.shards[-1].name)
    result = invoke(*WORDS, "--model", model, "--device", "cpu", "--vectors", path, "--output", tmp_path / "out")
    assert result.exception is None
    assert not VectorFolder.open(path).missing()
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def test_debiased_vectors_are_scored_as_their_debiased_model_is(invoke, model, vectors, tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    asked = (*WORDS, *MEASURES, "--debias", "center:0:1:1", "--debias", "lir:directions=2", "--output")
    one = invoke(*asked, tmp_path / "one", "--model", model, "--device", "cpu")
    many = invoke(*asked, tmp_path / "many", "--vectors", vectors.path)
    assert one.exception is None and many.exception is None, many.output
    for name in ("center-0", "center", "lir-directions=2"):
        assert content(tmp_path / "many" / name) == content(tmp_path / "one" / name)
    indexed = invoke(*asked, tmp_path / "index", "--vectors", vectors.path, "--index", "Flat")
    assert indexed.exception is None, indexed.output


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        (("--debias-on", "sample"), "The texts of --debias-on have no stored vectors, and --vectors is given. Leave"),
        (("--cluster", "local"), "--debias changes vectors in this process, and --cluster is given"),
    ],
)
@pytest.mark.parametrize("both", [False, True], ids=["vectors", "model-and-vectors"])
def test_what_debiasing_stored_vectors_cannot_do_is_refused(invoke, model, vectors, option, problem, both):
    given = ("--model", model) if both else ()
    result = invoke(*WORDS, *given, "--vectors", vectors.path, "--debias", "center", *option)
    assert result.exit_code == 2
    assert problem in result.stderr
