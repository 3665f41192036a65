import pytest


@pytest.fixture
def runs(tmp_path):
    (tmp_path / "a").write_text("en:1 Q0 de:1 1 9.0 a\nen:1 Q0 de:2 2 8.0 a\n", encoding="utf-8")
    (tmp_path / "b").write_text("en:1 Q0 de:2 1 0.5 b\n", encoding="utf-8")


def test_runs_are_fused(runs, invoke, tmp_path):
    result = invoke("fuse", "--runs", "a", "--runs", "b", "--output", "c", "--rrf-k", 0, "--tag", "both")
    assert result.exit_code == 0, result.output
    assert result.stdout == "Written: c\n"
    assert (tmp_path / "c").read_text(encoding="utf-8") == ("en:1 Q0 de:2 1 1.5 both\nen:1 Q0 de:1 2 1.0 both\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--runs", "a", "--output", "c"], "two runs"),
        (["--runs", "a", "--runs", "none", "--output", "c"], "no run none"),
        (["--runs", "a", "--runs", "b", "--output", "b"], "exists already"),
        (["--runs", "a", "--runs", "b", "--output", "c", "--rrf-k", "-1"], "rrf"),
    ],
)
def test_bad_input_is_refused_in_one_line(runs, refused, words, message):
    assert message in refused("fuse", *words)
