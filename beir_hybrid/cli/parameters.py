"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

__all__ = ["NAMES", "Names", "languages_option", "passage_text_option", "source_option"]


class Names(click.ParamType[tuple[str, ...]]):
    """Names separated by commas, as a tuple."""

    name = "name,name,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Split at commas and drop blanks around the names."""
        if isinstance(value, tuple):
            return value
        return tuple(name.strip() for name in str(value).split(",") if name.strip())


NAMES = Names()

source_option = click.option(
    "--source",
    type=click.Path(path_type=Path),
    help="Folder with the dataset's files [default: $BEIR_HYBRID_DATA, or else a download into the user's cache].",
)
languages_option = click.option("--languages", type=NAMES, help="Language codes, such as en,de [default: all].")
passage_text_option = click.option(
    "--passage-text",
    type=click.Choice(["sentence", "sentence+context"]),
    help="What a passage's text is, for xquad-r and mlqa-r [default: sentence].",
)
