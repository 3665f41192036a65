"""The documentation's site is built without a warning, linked within itself, and complete."""

import doctest
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest
from filelock import FileLock

from beir_hybrid.cli.main import main
from beir_hybrid.registry import REGISTRIES
from beir_hybrid.registry.origin import is_ours
from beir_hybrid.studies import study
from beir_hybrid.studies.trial import KEYS
from beir_hybrid.training.batch_options import BatchOptions
from beir_hybrid.training.request import OPTIONS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TO_BUILD = (
    "docutils",
    "myst_nb",
    "pydata_sphinx_theme",
    "sphinx",
    "sphinx_click",
    "sphinx_copybutton",
    "sphinx_design",
)
LACKING = [name for name in TO_BUILD if find_spec(name) is None]
WITH_SPHINX = pytest.mark.skipif(bool(LACKING), reason=f"the extra docs is not installed: no {', '.join(LACKING)}")
PAGES = sorted(
    path
    for path in DOCS.rglob("*.md")
    if ">>> " in path.read_text(encoding="utf-8") and path.parent.name not in {"tutorials", "concepts"}
)
"""Pages with snippets, but for those that test_pages.py follows."""
WRITTEN = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md"), *ROOT.glob("plugins/*/README.md")]
PUBLIC = [line.replace(": ", ".") for line in (ROOT / "tests/public_names.txt").read_text().splitlines()]


class Links(HTMLParser):
    """The ids of a page, and what it links to."""

    def __init__(self, page):
        super().__init__()
        self.ids, self.targets = set(), set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        self.targets |= {given[name] for name in ("href", "src") if given.get(name)}


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Build the site once, for all processes of the test run."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    out, log = shared / "site", shared / "site.log"
    with FileLock(shared / "site.lock"):
        if not log.exists():
            command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", "-d", str(shared / "trees")]
            done = subprocess.run([*command, str(DOCS), str(out)], capture_output=True, text=True, cwd=shared)
            log.write_text(done.stderr if done.returncode else "")
    assert log.read_text() == ""
    return out


@pytest.fixture(scope="session")
def options(site):
    return (site / "reference/cli.html").read_text(encoding="utf-8")


def commands(group, path="beir-hybrid"):
    """Yield every command with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}-{name}")
        yield f"{path}-{name}", command


@WITH_SPHINX
@pytest.mark.slow
def test_links_of_the_site_lead_somewhere(site):
    pages = {page: Links(page) for page in site.rglob("*.html") if "_static" not in page.parts}
    assert len(pages) > 30
    missing = []
    for page, links in pages.items():
        for target in links.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc or not (parts.path or parts.fragment):
                continue
            file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            file = file / "index.html" if file.is_dir() else file
            if not file.is_file() or (parts.fragment and unquote(parts.fragment) not in pages[file].ids):
                missing.append(f"{page.relative_to(site)} -> {target}")
    assert not missing


@WITH_SPHINX
@pytest.mark.slow
def test_every_option_of_every_command_is_on_the_site(options):
    missing = [
        f"{path} {param.opts[0]}"
        for path, command in commands(main)
        for param in command.params
        if isinstance(param, click.Option) and not param.hidden
        if f'id="cmdoption-{path}-{param.opts[0].lstrip("-").replace("_", "-")}"' not in options.replace("_", "-")
    ]
    assert not missing


@WITH_SPHINX
@pytest.mark.slow
def test_every_public_name_is_on_the_site(site):
    text = "".join(page.read_text(encoding="utf-8") for page in site.glob("reference/api/*.html"))
    assert not [name for name in PUBLIC if f'id="{name}"' not in text and f">{name}<" not in text]


@WITH_SPHINX
@pytest.mark.slow
def test_every_key_of_files_is_on_the_site(site):
    text = (site / "reference/configuration.html").read_text(encoding="utf-8")
    keys = {*OPTIONS, *BatchOptions.__dataclass_fields__, *KEYS, *study._KEYS, *study._CLAIM}
    assert not [key for key in sorted(keys) if f">{key}<" not in text]


@WITH_SPHINX
@pytest.mark.slow
def test_every_registered_name_is_on_the_site(site):
    text = (site / "reference/registered.html").read_text(encoding="utf-8")
    nouns = {"dataset", "format", "strategy", "loss", "measure"}
    things = [each for registry in REGISTRIES if registry.noun in nouns for each in registry.registrations()]
    assert not [each.name for each in things if is_ours(each.target) and f">{each.name}<" not in text]


def test_every_environment_variable_is_documented():
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "beir_hybrid").rglob("*.py"))
    used = {name for text in sources for name in re.findall(r'= "(BEIR_HYBRID_\w+)"', text)}
    assert len(used) >= 5
    text = (DOCS / "reference/environment.md").read_text(encoding="utf-8")
    assert not [name for name in sorted(used) if f"`{name}`" not in text]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_snippets_of_pages_print_what_they_say(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, attempted = doctest.testfile(str(page), module_relative=False, optionflags=flags, encoding="utf-8")
    assert attempted
    assert failed == 0


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_packages_that_are_on_no_registry_are_not_installed_from_one(path):
    assert not re.findall(r"pip install [^\n`]*?(?<![/\w])beir-hybrid.*", path.read_text(encoding="utf-8"))
