import numpy as np
import pytest

from beir_hybrid.debiasing import build_debiasings, statistics_of
from beir_hybrid.errors import ConfigurationError


@pytest.mark.parametrize("count", [1, 3])
def test_queries_and_passages_equal_direct_numpy(parallel, count):
    [lir] = build_debiasings(f"lir:directions={count}")
    removal = lir.fit(statistics_of(parallel, moments=True), normalise=False)
    for code, vectors in parallel.items():
        lines = np.linalg.svd(vectors, full_matrices=False)[2][:count]
        for role in ("query", "document"):
            expected = vectors - vectors @ lines.T @ lines
            np.testing.assert_allclose(removal.apply(vectors, code, role), expected, atol=1e-5)


def test_nothing_is_left_along_the_directions(parallel):
    [lir] = build_debiasings("lir:directions=2")
    removal = lir.fit(statistics_of(parallel, moments=True), normalise=True)
    left = removal.apply(parallel["es"], "es") @ removal.directions[2].T
    np.testing.assert_allclose(left, 0, atol=1e-6)


@pytest.mark.parametrize("count", [8, 51])
def test_more_directions_than_texts_or_dimensions_allow_are_refused(parallel, count):
    [lir] = build_debiasings(f"lir:directions={count}")
    with pytest.raises(ConfigurationError, match=f"lir takes {count} directions out of 50 texts in de of 8 dim"):
        lir.fit(statistics_of(parallel, moments=True))


@pytest.mark.parametrize("given", ["0", "1.5", "True", "'two'"])
def test_directions_that_are_no_whole_number_are_refused(given):
    with pytest.raises(ConfigurationError, match=r"lir has .* directions"):
        build_debiasings(f"lir:directions={given}")
