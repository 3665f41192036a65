import pytest
from transformers import TrainerControl, TrainerState

from beir_hybrid.training.callbacks import BatchLog


@pytest.fixture
def tell():
    """Tells a log what happens in training."""
    return lambda log, event, epoch: getattr(log, event)(None, TrainerState(epoch=epoch), TrainerControl())


def test_nothing_is_counted_before_training():
    assert BatchLog().batches == {}


def test_batches_are_counted_by_epoch(tell):
    log = BatchLog()
    for epoch, steps in [(0, 3), (1.0, 2)]:
        tell(log, "on_epoch_begin", epoch)
        for step in range(steps):
            tell(log, "on_step_end", epoch + (step + 1) / steps)
    assert log.batches == {0: 3, 1: 2}


def test_accumulated_batches_are_counted(tell):
    log = BatchLog()
    tell(log, "on_epoch_begin", None)  # the host's state knows no epoch at first
    for event in ["on_substep_end", "on_substep_end", "on_step_end", "on_substep_end", "on_step_end"]:
        tell(log, event, 0.5)
    assert log.batches == {0: 5}
