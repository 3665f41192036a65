from pathlib import Path

from beir_hybrid.reports.study_statistics import read_statistics, statistics_table

ENTRY = {
    "evaluation": "tiny",
    "kind": "cross",
    "measure": "map",
    "seeds": 2,
    "mean": 0.5,
    "deviation": 0.01,
    "worst": 0.125,
    "worst_setting": "de-es",
    "spread": 0.0625,
    "seen": 0.75,
    "unseen": None,
}
ENTRIES = [
    {**ENTRY, "values": {"strategy": strategy}, "measure": measure}
    for strategy in ("x-y", "hybrid")
    for measure in ("map", "ndcg@10")
]


def read(show, claims=(), entries=ENTRIES):
    return read_statistics({"study": {"show": show, "claims": list(claims)}, "summary": entries}, Path("study.json"))


def test_only_what_the_study_asks_for_is_shown():
    assert read(["mean"]) == read(None) == read_statistics({}, Path("study.json")) == ()
    table = statistics_table(read(["mean", "worst", "spread"]), "t")
    assert [column.title for column in table.shown().columns[-3:]] == ["mean", "worst setting", "spread over settings"]
    assert table.shown().texts()[0] == [
        "x-y",
        "tiny",
        "cross",
        "map",
        "2",
        "0.5000 ± 0.0100",
        "0.1250 (de-es)",
        "0.0625",
    ]
    assert statistics_table(read("unseen"), "t").shown().texts()[0][-1] == "-"


def test_groups_stand_one_below_the_other_by_what_is_measured():
    rows = statistics_table(read(["worst"]), "t").texts()
    assert [(row[3], row[0]) for row in rows] == [
        ("map", "x-y"),
        ("map", "hybrid"),
        ("ndcg@10", "x-y"),
        ("ndcg@10", "hybrid"),
    ]


def test_measures_that_no_claim_is_about_are_left_out_unless_none_is():
    assert {one.measure for one in read(["worst"], [{"measure": ["map"]}])} == {"map"}
    assert {one.measure for one in read(["worst"], [{"measure": "recall@1"}])} == {"map", "ndcg@10"}


def test_bare_numbers_are_for_programs():
    plain = statistics_table(read(["worst", "unseen"]), "t").bare()
    assert plain[0][4:] == ["seeds", "mean", "deviation", "worst", "unseen", "worst_setting"]
    assert plain[1][0][4:] == ["2", "0.5", "0.01", "0.125", "", "de-es"]


def test_the_number_of_settings_seen_and_unseen_is_told():
    [entry, *_] = ENTRIES
    table = statistics_table(read(["seen", "unseen"], (), [{**entry, "seen_settings": 6, "unseen_settings": 0}]), "t")
    assert table.shown().texts()[0][-2:] == ["0.7500 (6)", "- (0)"]
    headings, rows = table.bare()
    assert (headings[-2:], rows[0][-2:]) == (["seen_settings", "unseen_settings"], ["6", "0"])
