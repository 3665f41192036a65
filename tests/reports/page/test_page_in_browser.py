"""The page as a real browser shows it; skipped, and said so, where there is none."""

import os
import shutil

import pytest

from beir_hybrid.reports.page.page import render_page

SIZES = pytest.mark.parametrize("width", [1280, 390])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])

# cells whose letters are too small, do not fit, or have too little contrast
ILLEGIBLE = """() => {
  const luminance = colour => {
    const channels = colour.match(/[0-9.]+/g).slice(0, 3).map(Number).map(c => c / 255);
    const [r, g, b] = channels.map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [...document.querySelectorAll("table.heat td:not(.none)")].filter(cell => {
    const style = getComputedStyle(cell);
    const [low, high] = [style.color, style.backgroundColor].map(luminance).sort((a, b) => a - b);
    const range = document.createRange();
    range.selectNodeContents(cell);
    const fits = range.getBoundingClientRect().width <= cell.getBoundingClientRect().width + 0.5;
    return parseFloat(style.fontSize) < 9.5 || !fits || (high + 0.05) / (low + 0.05) < 4.5;
  }).map(cell => cell.textContent + " " + getComputedStyle(cell).fontSize);
}"""

# what sticks out of the window and cannot be scrolled to within its own box
STICKING_OUT = """() => [...document.querySelectorAll("body *")]
  .filter(e => !e.closest(".scroll") && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.tagName + ": " + e.textContent.slice(0, 60))"""

# pictures and controls without a name, headings that leave out a rank, and names that are given twice
UNNAMED = """() => {
  const named = e => e.getAttribute("aria-label") || e.title || e.textContent.trim() || e.labels?.[0]?.textContent;
  const wanted = "svg:not([aria-hidden]), button, a, input, [role=region], [role=group]";
  const nameless = [...document.querySelectorAll(wanted)].filter(e => !named(e))
    .map(e => e.outerHTML.slice(0, 80));
  const ranks = [...document.querySelectorAll("h1,h2,h3,h4")].map(e => Number(e.tagName[1]));
  const leaps = ranks.filter((rank, place) => rank > (ranks[place - 1] ?? 0) + 1);
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
  return [...nameless, ...leaps, ...ids.filter((id, place) => ids.indexOf(id) !== place)];
}"""

OPEN_ALL = "() => document.querySelectorAll('details').forEach(one => { one.open = true; })"


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
    with api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=root)
        yield launched
        launched.close()


@pytest.fixture
def show(browser, tmp_path):
    """Open a page; its console's lines and requests are kept in ``said``."""
    contexts = []

    def show(text, width=1280, scheme="light", **given):
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **given)
        contexts.append(context)
        page = context.new_page()
        page.said = []
        page.on("console", lambda line: page.said.append(line.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("dialog", lambda dialog: page.said.append(dialog.message))
        page.on("request", lambda request: page.said.append(request.url) if request.url != path.as_uri() else None)
        page.goto(path.as_uri())
        return page

    yield show
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def large_page(contents_of, make_results_of):
    codes = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh")
    intervals = {"scores": {kind: {"map": [0.1234, 0.4321]} for kind in ("mono", "cross", "multi")}}
    runs = {
        "a run with quite a long name, trained on everything": make_results_of(codes, intervals=intervals),
        "a-name-without-any-blank-in-it-at-all-that-cannot-be-broken": make_results_of(codes, lift=-0.6),
        "third": make_results_of(codes, lift=0.2),
    }
    runs = {name: type(found)(**{**vars(found), "dataset": "xquad-r"}) for name, found in runs.items()}
    return render_page(contents_of(runs, reference="paper"))


@SIZES
@SCHEMES
def test_a_study_renders_without_a_word_on_the_console_and_nothing_sticks_out(show, study_contents, width, scheme):
    page = show(render_page(study_contents), width, scheme)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate(ILLEGIBLE) == []
    assert page.said == []


@SIZES
@SCHEMES
def test_eleven_languages_and_long_names_can_be_read(show, large_page, width, scheme):
    page = show(large_page, width, scheme)
    page.evaluate(OPEN_ALL)
    assert page.locator("table.heat").count() >= 11
    assert page.locator("table.heat").first.locator("td").count() == 144  # with the means
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate(ILLEGIBLE) == []
    assert page.said == []


def test_the_colour_scheme_is_the_readers(show, study_contents):
    light, dark = (
        show(render_page(study_contents), scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    )
    assert light == "rgb(255, 255, 255)"
    assert dark == "rgb(18, 23, 29)"


@SIZES
def test_hostile_texts_do_nothing(show, hostile_page, hostile, width):
    page = show(hostile_page, width)
    page.evaluate(OPEN_ALL)
    assert page.said == []  # no alert, no request, nothing that the policy had to stop
    assert page.title() == hostile.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    assert page.locator("h1").inner_text() == hostile.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_without_scripts_everything_is_there(show, study_contents):
    page = show(render_page(study_contents), java_script_enabled=False)
    assert page.locator("table.main tbody tr").count() == 4
    assert page.locator("table.heat").first.is_visible()
    assert page.locator("th button").count() == 0
    assert not page.locator("#filter").is_visible()  # which would do nothing


def test_everything_has_a_name_and_headings_leave_out_no_rank(show, study_contents, large_page):
    for text in (render_page(study_contents), large_page):
        assert show(text).evaluate(UNNAMED) == []


def test_a_run_that_is_left_out_is_shown_nowhere(show, study_contents):
    page = show(render_page(study_contents))
    box = page.locator("#filter input").first
    place = box.get_attribute("value")
    parts = page.locator(f'[data-run="{place}"]')
    assert parts.count() > 5
    box.uncheck()
    assert not any(parts.nth(number).is_visible() for number in range(parts.count()))
    box.check()
    assert page.locator(f'table.main [data-run="{place}"]').is_visible()


def test_tables_are_sorted_by_a_click(show, study_contents):
    page = show(render_page(study_contents))

    def shown():
        rows = page.locator("table.main tbody tr td:nth-child(2)").all_inner_texts()
        return [float(row.split()[0]) for row in rows]

    before = shown()
    heading = page.locator("table.main th button").nth(1)
    heading.click()
    assert shown() == sorted(before, reverse=True)
    heading.click()
    assert shown() == sorted(before)
    assert page.locator("table.main th[aria-sort]").count() == 1
