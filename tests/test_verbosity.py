import logging

import pytest

from beir_hybrid.cli.main import main
from beir_hybrid.verbosity import is_quiet, progress, progress_bar, set_verbosity

pytestmark = pytest.mark.usefixtures("verbosity")


@pytest.mark.parametrize(("quiet", "shown"), [(False, True), (True, False)])
def test_progress_bars_are_shown_unless_quiet(quiet, shown, capsys):
    set_verbosity(quiet=quiet)
    assert is_quiet() is quiet
    assert list(progress_bar([1, 2], show=True, desc="Counting")) == [1, 2]
    with progress("Sharing", True) as advance:
        advance(0.5)
    assert ("Counting: 100%" in (text := capsys.readouterr().err)) is shown
    assert ("Sharing:  50%" in text) is shown


def test_a_librarys_user_decides_alone(capsys):
    logging.getLogger("beir_hybrid").setLevel(logging.NOTSET)
    assert not is_quiet()
    list(progress_bar([1], show=False))
    list(progress_bar([1], show=None))  # this is no terminal
    assert capsys.readouterr().err == ""


@pytest.mark.slow
@pytest.mark.parametrize("quiet", [False, True])
def test_quiet_training_shows_neither_bars_nor_losses(tmp_path, capfd, quiet):
    words = [
        "train",
        "--model",
        "static:4",
        "--train-data",
        "sample",
        "--languages",
        "de,en",
        "--output",
        tmp_path / "out",
    ]
    words += ["--max_steps", "2", "--logging_steps", "1", "--per_device_train_batch_size", "8", *["--quiet"] * quiet]
    main([str(word) for word in words], standalone_mode=False)
    captured = capfd.readouterr()
    assert ("'loss'" in captured.out + captured.err) is not quiet
    assert ("it/s" in captured.err) is not quiet
    assert "Trained 2 steps" in captured.out
    assert (tmp_path / "out" / "history.json").read_text().count("loss") >= 2


def test_shares_whose_sum_is_rounded_up_end_the_bar_at_its_end(capsys):
    set_verbosity()
    with progress("Sharing", True) as advance:
        for share in (0.7, 0.1, 0.2000000001):
            advance(share)
    assert "Sharing: 100%" in (text := capsys.readouterr().err)
    assert "Warning" not in text
