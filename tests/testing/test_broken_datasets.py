"""The contract of datasets finds what is broken, says what to fix, and blames nothing else."""

import pytest

CAUGHT = {
    "Sound": {},
    "Misnamed": {"test_registered_dataset_describes_itself": "calls itself 'other'. Use one name."},
    "Silent": {"test_registered_dataset_describes_itself": "licence is ''. Write one line of text."},
    "Underscored": {"test_registered_dataset_describes_itself": "'en_us'. Use codes such as 'de' or 'zh-Hans'"},
    "Bare": {"test_ids_carry_their_language": "The document id '17' is in the de texts. Begin it with 'de'"},
    "Echoing": {"test_no_passage_has_the_id_of_a_query": "['de:q0'] are ids of a query and of a passage."},
    "Blank": {"test_texts_are_there": "The text of 'de:1' is blank. Leave it out"},
    "Dangling": {
        "test_judgements_name_what_is_there": "name 'th:99', which is no document.",
        "test_one_language_alone_is_that_part_of_all": "name an unknown document 'th:99'",
    },
    "Fractional": {"test_judgements_name_what_is_there": "with 1.0. Make grades ints."},
    "Fruitless": {"test_every_query_language_has_something_to_find": "No query in ['en'] has a relevant passage."},
    "Crowded": {"test_groups_are_of_translations": "The group 'one' has two de queries, 'de:q0' and 'de:q1'."},
    "Sorting": {"test_languages_come_in_the_order_asked_for": "choose_languages"},
    "Greedy": {
        "test_one_language_alone_is_that_part_of_all": "Asked for th alone, load() returns ('de', 'en', 'th').",
        "test_languages_come_in_the_order_asked_for": "choose_languages",
    },
    "Careless": {
        "test_languages_come_in_the_order_asked_for": "choose_languages",
        "test_languages_it_lacks_are_refused": "choose_languages",
        "test_languages_that_pairs_lack_are_refused": "choose_languages",
    },
    "Entangled": {"test_one_language_alone_is_that_part_of_all": "th has other queries than among"},
    "Swallowing": {"test_options_it_lacks_are_refused": "no_such_option=1 is not refused."},
    "Unusual": {"test_first_split_is_the_usual_one": "load(split='train') is not what load() returns."},
    "Splitless": {"test_first_split_is_the_usual_one": "split='no-such-split' is not refused."},
    "Boasting": {"test_stated_counts_are_true": "It lists 13495 queries and has 6."},
    "Shuffling": {"test_second_load_is_equal": "global random generator"},
    "Seeding": {"test_second_load_is_equal": "global random generator"},
    "Monolingual": {"test_groups_of_pairs_are_of_translations": "without a language in it"},
    "Twofold": {"test_groups_of_pairs_are_of_translations": "has 'de' twice"},
    "Crossed": {
        "test_groups_of_pairs_are_those_of_queries": "Keep to translations of one question in a group of pairs."
    },
    "Restless": {"test_second_load_of_pairs_is_equal": "global random generator"},
    "Indiscriminate": {"test_languages_that_pairs_lack_are_refused": "is not refused. Pass the argument through"},
}


@pytest.fixture(scope="module")
def failures(try_plugins):
    points = {name.lower(): name.upper() for name in CAUGHT}
    return try_plugins("broken_datasets", "beir_hybrid.datasets", points)


@pytest.mark.parametrize("dataset", CAUGHT)
def test_contract_catches_what_is_broken_and_nothing_else(failures, dataset):
    found = failures[f"Test{dataset}"]
    assert found.keys() == CAUGHT[dataset].keys(), found
    for test, message in CAUGHT[dataset].items():
        assert message in found[test]


def test_every_broken_dataset_is_tried(failures):
    assert failures.keys() == {f"Test{name}" for name in CAUGHT}
