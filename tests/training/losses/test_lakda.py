import numpy as np
import torch

from beir_hybrid.training.losses.lakda import LakdaLoss


def softmax(values):
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_loss_equals_the_formula_computed_directly():
    rng = np.random.default_rng(3)
    question, positive, negative, other = rng.normal(size=(4, 5, 7))
    passages = unit(np.concatenate([positive, negative]))
    near, translated = unit(question) @ passages.T, unit(other) @ passages.T
    contrast = -np.log(softmax(20 * near)[np.arange(5), np.arange(5)]).mean()
    of_b, of_a = softmax(translated), softmax(near)
    apart = (of_b * np.log(of_b / of_a)).sum(axis=1).mean()
    columns = [torch.from_numpy(rows) for rows in (question, positive, negative, other)]
    loss = LakdaLoss(torch.nn.Identity(), scale=20.0, alpha=0.3).compute_loss_from_embeddings(columns)
    np.testing.assert_allclose(loss.item(), 0.7 * contrast + 0.3 * apart)


def test_both_languages_learn():
    columns = [torch.randn(4, 6).requires_grad_() for _ in range(3)]
    LakdaLoss(torch.nn.Identity()).compute_loss_from_embeddings(columns).backward()
    assert all(column.grad.abs().sum() > 0 for column in columns)
