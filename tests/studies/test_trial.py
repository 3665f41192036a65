import pytest

from beir_hybrid.errors import ConfigurationError, UnknownNameError
from beir_hybrid.evaluation.encoding.encoder import Encoder
from beir_hybrid.studies.trial import Trial


def test_debiased_trial_scores_changed_vectors():
    from beir_hybrid.datasets import load_pairs
    from beir_hybrid.training.base_models import static_model

    encoder = Encoder(static_model(load_pairs("sample", languages=["de", "en"]), 8))
    asked = {"dataset": "sample", "languages": ("de", "en"), "measures": ("map",)}
    plain = Trial("none", **asked).run(encoder, "mine")
    results = Trial("lir", **asked, debias="lir:directions=2", debias_on="sample").run(encoder, "mine")
    assert results.debias["method"] == "lir:directions=2"
    assert results.model == plain.model == "mine"
    assert results.scores != plain.scores


@pytest.mark.parametrize(
    ("given", "error", "problem"),
    [
        ({"debias": "shift:0:1:0.5"}, ConfigurationError, "several strengths"),
        ({"debias_on": "sample"}, ConfigurationError, "has debias_on, and no debias"),
        ({"debias": "lirr"}, UnknownNameError, "no method of debiasing 'lirr'"),
    ],
)
def test_debiasing_that_is_none_is_refused(given, error, problem):
    with pytest.raises(error, match=problem):
        Trial("mine", "sample", **given)
