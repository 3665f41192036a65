"""The losses against a reference by hand, against the host's, and over two processes (which run this file)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer import losses as host
from sentence_transformers.util import cos_sim, dot_score
from torch.nn.functional import normalize

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.losses.group_masked import (
    CachedGroupMaskedMultipleNegativesRankingLoss,
    GroupMaskedMultipleNegativesRankingLoss,
)

ALL = ("query_to_doc", "query_to_query", "doc_to_query", "doc_to_doc")
OPTIONS = {
    "default": {},
    "scale": {"scale": 3.0},
    "dot": {"similarity_fct": dot_score, "scale": 1.0},
    "queries": {"directions": ("query_to_doc", "query_to_query")},
    "documents": {"directions": ("query_to_doc", "doc_to_doc")},
    "symmetric": {"directions": ("query_to_doc", "doc_to_query"), "partition_mode": "per_direction"},
    "all": {"directions": ALL},
    "hard-in-batch": {"hardness_mode": "in_batch_negatives", "hardness_strength": 9.0, "directions": ALL},
    "hard-hard": {"hardness_mode": "hard_negatives", "hardness_strength": 5.0},
    "hard-all": {"hardness_mode": "all_negatives", "hardness_strength": 2.0},
}
ROWS, DIMENSIONS, MINI_BATCH = 7, 5, 3  # the last mini-batch is not full
REPEATED = torch.tensor([4, 9, 4, -1, 9, 4, 0])
EVERY_LOSS = pytest.mark.parametrize("cached", [False, True], ids=["plain", "cached"])
EVERY_OPTION = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
EVERY_WIDTH = pytest.mark.parametrize("width", [2, 4], ids=["pairs", "two-negatives"])


class Bag(torch.nn.Module):
    """The mean of a text's token vectors."""

    def __init__(self):
        super().__init__()
        self.vectors = torch.nn.Embedding(20, DIMENSIONS, dtype=torch.float64)

    def forward(self, features):
        return {"sentence_embedding": self.vectors(features["input_ids"]).mean(dim=1)}


class Model(torch.nn.Sequential):
    def __init__(self):
        torch.manual_seed(0)
        super().__init__(Bag())

    def get_embedding_dimension(self):
        return DIMENSIONS


def draw_columns(width, rows=ROWS):
    generator = torch.Generator().manual_seed(1)
    return [
        torch.randn(rows, DIMENSIONS, generator=generator, dtype=torch.float64, requires_grad=True)
        for _ in range(width)
    ]


def draw_features(width):
    generator = torch.Generator().manual_seed(2)
    return [{"input_ids": torch.randint(20, (ROWS, 4), generator=generator)} for _ in range(width)]


def build(cached, options, kinds=None):
    plain, with_cache = kinds or (
        GroupMaskedMultipleNegativesRankingLoss,
        CachedGroupMaskedMultipleNegativesRankingLoss,
    )
    return with_cache(Model(), mini_batch_size=MINI_BATCH, **options) if cached else plain(Model(), **options)


def value_and_gradients(loss, columns, labels):
    """Go the way of the host's forward, from the embeddings on."""
    leaves = [column.detach().clone().requires_grad_() for column in columns]
    if isinstance(loss, host.CachedMultipleNegativesRankingLoss):
        parts = [[part.detach().requires_grad_() for part in leaf.split(MINI_BATCH)] for leaf in leaves]
        value = loss.calculate_loss(parts, labels, with_backward=True)
        return value, [torch.cat([part.grad for part in of_column]) for of_column in parts]
    value = loss.compute_loss_from_embeddings(leaves, labels)
    value.backward()
    return value.detach(), [leaf.grad for leaf in leaves]


