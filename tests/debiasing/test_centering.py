import numpy as np

from beir_hybrid.debiasing import build_debiasings, statistics_of


def test_queries_and_passages_equal_direct_numpy(parallel):
    [center] = build_debiasings("center:0.7")
    removal = center.fit(statistics_of(parallel), normalise=False)
    for code, vectors in parallel.items():
        for role in ("query", "document"):
            expected = vectors - 0.7 * vectors.mean(axis=0)
            np.testing.assert_allclose(removal.apply(vectors, code, role), expected, atol=1e-5)
