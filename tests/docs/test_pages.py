"""Tutorials and concepts, each followed from its first line to its last in an empty folder, without a network.

A page's blocks are run in order: ``console`` blocks by the shell (``beir-hybrid`` in this process, as imports take
long), those with ``>>>`` as doctests that share their names. A block with a caption is the file of that name, and one
of the class ``needs-ray`` is for those who have that plug-in. What is printed must be what the page says; ``...``
stands for anything. Of what a console prints, lines may be broken elsewhere, and numbers with decimals may differ by a
tenth, since processors add up in different orders.
"""

from __future__ import annotations

import doctest
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from beir_hybrid.cli.main import main

DOCS = Path(__file__).parents[2] / "docs"
TUTORIALS, CONCEPTS = (
    [page for page in sorted((DOCS / part).glob("*.md")) if page.stem != "index"] for part in ("tutorials", "concepts")
)

_FENCE = re.compile(r"^(?P<ticks>`{3,})(?P<head>[^\n]*)\n(?P<text>.*?)^(?P=ticks)\s*$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"(\d+\.\d+)")
_FRAMES = re.compile("[\u2500-\u257f]+")


@dataclass(frozen=True)
class Block:
    """A block of code: its language, text and first line in the page, the file that it is, and what it needs."""

    language: str
    text: str
    line: int
    file: str | None = None
    needs: str | None = None


def blocks(page):
    """The blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    for match in _FENCE.finditer(text):
        language, body = match["head"].strip(), match["text"]
        options = ""
        if language.startswith("{code-block}"):
            language = language.removeprefix("{code-block}").strip()
            options = re.match(r"(:[^\n]*\n)*", body)[0]
        caption, needs = re.search(r":caption: +(.+)", options), re.search(r":class: +needs-(.+)", options)
        line = text[: match.start()].count("\n") + 2
        yield Block(language, body.removeprefix(options).lstrip("\n"), line, caption and caption[1], needs and needs[1])


def commands(text):
    """The commands of a console block, each with the output that follows it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        length = 1
        while lines[length - 1].endswith("\\\n"):
            length += 1
        yield "".join(lines[:length]).replace("\\\n", "").strip(), "".join(lines[length:])


def agrees(wanted, printed):
    """Whether the output is what the page says, frames of tables and lengths of lines aside."""
    wanted, printed = (" ".join(_FRAMES.sub(" ", text).split()) for text in (wanted, printed))
    wanted = re.sub(r" ?\.\.\. ?", "...", wanted)  # which stands for nothing, too
    skeletons = [_NUMBER.sub("0.0", text) for text in (wanted, printed)]
    if not doctest.OutputChecker().check_output(*skeletons, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE):
        return False
    if "..." in wanted:  # which number belongs to which is not known
        known = [float(number) for number in _NUMBER.findall(printed)]
        return all(any(close(float(number), other) for other in known) for number in _NUMBER.findall(wanted))
    pairs = zip(_NUMBER.findall(wanted), _NUMBER.findall(printed), strict=True)
    return all(close(float(number), float(other)) for number, other in pairs)


def close(number, other):
    """Whether two numbers are equal up to how processors round."""
    return abs(number - other) <= max(0.1 * abs(number), 0.05)


def run_console(block, page):
    for command, wanted in commands(block.text):
        printed, ended_well = run(command)
        if ended_well is ("Error:" in wanted) or not agrees(wanted, printed):
            pytest.fail(f"{page.name}, after line {block.line}: {command}\nThe page says:\n{wanted}\nIt is:\n{printed}")


def run(command):
    """Run a command and give what it prints, and whether it ended well."""
    words = shlex.split(command)
    if words[0] == "beir-hybrid" and not {"|", ">", "&&", ";"} & set(words):
        ended = CliRunner().invoke(main, words[1:])
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return (ended.output, False) if ended.exit_code else (ended.stdout, True)
    bash = subprocess.run(["bash", "-euo", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    return bash.stdout + (bash.stderr if bash.returncode else ""), bash.returncode == 0


def run_doctests(block, page, names):
    test = doctest.DocTestParser().get_doctest(block.text, names, page.name, str(page), block.line - 1)
    test.globs = names  # a copy otherwise, and the next block lacks what this one made
    told = []
    doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(
        test, out=told.append, clear_globs=False
    )
    assert not told, "".join(told)


def follow(page):
    """Do what a page says, in the folder that the process is in."""
    names = {"__name__": "__main__"}
    for block in blocks(page):
        if block.needs is not None and importlib.util.find_spec(f"beir_hybrid_{block.needs}") is None:
            continue  # of a plug-in that is not installed
        if block.file is not None:
            Path(block.file).parent.mkdir(parents=True, exist_ok=True)
            Path(block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            run_console(block, page)
        elif block.language in ("python", "pycon"):
            assert ">>>" in block.text, f"{page.name}, line {block.line}: a block of Python that nothing runs"
            run_doctests(block, page, names)


@pytest.fixture
def empty_folder(tmp_path, monkeypatch, verbosity):
    """A folder to work in, as a user's terminal of 80 columns."""
    monkeypatch.chdir(tmp_path)
    for name in ("BEIR_HYBRID_DATA", "BEIR_HYBRID_SOURCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", TUTORIALS, ids=[page.stem for page in TUTORIALS])
def test_tutorial_prints_what_it_says(page, empty_folder):
    follow(page)


@pytest.mark.parametrize("page", CONCEPTS, ids=[page.stem for page in CONCEPTS])
def test_examples_of_a_concept_give_what_it_says(page, empty_folder):
    follow(page)


def test_numbers_may_differ_a_little_and_words_may_not():
    assert agrees("mAP 71.80 in 3 settings", "mAP 71.79 in\n  3 settings")
    assert not agrees("mAP 71.8", "mAP 60.0")
    assert not agrees("3 settings", "4 settings")
    assert agrees("first ... 9.5", "first line, second line 9.5")
    assert not agrees("first ... 9.5", "first line, second line 19.5")


def test_page_that_says_something_else_than_is_printed_fails(tmp_path, empty_folder):
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo one\none\n$ echo two\nthree\n```\n", encoding="utf-8")
    with pytest.raises(pytest.fail.Exception, match="echo two"):
        follow(page)
    page.write_text("```python\n>>> a = 1\n```\n\n```python\n>>> a\n2\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="Expected"):
        follow(page)