def reference(columns, groups, rows, options):
    """The mean over some rows, each with its own pools of candidates, one candidate after the other."""
    options = {"scale": 20.0, "directions": ("query_to_doc",), "partition_mode": "joint", **options}
    similarity = dot_score if options.get("similarity_fct") is dot_score else cos_sim
    mode, strength = options.get("hardness_mode"), options.get("hardness_strength", 0.0)
    of_questions, of_positives = ([similarity(columns[place], column) for column in columns] for place in (0, 1))
    losses = []
    for row in rows:
        others = [other for other in range(len(groups)) if groups[other] != groups[row]]

        def logit(column, other, row=row):
            hard = mode == "all_negatives" and not (column == 1 and other == row)
            hard |= mode == "in_batch_negatives" and other != row
            hard |= mode == "hard_negatives" and other == row and column > 1
            value = of_questions[column][row, other]
            return value * options["scale"] + hard * strength * value.detach()

        pools = {
            "query_to_doc": [logit(1, other) for other in [row, *others]]
            + [logit(column, other) for column in range(2, len(columns)) for other in range(len(groups))],
            "query_to_query": [of_questions[0][row, other] * options["scale"] for other in others],
            "doc_to_query": [of_positives[0][row, other] * options["scale"] for other in [row, *others]],
            "doc_to_doc": [table[row, other] * options["scale"] for table in of_positives[1:] for other in others],
        }
        chosen = [torch.stack(pools[direction]) for direction in options["directions"]]
        if options["partition_mode"] == "joint":
            chosen = [torch.cat(chosen)]
        losses.append(torch.stack([pool.logsumexp(0) for pool in chosen]).mean() - chosen[0][0])
    return torch.stack(losses).mean()


def reference_gradients(columns, groups, rows, options):
    value = reference(columns, groups.tolist(), rows, options)
    return value.detach(), torch.autograd.grad(value, columns)


@EVERY_WIDTH
@EVERY_OPTION
@EVERY_LOSS
def test_rows_of_one_group_are_no_negatives_of_each_other(cached, options, width):
    columns = draw_columns(width)
    actual = value_and_gradients(build(cached, options), columns, REPEATED)
    torch.testing.assert_close(actual, reference_gradients(columns, REPEATED, range(ROWS), options), check_device=False)


@EVERY_WIDTH
@EVERY_OPTION
@EVERY_LOSS
def test_with_different_labels_it_is_the_loss_of_the_host(cached, options, width):
    columns, labels = draw_columns(width), torch.arange(ROWS)
    kinds = host.MultipleNegativesRankingLoss, host.CachedMultipleNegativesRankingLoss
    expected = value_and_gradients(build(cached, options, kinds), columns, None)
    actual = value_and_gradients(build(cached, options), columns, labels)
    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-6)
    # and the reference is the host's loss too, or the test above would show nothing
    torch.testing.assert_close(reference_gradients(columns, labels, range(ROWS), options), expected)


@EVERY_WIDTH
def test_the_cached_loss_trains_the_model_as_the_plain_one_does(width):
    gradients = []
    for cached in (False, True):
        loss = build(cached, {"directions": ALL})
        value = loss(draw_features(width), REPEATED)
        (2 * value).backward()  # what a gradient scaler or accumulation would do
        gradients.append((value.detach(), loss.model[0].vectors.weight.grad))
    torch.testing.assert_close(gradients[1], gradients[0])
    assert gradients[0][1].abs().max() > 0


@EVERY_LOSS
def test_evaluation_needs_no_gradient(cached):
    loss = build(cached, {})
    with torch.no_grad():
        value = loss(draw_features(2), REPEATED)
        columns = [loss.model(features)["sentence_embedding"] for features in draw_features(2)]
    torch.testing.assert_close(value, reference(columns, REPEATED.tolist(), range(ROWS), {}))


@EVERY_LOSS
def test_matryoshka_masks_at_every_dimension(cached):
    inner = build(cached, {})
    loss = host.MatryoshkaLoss(inner.model, inner, [DIMENSIONS, 2], [1.0, 0.5])
    value = loss(draw_features(3), REPEATED)
    value.backward()
    actual = inner.model[0].vectors.weight.grad.clone()
    inner.model.zero_grad()
    columns = [inner.model(features)["sentence_embedding"] for features in draw_features(3)]
    expected = sum(
        weight * reference([normalize(column[:, :size]) for column in columns], REPEATED.tolist(), range(ROWS), {})
        for size, weight in ((DIMENSIONS, 1.0), (2, 0.5))
    )
    expected.backward()
    torch.testing.assert_close(value.detach(), expected.detach())
    torch.testing.assert_close(actual, inner.model[0].vectors.weight.grad)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32], ids=str)
