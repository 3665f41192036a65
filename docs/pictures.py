"""Draw the pictures of the documentation from the built-in sample: ``python docs/pictures.py``.

Each function draws one or more SVG files into a folder. What they show is drawn, trained and ranked by the package.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from beir_hybrid import BatchPlan, TrainingRequest, load_dataset, load_pairs, train
from beir_hybrid.batching.forecast import forecast
from beir_hybrid.reports.plans import plot_forecast
from beir_hybrid.reports.render.palette import LIGHT, series_colour
from beir_hybrid.reports.render.pictures import write_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LANGUAGES = ("ar", "de", "en", "es", "th", "zh")
SEED = 8  # with which hybrid begins with a batch of each kind
SHOWN = 8  # examples of a batch, so many that one sees the kind
QUESTION = "france-capital"


def draw_plans(folder: Path) -> None:
    """Draw what strategies would draw, as ``beir-hybrid plan --plot`` does."""
    plans = {"hybrid": ("hybrid", None, 128, 200), "schedule": ("schedule(start=1.0, end=0.0)", LANGUAGES, 64, 400)}
    for name, (strategy, languages, size, steps) in plans.items():
        pairs = load_pairs("sample", languages=languages)
        epochs = steps * size / len(pairs)
        plan = BatchPlan(pairs.index, strategy, size, seed=0, epochs=epochs)
        plot_forecast(forecast(plan, steps), folder / f"plan-{name}.svg")


def draw_batches(folder: Path) -> None:
    """Draw the languages of two batches of each kind."""
    strategies = ("x-x-mono", "x-y", "hybrid", "single-pair", "random", "x-x")
    index = load_pairs("sample", languages=LANGUAGES).index

    def compose(figure: Figure) -> None:
        figure.set_size_inches(8.6, 0.92 * len(strategies) + 0.4)
        for row, name in enumerate(strategies):
            axes = figure.add_subplot(len(strategies), 1, row + 1)
            plan = BatchPlan(index, name, SHOWN, seed=SEED)
            for number, batch in enumerate(list(plan.batches(epoch=0))[:2]):
                for place in range(SHOWN):
                    across = place + number * (SHOWN + 1)
                    _cell(axes, across, 0, LANGUAGES[batch.questions[place]])
                    _cell(axes, across, 1, LANGUAGES[batch.passages[place]])
            _frame(axes, 2 * SHOWN + 1, 2)
            axes.set_yticks((0.5, 1.5), ("question", "passage"))
            axes.set_title(name, loc="left", fontsize=9, color=LIGHT.text, pad=3)

    write_figure(compose, [folder / "batches.svg"])


def draw_guard(folder: Path) -> None:
    """Draw which passages of a batch answer which questions, where rows are drawn at random and by a plan."""
    pairs = load_pairs("sample", languages=LANGUAGES)
    index, size = pairs.index, 24
    rng = np.random.default_rng(4)
    at_random = rng.integers(index.groups // 6, size=size)  # of a small source, where translations often meet
    planned = next(iter(BatchPlan(index, "x-y", size, seed=0).batches(epoch=0))).groups

    def compose(figure: Figure) -> None:
        figure.set_size_inches(8.0, 4.4)
        for place, (title, groups) in enumerate((("rows at random", at_random), ("a planned batch", planned))):
            axes = figure.add_subplot(1, 2, place + 1)
            same = groups[:, None] == groups[None, :]
            wrong = same & ~np.eye(size, dtype=bool)
            for mask, colour in ((same & ~wrong, series_colour(0)), (wrong, series_colour(1))):
                down, across = np.nonzero(mask)
                axes.scatter(across, down, marker="s", s=34, color=colour, linewidths=0)
            axes.set_title(f"{title}: {int(wrong.sum())} false negatives", loc="left", fontsize=10)
            axes.set(xlim=(-0.8, size - 0.2), ylim=(size - 0.2, -0.8), aspect="equal", xticks=[], yticks=[])
            axes.set_xlabel("passages of the batch")
            axes.set_ylabel("questions of the batch")

    write_figure(compose, [folder / "guard.svg"])


def draw_settings(folder: Path, steps: int = 150) -> None:
    """Draw the three kinds of setting, and where two models rank one question's answers in the pool.

    Args:
        folder: Where to.
        steps: Length of the trainings.
    """
    ranks = {name: _ranks(name, steps) for name in ("x-x-mono", "hybrid")}
    pool = sum(map(len, load_dataset("sample", languages=LANGUAGES).corpora.values()))

    def compose(figure: Figure) -> None:
        figure.set_size_inches(8.6, 4.6)
        grid = figure.add_gridspec(3, 3, height_ratios=(2.3, 1, 1))
        kinds = (("monolingual: en", ("en",)), ("cross-lingual: en-de", ("de",)), ("multilingual: en-all", LANGUAGES))
        for column, (title, searched) in enumerate(kinds):
            _draw_setting(figure.add_subplot(grid[0, column]), title, searched)
        for row, (name, by_language) in enumerate(ranks.items(), 1):
            _draw_ranks(figure.add_subplot(grid[row, :]), name, by_language, pool)

    write_figure(compose, [folder / "settings.svg"])


def _draw_setting(axes: Axes, title: str, searched: tuple[str, ...]) -> None:
    """Draw a question, an arrow and the corpora; those that are not searched are empty."""
    _cell(axes, 2.5, 0, "en")
    axes.text(3.7, 0.5, "question", va="center", color=LIGHT.faint)
    axes.annotate("", (3, 2.9), (3, 1.15), arrowprops={"arrowstyle": "->", "color": LIGHT.faint})
    for place, language in enumerate(LANGUAGES):
        _cell(axes, place, 3, language, filled=language in searched, height=1.6)
    _frame(axes, len(LANGUAGES), 5.6)
    axes.text(3, 5.0, "passages that are ranked", ha="center", va="center", color=LIGHT.faint)
    axes.set_yticks([])
    axes.set_title(title, fontsize=10, color=LIGHT.text)


def _draw_ranks(axes: Axes, name: str, by_language: dict[str, float], pool: int) -> None:
    """Draw one question's answers at their ranks, and how far the first and the last are apart."""
    low, high = min(by_language.values()), max(by_language.values())
    axes.plot((low, high), (0, 0), color=LIGHT.line, linewidth=5, solid_capstyle="butt", zorder=0)
    for place, (language, rank) in enumerate(sorted(by_language.items(), key=lambda pair: pair[1])):
        height = (0.35, -0.35)[place % 2]  # side by side, neighbours would hide one another
        axes.plot(rank, height, marker="o", markersize=11, color=_colour(language))
        axes.text(rank, height, language, ha="center", va="center", fontsize=6, color=LIGHT.paper)
    axes.set(xlim=(0.8, pool * 1.1), ylim=(-1, 1), xscale="log", yticks=[])
    axes.minorticks_off()
    ticks = [tick for tick in (1, 3, 10, 30, 100, 300) if tick < pool]
    axes.set_xticks([*ticks, pool], [f"{tick}" for tick in [*ticks, pool]])
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_title(f"{name} batches: rank distance {high - low:g}", loc="left", fontsize=10, color=LIGHT.text)
    axes.set_xlabel("rank of the question's answer in each language")


