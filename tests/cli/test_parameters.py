import click
import pytest
from click.testing import CliRunner

from beir_hybrid.cli.parameters import NAMES, languages_option, passage_text_option, source_option


@pytest.mark.parametrize(
    ("text", "names"),
    [("en", ("en",)), ("en,de", ("en", "de")), (" en , de,", ("en", "de")), (("en", "de"), ("en", "de"))],
    ids=["one", "two", "blanks and a comma too many", "names already"],
)
def test_names_are_split_at_commas(text, names):
    assert NAMES.convert(text, None, None) == names


def test_options_not_given_are_none():
    seen = []

    @click.command()
    @source_option
    @languages_option
    @passage_text_option
    def command(**options):
        seen.append(options)

    assert CliRunner().invoke(command, []).exit_code == 0
    assert seen == [{"source": None, "languages": None, "passage_text": None}]


def test_passage_text_outside_the_choice_is_refused():
    command = click.command()(passage_text_option(lambda passage_text: None))
    result = CliRunner().invoke(command, ["--passage-text", "context"])
    assert result.exit_code == 2
    assert "'context' is not one of 'sentence', 'sentence+context'" in result.stderr