def test_groups_are_told_apart_to_the_last_bit_in_any_precision(kind):
    alike = torch.ones(5, DIMENSIONS, dtype=kind)
    near = torch.tensor([2**62, 2**62 + 1, 1, -1, 2**62])
    value = build(False, {}).compute_loss_from_embeddings([alike, alike], near)
    expected = torch.tensor([4.0, 5.0, 5.0, 5.0, 4.0]).log().mean()  # numbers of candidates
    torch.testing.assert_close(value.float(), expected, rtol=2e-2 if kind == torch.bfloat16 else 2e-3, atol=0)


def test_labels_of_any_whole_type_will_do():
    columns = draw_columns(2)
    values = [
        build(False, {}).compute_loss_from_embeddings(columns, REPEATED.abs().to(kind))
        for kind in (torch.uint8, torch.int16, torch.int32, torch.int64)
    ]
    assert len({value.item() for value in values}) == 1


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        (None, "got no labels"),
        (torch.rand(ROWS), "labels of torch.float32"),
        (torch.ones(ROWS, dtype=torch.bool), "labels of torch.bool"),
        (torch.arange(ROWS - 1), r"shape \(6,\) for 7 rows"),
        (torch.zeros(ROWS, 2, dtype=torch.int64), r"shape \(7, 2\) for 7 rows"),
    ],
    ids=["none", "float", "bool", "short", "two-per-row"],
)
@EVERY_LOSS
def test_labels_that_are_no_groups_are_refused(cached, labels, problem):
    with pytest.raises(ConfigurationError, match=rf"GroupMasked.*{problem}.*'label' of whole numbers"):
        build(cached, {})(draw_features(2), labels)


@EVERY_LOSS
def test_a_host_that_scores_otherwise_is_refused(cached, monkeypatch):
    owner, name = (
        (host.CachedMultipleNegativesRankingLoss, "calculate_loss")
        if cached
        else (host.MultipleNegativesRankingLoss, "compute_loss_from_embeddings")
    )
    original = getattr(owner, name)

    def unused(self, embeddings, labels, **_):
        return cos_sim(*(column[0] if cached else column for column in embeddings[:2])).sum()

    def normalized(self, embeddings, labels, **options):
        scaled = [[normalize(part) for part in column] if cached else normalize(column) for column in embeddings]
        return original(self, scaled, labels, **options)

    def one_of_two(self, embeddings, labels, **_):
        question, positive = (column[0] if cached else column for column in embeddings[:2])
        return self.similarity_fct(question, positive).sum()

    for changed in (unused, normalized, one_of_two):
        monkeypatch.setattr(owner, name, changed)
        with pytest.raises(ConfigurationError, match="groups cannot be masked"):
            build(cached, {"directions": ALL[:2]})(draw_features(2), REPEATED)


@EVERY_LOSS
def test_configuration_and_citation_are_the_hosts(cached):
    kinds = host.MultipleNegativesRankingLoss, host.CachedMultipleNegativesRankingLoss
    loss, expected = build(cached, OPTIONS["all"]), build(cached, OPTIONS["all"], kinds)
    loss(draw_features(2), REPEATED)  # leaves nothing behind
    assert loss.get_config_dict() == expected.get_config_dict()
    assert loss.similarity_fct is cos_sim
    assert loss.citation == expected.citation


@EVERY_LOSS
def test_a_failing_similarity_stays_in_place(cached):
    def fails(a, b):
        raise ZeroDivisionError

    loss = build(cached, {"similarity_fct": fails})
    with pytest.raises(ZeroDivisionError):
        loss(draw_features(2), REPEATED)
    assert loss.similarity_fct is fails


