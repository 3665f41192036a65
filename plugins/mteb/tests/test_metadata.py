import pytest

from beir_hybrid.datasets.registered import find_dataset
from beir_hybrid.errors import LanguageError
from beir_hybrid.settings import all_settings
from beir_hybrid_mteb.languages import language_script
from beir_hybrid_mteb.metadata import task_metadata


@pytest.mark.parametrize(
    ("dataset", "licence"), [("xquad-r", "cc-by-sa-4.0"), ("mlqa-r", "multiple"), ("miracl", "apache-2.0")]
)
def test_licences_are_written_as_mteb_writes_them(dataset, licence):
    data = find_dataset(dataset)
    metadata = task_metadata("Some", data, "test", all_settings(["de", "en"], ["de", "en"]))
    assert metadata.license == licence
    metadata._validate_metadata()


def test_every_language_of_our_datasets_is_one_of_mteb():
    from mteb.languages import check_language_code

    for name in ("xquad-r", "mlqa-r", "miracl"):
        for code in find_dataset(name).languages:
            check_language_code(language_script(code))


@pytest.mark.parametrize("code", ["", "klingon-x", "123"])
def test_codes_of_no_language_are_refused(code):
    with pytest.raises(LanguageError, match="MTEB has no name"):
        language_script(code)
