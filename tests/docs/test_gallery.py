"""The gallery: its pages are those that the script makes, and say by which commands."""

import re
import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGES = runpy.run_path(str(DOCS / "gallery.py"))["PAGES"]


def test_every_page_is_stored_linked_and_compact():
    text = (DOCS / "gallery" / "index.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\(pages/([^)]+)\.html\)", text))
    stored = {path.stem: path.stat().st_size for path in (DOCS / "gallery" / "pages").glob("*.html")}
    assert linked == set(stored) >= set(PAGES)
    assert all(size < 600_000 for size in stored.values())


def test_commands_beside_a_page_are_those_that_make_it():
    shown = (
        (DOCS / "gallery" / "index.md")
        .read_text(encoding="utf-8")
        .replace("\\\n", "")
        .partition("## Three strategies")[2]
    )
    told = {frozenset(line.split()[1:]) for line in shown.splitlines() if line.startswith("beir-hybrid")}
    run = {
        frozenset(re.sub(r"\S+/examples", "examples", command).split()) for each in PAGES.values() for command in each
    }
    assert told
    assert told <= run
