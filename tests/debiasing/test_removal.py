import numpy as np

from beir_hybrid.debiasing import build_debiasings, statistics_of
from beir_hybrid.evaluation import Embeddings
from beir_hybrid.evaluation.encoding.vectors import StoredVectors, VectorStore, keys_of


def test_vectors_on_disk_are_changed_as_they_are_read(parallel):
    store, vectors = VectorStore(), parallel["de"].astype(np.float32)
    store.commit(keys_of(map(str, range(50))), vectors)
    stored = StoredVectors(store, np.arange(50))
    removal = build_debiasings("center")[0].fit(statistics_of(parallel))
    whole = removal.apply(vectors, "de")
    changed = removal.embeddings(Embeddings({"de": vectors}, {"de": stored}))
    passages = changed.passages["de"]
    assert isinstance(passages, StoredVectors)
    np.testing.assert_allclose(passages[:], whole)
    np.testing.assert_allclose(passages[3], whole[3], rtol=1e-6)
    np.testing.assert_allclose(passages.at([4, 2])[:], whole[[4, 2]])
    np.testing.assert_allclose(np.stack(list(passages)), whole)
    np.testing.assert_allclose(changed.queries["de"], whole)


def test_other_languages_and_strength_0_leave_the_same_numbers(parallel):
    vectors = parallel["de"].astype(np.float32)
    removal = build_debiasings("center")[0].fit(statistics_of({"en": parallel["en"]}))
    np.testing.assert_array_equal(removal.apply(vectors, "de"), vectors)
    none = build_debiasings("center:0")[0].fit(statistics_of(parallel))
    np.testing.assert_array_equal(none.apply(vectors, "de"), vectors)