def _ranks(strategy: str, steps: int) -> dict[str, float]:
    """Train a static encoder and rank the pool for the English question."""
    arguments = {
        "max_steps": steps,
        "per_device_train_batch_size": 64,
        "learning_rate": 0.1,
        "seed": 0,
        "save_strategy": "no",
        "logging_strategy": "no",
        "disable_tqdm": True,
    }
    with tempfile.TemporaryDirectory() as temporary:
        request = TrainingRequest(
            "static", "sample", Path(temporary) / "run", languages=LANGUAGES, strategy=strategy, arguments=arguments
        )
        model = train(request).model
    collection = load_dataset("sample", languages=LANGUAGES)
    passages = {document: text.searchable for texts in collection.corpora.values() for document, text in texts.items()}
    query = model.encode_query(collection.queries["en"][f"en:{QUESTION}"])
    scores = model.similarity(query, model.encode_document(list(passages.values()))).numpy()[0]
    rank = dict(zip(passages, (np.argsort(np.argsort(-scores)) + 1).tolist(), strict=True))
    return {language: rank[f"{language}:{QUESTION}-fact"] for language in LANGUAGES}


def _cell(axes: Axes, left: float, top: float, language: str, filled: bool = True, height: float = 1.0) -> None:
    from matplotlib.patches import Rectangle

    look = {"facecolor": _colour(language) if filled else LIGHT.paper, "edgecolor": LIGHT.line}
    axes.add_patch(Rectangle((left + 0.05, top + 0.05), 0.9, height - 0.1, **look))
    ink = LIGHT.paper if filled else LIGHT.faint
    axes.text(left + 0.5, top + height / 2, language, ha="center", va="center", fontsize=8, color=ink)


def _colour(language: str) -> str:
    return series_colour(LANGUAGES.index(language))


def _frame(axes: Axes, width: float, height: float) -> None:
    axes.set(xlim=(-0.1, width + 0.1), ylim=(height, -0.1), xticks=[])
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


DRAWERS: tuple[Callable[[Path], None], ...] = (draw_plans, draw_batches, draw_guard, draw_settings)


def main(folder: Path) -> None:
    """Draw all pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for draw in DRAWERS:
        draw(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent / "images")
