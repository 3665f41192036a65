import numpy as np
import pytest

from beir_hybrid import evaluate
from beir_hybrid.datasets import load_dataset, load_pairs
from beir_hybrid.debiasing import FitTexts, build_debiasings, debias_model
from beir_hybrid.debiasing.debias import gather_statistics
from beir_hybrid.evaluation import EncodingOptions, open_cache


@pytest.fixture(scope="module")
def texts():
    return FitTexts(load_pairs("sample", languages=["de", "en", "es"]))


def test_statistics_are_those_of_the_encoded_passages(base, texts):
    methods = build_debiasings("lir")
    known = gather_statistics(base, texts, methods)
    passages = [text for code, block, _ in texts.blocks() if code == "de" for text in block]
    vectors = base.encode_document(passages, normalize_embeddings=True)
    np.testing.assert_allclose(known.mean("de"), vectors.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(known.moment("de"), vectors.T.astype(float) @ vectors, atol=1e-4)


def test_with_a_cache_nothing_is_encoded_twice(base, texts, tmp_path, monkeypatch):
    encoding = EncodingOptions(cache=open_cache(tmp_path))
    before = gather_statistics(base, texts, build_debiasings("center"), encoding)
    monkeypatch.setattr(type(base), "encode", lambda *given, **options: pytest.fail("encoded again"))
    after = gather_statistics(base, texts, build_debiasings("center"), encoding)
    np.testing.assert_array_equal(after.mean("es"), before.mean("es"))


@pytest.mark.parametrize("spec", ["shift:0.6", "center", "lir:directions=3"])
def test_written_model_returns_what_the_method_computes(base, texts, tmp_path, spec):
    from sentence_transformers import SentenceTransformer

    [method] = build_debiasings(spec)
    removal = debias_model(base, texts, method, tmp_path / "model")
    model = SentenceTransformer(str(tmp_path / "model"), device="cpu", trust_remote_code=True)
    given = ["Wo steht die alte Brücke?", "Die Stadt liegt an einem Fluss."]
    for role, encode in (("query", "encode_query"), ("document", "encode_document")):
        vectors = getattr(base, encode)(given, normalize_embeddings=True)
        expected = removal.apply(vectors, "de", role)
        np.testing.assert_allclose(getattr(model, encode)(given), expected, atol=1e-5)
        np.testing.assert_allclose(getattr(model, encode)(given, language="de"), expected, atol=1e-5)
        unchanged = getattr(model, encode)(given, language="th")
        np.testing.assert_allclose(unchanged, vectors, atol=1e-6)


def test_written_model_is_scored_as_its_vectors_are(base, texts, tmp_path):
    from sentence_transformers import SentenceTransformer

    from beir_hybrid.debiasing import evaluate_debiased

    [method] = build_debiasings("center")
    debias_model(base, texts, method, tmp_path / "model")
    collection = load_dataset("sample", languages=["de", "en", "es"])
    model = SentenceTransformer(str(tmp_path / "model"), device="cpu", trust_remote_code=True)
    whole = evaluate(model, collection, measures=["map"], intervals=False).scores
    [direct] = evaluate_debiased(base, collection, [method], texts, measures=["map"], intervals=False)
    for kind in ("mono", "cross", "multi"):  # but for texts whose language is not found
        assert whole[kind]["map"] == pytest.approx(direct.scores[kind]["map"], abs=0.02)


def test_failed_writing_leaves_the_model_that_is_there(base, texts, tmp_path, monkeypatch):
    from sentence_transformers import SentenceTransformer

    [method] = build_debiasings("center")
    debias_model(base, texts, method, tmp_path / "model")
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    monkeypatch.setattr(SentenceTransformer, "save_pretrained", lambda *given, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        debias_model(base, texts, method, tmp_path / "model")
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before