@EVERY_LOSS
def test_the_similarity_may_be_a_module_and_be_changed_later(cached):
    class Weighted(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.full((DIMENSIONS,), 0.5, dtype=torch.float64))

        def forward(self, a, b):
            return (a * self.weight) @ b.T

    columns, loss = draw_columns(2), build(cached, {"scale": 2.0})
    loss.similarity_fct = Weighted()
    for _ in range(2):
        value, _ = value_and_gradients(loss, columns, REPEATED)
        expected = reference(columns, REPEATED.tolist(), range(ROWS), {"similarity_fct": dot_score, "scale": 1.0})
        torch.testing.assert_close(value, expected.detach())
    assert isinstance(loss.similarity_fct, Weighted)


@pytest.mark.parametrize(("label", "moves"), [([5] * 8, False), (list(range(8)), True)], ids=["one-group", "different"])
def test_the_trainer_hands_over_the_label_column(label, moves, pairs, tmp_path):
    dataset = pairs.dataset().select(range(0, 72, 9)).flatten_indices().add_column("label", label)
    torch.manual_seed(0)
    model = static_model(pairs, 8)
    before = model[0].embedding.weight.detach().clone()
    arguments = SentenceTransformerTrainingArguments(
        str(tmp_path), max_steps=2, per_device_train_batch_size=8, learning_rate=0.1, report_to="none", use_cpu=True,
        save_strategy="no", disable_tqdm=True, weight_decay=0.0, dataloader_pin_memory=False,
    )  # fmt: skip
    loss = GroupMaskedMultipleNegativesRankingLoss(model)
    SentenceTransformerTrainer(model=model, args=arguments, train_dataset=dataset, loss=loss).train()
    # rows of a single group have no negatives to learn from
    assert torch.equal(before, model[0].embedding.weight) is not moves


PROCESSES = 2
GATHERED = ("default", "symmetric", "all", "hard-all")


def run_process(rank, folder):
    """One of two processes: its half of the rows, and all the others' as negatives."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=PROCESSES
    )
    mine = slice(rank * ROWS, (rank + 1) * ROWS)
    results = {}
    for name in GATHERED:
        for cached in (False, True):
            loss = build(cached, {"gather_across_devices": True, **OPTIONS[name]})
            columns = [column[mine] for column in draw_columns(3, ROWS * PROCESSES)]
            results[name, cached] = value_and_gradients(loss, columns, gathered_groups()[mine])
    torch.save(results, Path(folder) / f"{rank}.pt")
    torch.distributed.destroy_process_group()


def gathered_groups():
    """Rows 0 to 6 on one process and 7 to 13 on the other; the groups 4, 9 and 1 are on both."""
    return torch.cat([REPEATED, torch.tensor([9, 1, 4, 2, 3, 1, 7])]).where(torch.arange(14) != 6, 1)


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gathered")
    # a process of its own, since pytest's has threads, which do not survive a fork
    subprocess.run([sys.executable, __file__, str(folder)], check=True, timeout=300)
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(PROCESSES)]


@pytest.mark.parametrize("name", GATHERED)
@EVERY_LOSS
def test_groups_are_masked_over_all_processes(cached, name, gathered):
    columns, groups = draw_columns(3, ROWS * PROCESSES), gathered_groups()
    options = OPTIONS[name]
    parts = [range(rank * ROWS, (rank + 1) * ROWS) for rank in range(PROCESSES)]
    # a process gets the gradients of its rows from the losses of all
    expected = [reference_gradients(columns, groups, rows, options) for rows in parts]
    total = [sum(gradients) for gradients in zip(*(gradients for _, gradients in expected), strict=True)]
    for rows, result, (value, _) in zip(parts, gathered, expected, strict=True):
        torch.testing.assert_close(result[name, cached], (value, [gradient[rows] for gradient in total]))


if __name__ == "__main__":
    start = "fork" if os.name == "posix" else "spawn"  # the first imports the hosts once
    torch.multiprocessing.start_processes(run_process, (sys.argv[1],), nprocs=PROCESSES, start_method=start)
