from typing import ClassVar

from click.testing import CliRunner

from beir_hybrid.cli.main import main
from beir_hybrid.testing import CommandContract


class TestLibraryFaq(CommandContract):
    name = "library-faq"
    words = ()
    refused: ClassVar = (("--source", "nowhere"),)


def test_untranslated_questions_are_named(tmp_path):
    rows = ["a\ttest\ten\tWhy?\tSo.", "a\ttest\tde\tWarum?\tDarum.", "b\ttrain\ten\tWho?\tMe."]
    (tmp_path / "faq.tsv").write_text("\n".join(["group\tsplit\tlanguage\tquestion\tanswer", *rows]), encoding="utf-8")
    shown = CliRunner().invoke(main, ["library-faq", "--source", str(tmp_path)])
    assert shown.stdout.splitlines() == ["test: 1 de, 1 en", "train: 0 de, 1 en", "b lacks de"]
