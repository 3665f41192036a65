import faiss
import numpy as np
import pytest

from beir_hybrid_pyserini.folder import DOCID, INDEX, read_about


@pytest.fixture
def vectors(invoke, model_folder, tmp_path):
    """A folder that the command encode wrote, of the whole sample."""
    result = invoke("encode", "--model", model_folder, "--dataset", "sample", "--output", "vectors")
    assert result.exit_code == 0, result.output
    return tmp_path / "vectors"


def test_index_and_search_of_vectors_are_those_of_the_model(java, invoke, vectors, model_folder, tmp_path):
    index = ("index", "--dataset", "sample.en-de", "--topics", "topics.tsv", "--output")
    assert invoke(*index, "of-model", "--model", model_folder).exit_code == 0
    result = invoke(*index, "of-vectors", "--vectors", "vectors")
    assert result.exit_code == 0, result.output
    one, other = (faiss.read_index(str(tmp_path / name / INDEX)) for name in ("of-model", "of-vectors"))
    np.testing.assert_array_equal(one.reconstruct_n(0, one.ntotal), other.reconstruct_n(0, other.ntotal))
    assert (tmp_path / "of-model" / DOCID).read_bytes() == (tmp_path / "of-vectors" / DOCID).read_bytes()
    assert read_about(tmp_path / "of-vectors")["fingerprint"] == read_about(tmp_path / "of-model")["fingerprint"]
    for number in (0, 1):
        result = invoke(*index, "shards", "--vectors", "vectors", "--shard", f"{number}/2")
        assert result.exit_code == 0, result.output
    assert (
        "".join((tmp_path / "shards" / f"shard-0000{n}" / DOCID).read_text() for n in (0, 1))
        == (tmp_path / "of-model" / DOCID).read_text()
    )
    runs = []
    for name, options in (
        ("of-model", ()),
        ("of-vectors", ("--vectors", "vectors")),
        ("shards", ("--vectors", "vectors")),
    ):
        found = invoke("search", "--index", name, "--topics", "topics.tsv", "--output", f"{name}.trec", *options)
        assert found.exit_code == 0, found.output
        runs.append([line.split() for line in (tmp_path / f"{name}.trec").read_text().splitlines()])
    for run in runs[1:]:
        np.testing.assert_allclose([float(w[4]) for w in run], [float(w[4]) for w in runs[0]], rtol=0, atol=3e-7)


def test_vectors_that_do_not_fit_are_one_line(invoke, refused, vectors, model_folder, tmp_path):
    index = ("index", "--dataset", "sample.en-de", "--output", "index")
    assert "--model and --vectors are in each other's place" in refused(
        *index, "--model", model_folder, "--vectors", "vectors"
    )
    (tmp_path / "topics.tsv").write_text("en:nobody\twhat\n")
    assert invoke(*index, "--vectors", "vectors").exit_code == 0
    search = ("search", "--index", "index", "--topics", "topics.tsv", "--output", "run.trec", "--vectors", "vectors")
    assert "whose queries in en are not those asked for" in refused(*search)
    (tmp_path / "topics.tsv").write_text("17\twhat\n")
    assert "has no vectors of queries such as '17'" in refused(*search)
    for shard in vectors.glob("shard-*"):
        (shard / "vectors.npy").unlink()
    assert "lacks" in refused(*index[:-1], "other", "--vectors", "vectors")
