import doctest
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_snippets_of_the_readme_print_what_they_say(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed, attempted = doctest.testfile(str(README), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert attempted > 10
    assert failed == 0
