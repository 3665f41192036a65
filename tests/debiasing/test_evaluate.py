import numpy as np
import pytest

from beir_hybrid import evaluate
from beir_hybrid.datasets import load_dataset, load_pairs
from beir_hybrid.debiasing import FitTexts, build_debiasings, evaluate_debiased
from beir_hybrid.evaluation import Embeddings, Results, encode

COLLECTION = load_dataset("sample", languages=["de", "en", "th"])


def test_strength_0_is_the_model_itself(base):
    [none, whole] = evaluate_debiased(base, COLLECTION, build_debiasings("center:0:1:1"), measures=["map"])
    plain = evaluate(base, COLLECTION, measures=["map"])
    assert none.scores == plain.scores
    assert whole.scores != plain.scores


def test_scores_are_those_of_vectors_changed_by_numpy(base):
    collection = load_dataset("sample", languages=["de", "en", "es"])
    given = encode(base, collection)
    means = {code: np.asarray(rows).mean(axis=0) for code, rows in given.passages.items()}

    def centred(part):
        rows = {code: np.asarray(vectors) - means[code] for code, vectors in part.items()}
        return {code: each / np.linalg.norm(each, axis=1, keepdims=True) for code, each in rows.items()}

    direct = evaluate(Embeddings(centred(given.queries), centred(given.passages)), collection, measures=["map"])
    [results] = evaluate_debiased(base, collection, build_debiasings("center"), measures=["map"])
    for kind, scores in direct.scores.items():
        assert results.scores[kind]["map"] == pytest.approx(scores["map"], abs=1e-6)


def test_results_say_what_was_done_and_on_which_texts(base, tmp_path):
    texts = FitTexts(load_pairs("sample", languages=["de", "en"]))
    [results] = evaluate_debiased(base, COLLECTION, build_debiasings("shift:0.6"), texts, measures=["map"])
    done = {"method": "shift:0.6", "fitted_on": "sample", "texts": {"de": 132, "en": 132}, "evaluated": True}
    assert results.debias == {**done, "unchanged": ["th"]}
    assert (
        "debiased by shift:0.6, fitted on sample, the evaluated passages themselves; it has no texts in th, which are "
        "left as they are" in results.notes
    )
    results.save(tmp_path)
    assert Results.load(tmp_path, values=True).debias == results.debias


def test_results_of_a_model_as_it_is_have_no_such_entry(base, tmp_path):
    path = evaluate(base, COLLECTION, measures=["map"]).save(tmp_path)
    assert "debias" not in path.read_text(encoding="utf-8")
