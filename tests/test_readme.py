import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"


def test_snippets_of_the_readme_print_what_they_say(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed, attempted = doctest.testfile(str(README), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert attempted > 10
    assert failed == 0


def test_readme_is_one_or_two_screens():
    assert len(README.read_text(encoding="utf-8").split()) < 1300


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_files_that_are_linked_are_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = {target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target}
    assert targets
    assert not [target for target in sorted(targets) if not (ROOT / target.partition("#")[0]).exists()]
