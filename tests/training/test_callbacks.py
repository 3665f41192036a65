from types import SimpleNamespace

import pytest
from transformers import TrainerControl, TrainerState

from beir_hybrid.training.callbacks import BatchLog, SetEpoch


@pytest.fixture
def tell():
    """Tells a log what happens in training."""
    return lambda log, event, epoch: getattr(log, event)(None, TrainerState(epoch=epoch), TrainerControl())


def test_nothing_is_counted_before_training():
    assert BatchLog(3).batches == {}


def test_batches_are_counted_by_epoch(tell):
    log = BatchLog(3)
    for epoch, steps in [(0, 3), (1.0, 2)]:
        tell(log, "on_epoch_begin", epoch)
        for step in range(steps):
            tell(log, "on_step_end", epoch + (step + 1) / steps)
    assert log.batches == {0: 3, 1: 2}


def test_accumulated_batches_are_counted(tell):
    log = BatchLog(3)
    tell(log, "on_epoch_begin", None)  # the host's state knows no epoch at first
    for event in ["on_substep_end", "on_substep_end", "on_step_end", "on_substep_end", "on_step_end"]:
        tell(log, event, 0.5)
    assert log.batches == {0: 5}


@pytest.mark.parametrize(
    ("global_step", "accumulated", "batches"),
    [(0, 1, {}), (2, 1, {0: 2}), (5, 1, {0: 5}), (12, 1, {0: 5, 1: 5, 2: 2}), (4, 2, {0: 5, 1: 2})],
    ids=["fresh", "first-epoch", "whole-epoch", "third-epoch", "accumulated"],
)
def test_batches_before_the_checkpoint_are_counted(global_step, accumulated, batches):
    log = BatchLog(5)
    arguments = SimpleNamespace(gradient_accumulation_steps=accumulated)
    log.on_train_begin(arguments, TrainerState(global_step=global_step), TrainerControl())
    assert log.batches == batches


def test_epoch_is_set_through_every_layer():
    class Layer:
        def __init__(self, batch_sampler=None):
            self.epoch, self.batch_sampler = None, batch_sampler

        def set_epoch(self, epoch):
            self.epoch = epoch

    sampler = Layer()
    loader = SimpleNamespace(batch_sampler=SimpleNamespace(batch_sampler=SimpleNamespace(batch_sampler=sampler)))
    SetEpoch().on_epoch_begin(None, TrainerState(epoch=2.0), TrainerControl(), train_dataloader=loader)
    assert sampler.epoch == 2
