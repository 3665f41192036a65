import subprocess
import sys

import pytest

from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, OutputError
from beir_hybrid_pyserini.fusion import fuse, fuse_runs

A = """\
en:1 Q0 de:1 1 9.0 a
en:1 Q0 de:2 2 8.0 a
en:1 Q0 de:3 3 7.0 a
en:2 Q0 de:1 1 5.0 a
"""
B = """\
en:2 Q0 de:9 1 0.5 b
en:1 Q0 de:3 1 0.9 b
en:1 Q0 de:4 2 0.8 b
"""


@pytest.fixture
def runs(tmp_path):
    (tmp_path / "a").write_text(A, encoding="utf-8")
    (tmp_path / "b").write_text(B, encoding="utf-8")
    return [tmp_path / "a", tmp_path / "b"]


def rows(path):
    return [line.split() for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_document_scores_the_sum_of_its_reciprocal_ranks(runs, tmp_path):
    fuse_runs(runs, tmp_path / "c", tag="my tag")
    expected = [
        ("en:1", "de:3", 1, 1 / 63 + 1 / 61),
        ("en:1", "de:1", 2, 1 / 61),
        ("en:1", "de:4", 3, 1 / 62),
        ("en:1", "de:2", 4, 1 / 62),
        ("en:2", "de:9", 1, 1 / 61),
        ("en:2", "de:1", 2, 1 / 61),
    ]
    found = rows(tmp_path / "c")
    assert [(row[0], row[2], int(row[3]), float(row[4])) for row in found] == [
        (*row[:3], pytest.approx(row[3], rel=1e-12)) for row in expected
    ]
    assert {row[5] for row in found} == {"my_tag"}


def test_it_is_what_pyserinis_own_command_gives(runs, tmp_path):
    fuse_runs(runs, tmp_path / "ours", rrf_k=10)
    command = [sys.executable, "-W", "ignore", "-m", "pyserini.fusion", "--rrf.k", "10", "--runs", *map(str, runs)]
    subprocess.run([*command, "--output", str(tmp_path / "theirs")], check=True)
    ours, theirs = ({(row[0], row[2]): float(row[4]) for row in rows(tmp_path / name)} for name in ("ours", "theirs"))
    assert ours == pytest.approx(theirs)


def test_ranks_in_a_file_do_not_count_but_scores_do(runs, tmp_path):
    fuse_runs(runs, tmp_path / "c")
    lines = [" ".join([*line.split()[:3], "0", *line.split()[4:]]) + "\n" for line in reversed(A.splitlines())]
    runs[0].write_text("".join(lines), encoding="utf-8")  # as BEIR writes them, and in another order
    fuse_runs(runs, tmp_path / "d")
    assert sorted(rows(tmp_path / "d")) == sorted(rows(tmp_path / "c"))


def test_ids_that_look_like_numbers_or_nothing_stay_what_they_are(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text("007 Q0 null 1 2.0 x\n007 Q0 01 2 1.0 x\n", encoding="utf-8")
    fuse_runs([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
    assert [row[:3] for row in rows(tmp_path / "c")] == [["007", "Q0", "null"], ["007", "Q0", "01"]]


def test_depth_cuts_the_runs_and_the_fused_run(runs, tmp_path):
    fuse_runs(runs, tmp_path / "c", depth=2)
    assert [row[2] for row in rows(tmp_path / "c") if row[0] == "en:1"] == ["de:3", "de:1"]  # de:3 is cut from a
    assert float(rows(tmp_path / "c")[0][4]) == pytest.approx(1 / 61)


def test_runs_of_different_queries_are_refused_unless_allowed(runs, tmp_path):
    runs[1].write_text(B.partition("\n")[2], encoding="utf-8")
    with pytest.raises(DataFormatError, match=r"b lacks 1 of 2 queries, such as 'en:2'.*--allow-missing"):
        fuse_runs(runs, tmp_path / "c")
    assert not (tmp_path / "c").exists()
    fuse_runs(runs, tmp_path / "c", allow_missing=True)
    assert [row[2] for row in rows(tmp_path / "c") if row[0] == "en:2"] == ["de:1"]


def test_runs_without_a_common_query_are_refused_even_if_some_may_be_missing(runs, tmp_path):
    runs[1].write_text("fr:1 Q0 de:1 1 1.0 b\n", encoding="utf-8")
    with pytest.raises(DataFormatError, match="no query in common"):
        fuse_runs(runs, tmp_path / "c", allow_missing=True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("en:1 Q0 de:3 4 0.1 b", "'de:3' already"),
        ("en:1 Q0 de:5 4 0.1", "six columns"),
        ("en:1 Q0 de:5 4 much b", "six columns"),
        ("en:1 Q0 de:5 4 nan b", "finite"),
    ],
)
def test_bad_lines_are_told_with_file_and_line(runs, tmp_path, line, message):
    runs[1].write_text(B + line + "\n", encoding="utf-8")
    with pytest.raises(DataFormatError, match=f"b:4: .*{message}"):
        fuse_runs(runs, tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_an_empty_run_is_refused(runs, tmp_path):
    runs[1].write_text("\n", encoding="utf-8")
    with pytest.raises(DataFormatError, match="no passage"):
        fuse_runs(runs, tmp_path / "c")


def test_a_missing_run_is_refused(runs, tmp_path):
    with pytest.raises(MissingDataError, match=r"no run .*/none"):
        fuse_runs([*runs, tmp_path / "none"], tmp_path / "c")


def test_what_is_there_is_replaced_only_if_asked_and_never_an_input(runs, tmp_path):
    (tmp_path / "c").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="--overwrite"):
        fuse_runs(runs, tmp_path / "c")
    fuse_runs(runs, tmp_path / "c", overwrite=True)
    assert len(rows(tmp_path / "c")) == 6
    with pytest.raises(OutputError, match="one of the runs"):
        fuse_runs(runs, runs[0], overwrite=True)
    assert runs[0].read_text(encoding="utf-8") == A


@pytest.mark.parametrize("options", [{"rrf_k": -1}, {"depth": 0}])
def test_numbers_out_of_range_are_refused(runs, tmp_path, options):
    with pytest.raises(ConfigurationError):
        fuse_runs(runs, tmp_path / "c", **options)


def test_the_same_run_twice_is_refused(runs, tmp_path):
    (tmp_path / "link").symlink_to(runs[0])
    with pytest.raises(ConfigurationError, match="link is given twice"):
        fuse_runs([*runs, tmp_path / "link"], tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_one_run_is_not_enough(runs, tmp_path):
    with pytest.raises(ConfigurationError, match="two"):
        fuse(runs[:1], tmp_path / "c")


@pytest.fixture
def folders(tmp_path):
    for folder, text in (("x", A), ("y", B)):
        (tmp_path / folder).mkdir()
        for name in ("en-de.trec", "en-all.trec"):
            (tmp_path / folder / name).write_text(text, encoding="utf-8")
    return [tmp_path / "x", tmp_path / "y"]


def test_folders_are_fused_by_their_files_names(folders, tmp_path):
    written = fuse(folders, tmp_path / "z")
    assert written == [tmp_path / "z" / "en-all.trec", tmp_path / "z" / "en-de.trec"]
    assert [len(rows(path)) for path in written] == [6, 6]


def test_a_folder_that_lacks_a_run_is_refused_before_any_is_written(folders, tmp_path):
    (folders[1] / "en-de.trec").unlink()
    with pytest.raises(ConfigurationError, match=r"y has no en-de\.trec"):
        fuse(folders, tmp_path / "z")
    assert not (tmp_path / "z").exists()


def test_all_runs_of_a_folder_are_written_or_none_and_the_advice_works(folders, tmp_path):
    (folders[1] / "en-de.trec").write_text(B.partition("\n")[2], encoding="utf-8")  # after en-all.trec
    with pytest.raises(DataFormatError, match=r"en-de\.trec lacks 1 of 2 queries.*--allow-missing"):
        fuse(folders, tmp_path / "z")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x", "y"]
    written = fuse(folders, tmp_path / "z", allow_missing=True)
    assert [path.name for path in written] == ["en-all.trec", "en-de.trec"]
    assert all(path.is_file() for path in written)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x", "y", "z"]


def test_failed_fusion_of_folders_leaves_the_runs_that_are_there(folders, tmp_path):
    first = [path.read_bytes() for path in fuse(folders, tmp_path / "z")]
    (folders[0] / "en-all.trec").write_text("en:1 Q0 de:7 1 9.0 a\nen:2 Q0 de:7 1 5.0 a\n", encoding="utf-8")
    (folders[1] / "en-de.trec").write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(DataFormatError, match="six columns"):
        fuse(folders, tmp_path / "z", overwrite=True)
    assert [path.read_bytes() for path in sorted((tmp_path / "z").iterdir())] == first


@pytest.mark.parametrize("there", [[], ["mine.txt"], ["mine.txt", "en-de.trec"]], ids=["empty", "other", "run"])
def test_runs_join_what_is_in_the_folder(folders, tmp_path, there):
    (tmp_path / "z").mkdir()
    for name in there:
        (tmp_path / "z" / name).write_text("mine", encoding="utf-8")
    if "en-de.trec" in there:
        with pytest.raises(OutputError, match=r"en-de\.trec exists already\..*--overwrite"):
            fuse(folders, tmp_path / "z")
        assert sorted(path.name for path in (tmp_path / "z").iterdir()) == sorted(there)
    fuse(folders, tmp_path / "z", overwrite="en-de.trec" in there)
    found = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "z").iterdir()}
    assert found.keys() == {"en-all.trec", "en-de.trec", *there}
    assert [name for name, text in found.items() if text == "mine"] == ["mine.txt"] * ("mine.txt" in there)


def test_folder_that_cannot_be_written_is_told(folders, tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="file is a file"):
        fuse(folders, tmp_path / "file" / "z")


def test_files_and_folders_are_not_mixed(folders, runs, tmp_path):
    with pytest.raises(ConfigurationError, match="no folder"):
        fuse([folders[0], runs[1]], tmp_path / "z")


def test_folders_without_runs_are_refused(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(MissingDataError, match="holds no run"):
        fuse([tmp_path / "x", tmp_path / "x"], tmp_path / "z")
