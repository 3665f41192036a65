import errno

import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.studies.record import CellCost, Failure, StudyRecord, StudySummary


@pytest.mark.parametrize(
    ("error", "told", "hint"),
    [
        pytest.param(ConfigurationError("Wrong.", "Right it."), "Wrong.", "Right it.", id="ours"),
        pytest.param(OSError(errno.ENOSPC, "No space left on device"), "No space left on device", "room", id="disk"),
        pytest.param(
            RuntimeError("write: No space left on device\nat 3"), "write: No space", "room", id="disk-of-host"
        ),
        pytest.param(OSError(errno.EACCES, "Permission denied", "x"), "PermissionError: ", "log.txt", id="permission"),
        pytest.param(MemoryError(), "MemoryError", "log.txt", id="no-words"),
        pytest.param(RuntimeError("a\nb"), "RuntimeError: a", "log.txt", id="lines"),
    ],
)
def test_failure_is_told_in_a_line_with_what_to_do(error, told, hint):
    failed = Failure.of(error)
    assert failed.error.startswith(told)
    assert hint in failed.hint
    assert "\n" not in failed.error + failed.hint


def test_costs_are_numbers_or_unknown():
    cost = CellCost({"train": 2.5}, flops=1e12)
    names = ("flops", "tokens", "train_seconds", "evaluate_seconds")
    assert [cost.amount(name) for name in names] == [1e12, None, 2.5, None]


def record(show, *claims):
    measures = ("map", "ndcg@10")
    summary = tuple(StudySummary({}, "tiny", "cross", measure, 2, 0.5) for measure in measures)
    return StudyRecord(study={"show": show, "claims": list(claims)}, summary=summary)


def test_only_what_the_study_asks_for_is_shown():
    assert [record(show).shown_summaries() for show in (["mean"], None)] == [(), ()]
    assert StudyRecord().shown_summaries() == ()
    assert record("unseen").shown == ("unseen",)
    assert record(["mean", "spread", "worst"]).shown == ("worst", "spread")


def test_measures_that_no_claim_is_about_are_left_out_unless_none_is():
    def shown(claim):
        return {one.measure for one in record(["worst"], claim).shown_summaries()}

    assert shown({"measure": ["map"]}) == {"map"}
    assert shown({"measure": "recall@1"}) == shown("no claim") == {"map", "ndcg@10"}
