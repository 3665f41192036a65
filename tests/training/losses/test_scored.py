import numpy as np
import pyarrow as pa
import pytest
import torch
from sentence_transformers.sentence_transformer.losses import DistillKLDivLoss, MarginMSELoss

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.pairs import Pair, ParallelPairs
from beir_hybrid.pairs.examples import example_dataset


@pytest.fixture
def scored():
    rows = [
        Pair("1", "en", "Who?", "Me.", score=9.0, negatives=("No.", "Me.", "Nay."), negative_scores=(1.0, 8.0, 2.5)),
        Pair("1", "de", "Wer?", "Ich.", score=7.0, negatives=("Nein.", "Nie."), negative_scores=(3.0, 0.5)),
    ]
    return ParallelPairs.from_pairs("scored", rows)


def test_scores_are_those_of_the_passage_and_of_the_negatives_that_are_used(scored):
    rows = example_dataset([scored], negatives=2, scores=True)
    by_texts = {(row["anchor"], row["positive"]): (row["negative_1"], row["negative_2"], row["score"]) for row in rows}
    assert by_texts["Wer?", "Me."] == ("No.", "Nay.", [9.0, 1.0, 2.5])  # "Me." answers, so it is passed over
    assert by_texts["Who?", "Ich."] == ("Nein.", "Nie.", [7.0, 3.0, 0.5])


@pytest.mark.parametrize("columns", [["score"], ["negative_scores"], ["score", "negative_scores"]])
def test_data_without_scores_are_refused(scored, columns):
    less = ParallelPairs("less", scored.table.drop(columns))
    with pytest.raises(ConfigurationError, match="less has no scores"):
        example_dataset([less], negatives=2, scores=True)


def test_rows_without_a_score_are_counted(scored):
    rows = scored.table.to_pylist()
    rows[1]["score"] = None
    less = ParallelPairs("less", pa.Table.from_pylist(rows, scored.table.schema))
    with pytest.raises(ConfigurationError, match="1 of 2 passages of less have no score"):
        example_dataset([less], negatives=2, scores=True)


def test_margins_and_distributions_equal_the_formulae_computed_directly():
    rng = np.random.default_rng(2)
    question, positive, first, second = rng.normal(size=(4, 5, 3))
    scores = rng.normal(size=(5, 3))
    products = np.stack([(question * other).sum(axis=1) for other in (positive, first, second)], axis=1)
    columns = [torch.from_numpy(rows) for rows in (question, positive, first, second)]
    margins = ((products[:, :1] - products[:, 1:]) - (scores[:, :1] - scores[:, 1:])) ** 2
    margin_mse = MarginMSELoss(torch.nn.Identity()).compute_loss_from_embeddings(columns, torch.from_numpy(scores))
    np.testing.assert_allclose(margin_mse.item(), margins.mean())
    log_p = products - np.log(np.exp(products).sum(axis=1, keepdims=True))
    log_t = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    kl = DistillKLDivLoss(torch.nn.Identity()).compute_loss_from_embeddings(columns, torch.from_numpy(scores))
    np.testing.assert_allclose(kl.item(), (np.exp(log_t) * (log_t - log_p)).sum(axis=1).mean())
