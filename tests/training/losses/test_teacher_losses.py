import numpy as np
import pytest
import torch

from beir_hybrid.datasets import load_pairs
from beir_hybrid.errors import ConfigurationError, LanguageError
from beir_hybrid.evaluation.encoding.cache import EmbeddingCache
from beir_hybrid.pairs import Pair, ParallelPairs
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.losses.teacher_losses import MimoLoss, TeacherMseLoss
from beir_hybrid.training.losses.teacher_vectors import TeacherVectors, encode_teacher


class Model(torch.nn.Module):
    def get_embedding_dimension(self):
        return 4


@pytest.fixture
def given():
    """Questions, passages, and a teacher of five groups that does not know the second."""
    rng = np.random.default_rng(5)
    question, passage = rng.normal(size=(2, 4, 4)).astype(np.float32)
    asked, answering = rng.normal(size=(2, 4, 4)).astype(np.float32)
    places, bounds = np.array([0, -1, 2, 1, 3]), np.array([0, 5])
    teacher = TeacherVectors((asked,), (answering,), places, bounds, 4)
    return question, passage, teacher, np.array([3, 1, 0, 2]), (asked, answering)


def columns_of(question, passage):
    return [torch.from_numpy(question), torch.from_numpy(passage)]


def test_squared_distance_equals_the_formula_of_the_rows_that_the_teacher_knows(given):
    question, passage, teacher, groups, (asked, answering) = given
    known, rows = [0, 2, 3], [1, 0, 2]
    expected = (((question[known] - asked[rows]) ** 2).mean() + ((passage[known] - answering[rows]) ** 2).mean()) / 2
    loss = TeacherMseLoss(Model(), teacher)
    computed = loss.compute_loss_from_embeddings(columns_of(question, passage), torch.from_numpy(groups))
    np.testing.assert_allclose(computed.item(), expected, rtol=1e-5)


def test_mimo_equals_the_formula_computed_directly(given):
    question, passage, teacher, groups, (asked, answering) = given
    loss = MimoLoss(Model(), teacher, scale=5.0, share=0.2)
    weight, offset = (each.detach().numpy() for each in (loss.projection.weight, loss.projection.bias))

    def unit(rows):
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    scores = 5 * unit(question) @ unit(passage).T
    contrast = -(np.diag(scores) - np.log(np.exp(scores).sum(axis=1))).mean()
    known, rows = [0, 2, 3], [1, 0, 2]
    apart = [
        (1 - (unit(own[known] @ weight.T + offset) * unit(target[rows])).sum(axis=1)).mean()
        for own, target in ((question, asked), (passage, answering))
    ]
    computed = loss.compute_loss_from_embeddings(columns_of(question, passage), torch.from_numpy(groups))
    np.testing.assert_allclose(computed.item(), 0.2 * contrast + 0.8 * np.mean(apart), rtol=1e-5)


def test_teacher_encodes_one_language_and_is_looked_up_by_group(tmp_path):
    torch.manual_seed(0)
    sample = load_pairs("sample", languages=["de", "en"])
    german = ParallelPairs.from_pairs("german", [Pair("1", "de", "Wer?", "Ich.")])
    teacher = static_model(sample, 8)
    teacher.save(str(tmp_path / "teacher"))
    vectors = encode_teacher(str(tmp_path / "teacher"), "en", [german, sample], EmbeddingCache(tmp_path / "cache"))
    assert vectors.known(np.array([0, 1, 2])).tolist() == [False, True, True]
    questions, passages = vectors.take(np.array([2, 1]))
    numbers, place = sample.numbers, sample.languages.index("en")
    texts = sample.table.take(numbers.questions[[1, 0], place])
    expected = teacher.encode_query(texts["question"].to_pylist(), normalize_embeddings=True)
    np.testing.assert_allclose(questions, expected, atol=1e-6)
    expected = teacher.encode_document(texts["passage"].to_pylist(), normalize_embeddings=True)
    np.testing.assert_allclose(passages, expected, atol=1e-6)
    with pytest.raises(LanguageError, match="teacher's language 'fr'"):
        encode_teacher(str(tmp_path / "teacher"), "fr", [sample], EmbeddingCache(tmp_path / "cache"))


def test_vectors_of_another_length_are_refused(given):
    _, _, teacher, _, _ = given
    other = TeacherVectors(teacher.questions, teacher.passages, teacher.places, teacher.bounds, 6)
    with pytest.raises(ConfigurationError, match="--loss mimo"):
        TeacherMseLoss(Model(), other)
    assert MimoLoss(Model(), other).projection.out_features == 6
