import pytest

from beir_hybrid import load_pairs
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, UnknownNameError
from beir_hybrid.formats import build_format, open_source
from beir_hybrid.formats.open import recognize

ROW = '{"group": "1", "language": "en", "question": "Who?", "passage": "Me."}\n'


def rows(source):
    return [row for batch in source.batches() for row in batch.rows.to_pylist()]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text(ROW + ROW.replace("en", "de"))
    return path


def test_format_is_recognised_by_content_whatever_the_name(path):
    assert recognize(path.rename(path.with_suffix(".txt"))).name == "pairs"


def test_arrow_files_are_recognised(tmp_path, path):
    load_pairs(path).save(tmp_path / "mine.feather")
    assert recognize(tmp_path / "mine.feather").name == "arrow"
    assert rows(open_source(tmp_path / "mine.feather"))[1]["language"] == "de"


def test_rows_of_some_languages_are_kept(path):
    assert [row["language"] for row in rows(open_source(path, languages=["de"]))] == ["de"]


def test_registered_datasets_are_sources(path):
    languages = {row["language"] for row in rows(open_source("sample", languages=["en", "th"]))}
    assert languages == {"en", "th"}


def test_source_that_changes_has_another_identity(path):
    before = open_source(path).identity
    assert open_source(path).identity == before
    path.write_text(ROW)
    assert open_source(path).identity != before
    assert open_source(path, languages=["en"]).identity != open_source(path).identity


def test_unknown_content_is_refused_with_the_known_formats(tmp_path):
    (tmp_path / "x").write_text("hello")
    with pytest.raises(DataFormatError, match=r"of no known format: .*pairs.* --columns question="):
        open_source(tmp_path / "x")


def test_missing_source_is_named():
    with pytest.raises(MissingDataError, match="There is no file, folder or dataset nowhere"):
        open_source("nowhere")


@pytest.mark.parametrize(
    ("spec", "error"),
    [("paris", UnknownNameError), ("pairs(language='de')", ConfigurationError)],
    ids=["name", "option"],
)
def test_unknown_formats_and_options_are_refused(path, spec, error):
    with pytest.raises(error):
        open_source(path, spec)


def test_format_is_built_from_its_spec():
    assert repr(build_format("arrow")) == "Arrow()"
