"""``beir-hybrid library-faq``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--source", type=click.Path(path_type=Path), help="Folder with a faq.tsv of your own  [default: the built-in table]"
)
def library_faq(source: Path | None) -> None:
    """Count a table's questions by split and language, and name those that lack a language."""
    from beir_hybrid_example.faq import FAQ  # here, since beir-hybrid --help imports every command

    for split, counts in FAQ.count(source).items():
        click.echo(f"{split}: " + ", ".join(f"{number} {language}" for language, number in counts.items()))
    for group, lacking in FAQ.untranslated(source).items():
        click.echo(f"{group} lacks {', '.join(lacking)}")
