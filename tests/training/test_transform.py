import pytest

from beir_hybrid.errors import ConfigurationError, MissingDataError
from beir_hybrid.pairs.code_switch import CodeSwitch
from beir_hybrid.training import TrainingRequest
from beir_hybrid.training.prepare import prepare
from beir_hybrid.training.train import train

ARGUMENTS = {"per_device_train_batch_size": 64, "max_steps": 12, "logging_steps": 100}


@pytest.fixture
def dictionary(tmp_path):
    path = tmp_path / "dict.tsv"
    path.write_text("the\tder\nthe\tla\nof\tvon\nin\tim\n")
    return path


def request_for(folder, **options):
    usual = {"model": "static:8", "train_data": "sample", "languages": ("en", "de"), "arguments": ARGUMENTS}
    return TrainingRequest(output=folder, **{**usual, **options})


def test_every_epoch_of_a_training_is_told_to_the_transform(tmp_path, dictionary, monkeypatch):
    told = []
    monkeypatch.setattr(CodeSwitch, "begin", lambda self, epoch: told.append(epoch))
    train(request_for(tmp_path / "out", transform=f"code-switch:{dictionary}", strategy="x-x"))
    assert sorted(set(told)) == list(range(max(told) + 1))
    assert max(told) > 0
    assert f"code-switch:{dictionary}" in (tmp_path / "out" / "README.md").read_text()


def test_texts_of_training_are_switched_and_plans_stay_what_they_are(tmp_path, dictionary):
    plain = prepare(request_for(tmp_path / "plain"))
    switched = prepare(request_for(tmp_path / "switched", transform=f"code-switch:{dictionary},p=1"))
    batches = [[batch.rows.tolist() for batch in each.plan().batches(0)] for each in (plain, switched)]
    assert batches[0] == batches[1]
    assert switched.dataset["positive"][:] != plain.dataset["positive"][:]
    assert not any(" the " in row["positive"] for row in switched.dataset)


def test_transform_is_kept_in_the_command_and_refused_early(tmp_path):
    request = request_for(tmp_path / "out", transform="code-switch:none.tsv,p=0.25")
    assert "--transform code-switch:none.tsv,p=0.25" in request.command()
    with pytest.raises(MissingDataError, match=r"There is no dictionary none\.tsv"):
        prepare(request)
    with pytest.raises(ConfigurationError, match="There is no transform 'upper'"):
        request_for(tmp_path / "out", transform="upper")
