import pytest

from beir_hybrid.hosts.kit import Activation


def test_changes_that_fail_halfway_are_undone_and_can_be_tried_again():
    done, fails = [], [True]

    def begin():
        done.append("changed")
        host.undo.append(lambda: done.append("undone"))
        if fails:
            raise OSError("no room")

    host = Activation(begin)
    with pytest.raises(OSError, match="no room"):
        host.activate()
    assert (done, host.is_active()) == (["changed", "undone"], False)
    fails.clear()
    host.activate()
    assert (done, host.is_active()) == (["changed", "undone", "changed"], True)
