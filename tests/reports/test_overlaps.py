from beir_hybrid.pairs.overlap import CheckedSet, Overlap, OverlapCount, OverlapExample
from beir_hybrid.reports.overlaps import overlap_models
from beir_hybrid.reports.render.text import markdown_table

CHECKED = Overlap("mine", 9, 0.7, ("question",), (CheckedSet("zoo", 2, 3, ("no corpora",)),))


def test_sets_are_shown_with_what_was_not_there():
    [sets] = overlap_models(CHECKED)
    assert "| zoo | 2 | 3 |" in markdown_table(sets)
    assert sets.notes == ("zoo: no corpora",)


def test_counts_and_examples_are_shown_where_there_are_any():
    count = OverlapCount("zoo", "question", "en", 1, 2)
    example = OverlapExample("zoo", "question", "g", "en", "Who?", "en", "Who is it?", 0.75)
    _, counts, examples = overlap_models(Overlap(**{**vars(CHECKED), "counts": (count,), "examples": (example,)}))
    assert "| zoo | question | en | 1 | 2 |" in markdown_table(counts)
    assert "| zoo | question | g | 0.75 | Who? | Who is it? |" in markdown_table(examples)
