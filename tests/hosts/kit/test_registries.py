import pytest

from beir_hybrid.errors import PluginError
from beir_hybrid.hosts.kit.registries import add_entry, add_item


@pytest.mark.parametrize(("first", "order"), [(True, ["mine", "b", "a"]), (False, ["b", "a", "mine"])])
def test_entry_stands_where_it_is_wanted_and_the_others_keep_their_order(first, order):
    registry = {"b": 1, "a": 2}
    undo = add_entry(registry, "mine", 3, first=first)
    assert list(registry) == order
    assert registry["mine"] == 3
    undo()
    undo()
    assert list(registry.items()) == [("b", 1), ("a", 2)]


def test_name_that_is_taken_is_refused_with_whose_it_is():
    registry = {"mine": pytest.fixture}
    with pytest.raises(PluginError, match=r"There is a 'mine' already, of _pytest\.fixtures"):
        add_entry(registry, "mine", print)
    assert registry == {"mine": pytest.fixture}


def test_entry_that_somebody_replaced_or_removed_since_stays_so():
    registry = {}
    undo = add_entry(registry, "mine", print)
    registry["mine"] = repr
    undo()
    assert registry == {"mine": repr}
    del registry["mine"]
    undo()
    assert registry == {}


def test_item_of_a_set_that_had_it_stays():
    registry = {"map"}
    add_item(registry, "map")()
    assert registry == {"map"}


def test_item_of_a_list_is_removed_itself_and_not_its_like():
    theirs, ours = [1], [1]
    registry = [theirs]
    undo = add_item(registry, ours)
    registry.append("later")
    undo()
    undo()
    assert registry == [theirs, "later"]
    assert registry[0] is theirs
