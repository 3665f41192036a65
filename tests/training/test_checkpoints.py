import json
import logging
import shutil
import zipfile
import zlib

import pytest
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from transformers import set_seed

from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.training.arguments import HybridBatchTrainingArguments
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.checkpoints import check_same_batches, flaw, latest_checkpoint, record_checkpoint
from beir_hybrid.training.trainer import HybridBatchTrainer

RECORD = "checksums.json"
FILES = (
    "README.md",
    "batches.json",
    "config_sentence_transformers.json",
    "model.safetensors",
    "modules.json",
    "optimizer.pt",
    "rng_state.pth",
    "scheduler.pt",
    "tokenizer.json",
    "trainer_state.json",
    "training_args.bin",
)
FORMS = ("batches.json", "model.safetensors", "optimizer.pt", "rng_state.pth", "scheduler.pt", "trainer_state.json")
"""Files whose damage shows without a record too."""


def trainer(pairs, folder, **options):
    set_seed(1)
    model = static_model(pairs, 4)
    chosen = {"max_steps": 6, "per_device_train_batch_size": 4, "save_steps": 2, "learning_rate": 0.1, **options}
    args = HybridBatchTrainingArguments(
        output_dir=str(folder), report_to="none", disable_tqdm=True, dataloader_pin_memory=False, **chosen
    )
    loss = MultipleNegativesRankingLoss(model)
    return HybridBatchTrainer(model=model, args=args, train_dataset=pairs.dataset(), loss=loss)


@pytest.fixture(scope="module")
def pairs():
    return ParallelPairs.from_pairs(
        "tiny", [Pair(f"g{n}", code, f"{code} q{n}", f"{code} p{n}") for n in range(12) for code in ("de", "en")]
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory, pairs):
    """Checkpoints of steps 2, 4 and 6 of a run."""
    folder = tmp_path_factory.mktemp("saved")
    trainer(pairs, folder).train()
    return folder


@pytest.fixture
def checkpoints(saved, tmp_path):
    """A copy of the checkpoints of steps 2 and 4: the run was killed afterwards."""
    folder = tmp_path / "out"
    shutil.copytree(saved, folder)
    shutil.rmtree(folder / "checkpoint-6")
    return folder


def cut(path):
    path.write_bytes(path.read_bytes()[:-7])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def empty(path):
    path.write_bytes(b"")


def remove(path):
    path.unlink()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_checkpoint_tells_what_each_of_its_files_holds(saved):
    assert sorted(json.loads((saved / "checkpoint-6" / RECORD).read_text())["files"]) == sorted(FILES)
    assert names(saved / "checkpoint-6") == sorted([*FILES, RECORD])
    assert flaw(saved / "checkpoint-6") == ""


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("harm", [remove, cut, flip, empty])
def test_damaged_checkpoint_is_named_and_the_one_before_it_taken(checkpoints, caplog, harm, name):
    harm(checkpoints / "checkpoint-4" / name)
    with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
        assert latest_checkpoint(checkpoints) == checkpoints / "checkpoint-2"
    [record] = caplog.records
    assert f"Damaged: checkpoint-4 ({name} " in record.getMessage()
    assert record.getMessage().endswith("Resuming from checkpoint-2.")
    assert "\n" not in record.getMessage()


@pytest.mark.parametrize("harm", [cut, flip, empty])
def test_damaged_record_is_damage(checkpoints, harm):
    harm(checkpoints / "checkpoint-4" / RECORD)
    assert latest_checkpoint(checkpoints) == checkpoints / "checkpoint-2"


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("harm", [remove, cut, empty])
def test_damage_shows_without_a_record_too(checkpoints, harm, name):
    for step in (2, 4):  # saved by an earlier version, or killed just before the record
        (checkpoints / f"checkpoint-{step}" / RECORD).unlink()
    assert latest_checkpoint(checkpoints) == checkpoints / "checkpoint-4"
    harm(checkpoints / "checkpoint-4" / name)
    left_out = (harm, name) == (remove, "batches.json")  # the host's own Trainer writes none
    assert latest_checkpoint(checkpoints) == checkpoints / ("checkpoint-4" if left_out else "checkpoint-2")


def test_checkpoint_that_does_not_tell_its_batches_is_resumed_only_by_force(checkpoints, pairs):
    for name in (RECORD, "batches.json"):
        remove(checkpoints / "checkpoint-4" / name)
    with pytest.raises(DataFormatError, match=r"does not say which batches .* --force_resume"):
        trainer(pairs, checkpoints).train(resume_from_checkpoint=True)
    trainer(pairs, checkpoints, force_resume=True).train(resume_from_checkpoint=True)


def test_flipped_bit_of_an_optimizer_shows_without_a_record(checkpoints):
    (checkpoints / "checkpoint-4" / RECORD).unlink()
    flip(checkpoints / "checkpoint-4" / "optimizer.pt")
    assert flaw(checkpoints / "checkpoint-4") == "optimizer.pt cannot be read"


@pytest.mark.parametrize("state", ['{"global_step": 3}', "{}", "[]", "4"])
@pytest.mark.parametrize("recorded", [False, True])
def test_checkpoint_of_another_step_than_its_name_tells_is_not_taken(checkpoints, recorded, state):
    checkpoint = checkpoints / "checkpoint-4"
    checkpoint.joinpath("trainer_state.json").write_text(state)
    if recorded:
        record_checkpoint(checkpoint)
    else:
        checkpoint.joinpath(RECORD).unlink()
    assert latest_checkpoint(checkpoints) == checkpoints / "checkpoint-2"
    assert "trainer_state.json is of step" in flaw(checkpoint)


def test_whole_checkpoint_under_another_name_is_whole(checkpoints):
    (checkpoints / "checkpoint-4").rename(checkpoints / "mine")
    assert flaw(checkpoints / "mine") == ""
    shutil.copytree(checkpoints / "mine", checkpoints / "stateless")
    (checkpoints / "stateless" / "trainer_state.json").write_text("{}")
    record_checkpoint(checkpoints / "stateless")
    assert flaw(checkpoints / "stateless") == "trainer_state.json is of step None"
    (checkpoints / "mine").rename(checkpoints / "checkpoint-5")
    assert flaw(checkpoints / "checkpoint-5") == "trainer_state.json is of step 4"


def test_random_states_of_all_processes_are_wanted(checkpoints):
    checkpoint = checkpoints / "checkpoint-4"
    (checkpoint / RECORD).unlink()
    content = json.loads((checkpoint / "batches.json").read_text())
    content["plan"]["world_size"] = 2
    (checkpoint / "batches.json").write_text(json.dumps(content))
    assert flaw(checkpoint) == "rng_state_0.pth is missing"
    shutil.copy(checkpoint / "rng_state.pth", checkpoint / "rng_state_0.pth")
    assert flaw(checkpoint) == "rng_state_1.pth is missing"
    (checkpoint / "rng_state.pth").rename(checkpoint / "rng_state_1.pth")
    assert flaw(checkpoint) == ""
    content["plan"]["world_size"] = 2**62
    (checkpoint / "batches.json").write_text(json.dumps(content))
    assert flaw(checkpoint) == "rng_state_2.pth is missing"


def test_archive_whose_parts_do_not_unpack_is_damage(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "optimizer.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", "a" * 1_000)
    content = bytearray((tmp_path / "optimizer.pt").read_bytes())
    content[31:35] = b"\xff" * 4  # the packed bytes
    (tmp_path / "optimizer.pt").write_bytes(content)
    with pytest.raises(zlib.error), zipfile.ZipFile(tmp_path / "optimizer.pt") as archive:
        archive.testzip()
    assert flaw(tmp_path) == "optimizer.pt cannot be read"


@pytest.mark.parametrize("plan", [4, [], "x", None, ["ab"]], ids=repr)
def test_batches_that_are_no_plan_are_told(tmp_path, plan):
    (tmp_path / "batches.json").write_text(json.dumps({"plan": plan}))
    with pytest.raises(DataFormatError, match="does not say which batches"):
        check_same_batches(tmp_path, {"seed": 1})


@pytest.mark.parametrize("left", [(), ("model.safetensors",), FILES[:-2]], ids=["nothing", "weights", "almost-all"])
def test_checkpoint_that_was_not_saved_completely_is_passed_over(checkpoints, left):
    for checkpoint, kept in ((checkpoints / "checkpoint-4", left), (checkpoints / "checkpoint-2", FILES)):
        for path in checkpoint.iterdir():
            if path.name not in kept:
                path.unlink()
    assert latest_checkpoint(checkpoints) == checkpoints / "checkpoint-2"
    shutil.rmtree(checkpoints / "checkpoint-2")
    assert latest_checkpoint(checkpoints) is None


@pytest.mark.parametrize("name", ["checkpoint-x", "checkpoint-", "checkpoint-²", f"checkpoint-{'9' * 5000}"[:200]])
def test_other_names_are_no_checkpoints(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / "checkpoint-7").touch()
    assert latest_checkpoint(tmp_path) is None


def test_run_whose_checkpoints_are_all_damaged_is_refused_in_one_line(checkpoints):
    remove(checkpoints / "checkpoint-2" / "scheduler.pt")
    cut(checkpoints / "checkpoint-4" / "optimizer.pt")
    with pytest.raises(DataFormatError) as caught:
        latest_checkpoint(checkpoints)
    assert "checkpoint-4 (optimizer.pt has" in str(caught.value)
    assert "checkpoint-2 (scheduler.pt is missing)" in str(caught.value)
    assert str(caught.value).endswith("Put back its files, or start again (on the command line, --overwrite).")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["optimizer.pt", "scheduler.pt", "rng_state.pth", "model.safetensors"])
def test_trainer_resumes_from_the_whole_one_and_ends_with_the_same_weights(checkpoints, saved, pairs, name):
    cut(checkpoints / "checkpoint-4" / name)
    trainer(pairs, checkpoints).train(resume_from_checkpoint=True)
    for step in (4, 6):  # the damaged one is written anew
        resumed, undisturbed = checkpoints / f"checkpoint-{step}", saved / f"checkpoint-{step}"
        assert (resumed / "model.safetensors").read_bytes() == (undisturbed / "model.safetensors").read_bytes()
        assert flaw(resumed) == ""


def test_run_killed_after_its_last_checkpoint_takes_no_further_step(pairs, tmp_path):
    given = {"max_steps": 5, "save_steps": 5, "lr_scheduler_type": "constant"}
    trainer(pairs, tmp_path, **given).train()
    resumed = trainer(pairs, tmp_path, **given)
    resumed.train(resume_from_checkpoint=True)
    assert (resumed.state.global_step, resumed.drawn().batches) == (5, 5)
    assert names(tmp_path) == ["checkpoint-5"]


def test_trainer_refuses_a_damaged_checkpoint_and_names_a_whole_one(checkpoints, pairs):
    remove(checkpoints / "checkpoint-4" / "optimizer.pt")
    with pytest.raises(DataFormatError, match=r"checkpoint-4 is damaged \(optimizer.pt is missing\).*checkpoint-2\.$"):
        trainer(pairs, checkpoints).train(resume_from_checkpoint=str(checkpoints / "checkpoint-4"))
    remove(checkpoints / "checkpoint-2" / "optimizer.pt")
    with pytest.raises(DataFormatError, match=r"is damaged .* Train from the beginning\.$"):
        trainer(pairs, checkpoints).train(resume_from_checkpoint=str(checkpoints / "checkpoint-4"))


def test_trainer_refuses_to_resume_from_nothing(tmp_path, pairs):
    with pytest.raises(ConfigurationError, match="holds no complete checkpoint"):
        trainer(pairs, tmp_path).train(resume_from_checkpoint=True)
    with pytest.raises(MissingDataError, match=r"no checkpoint .*absent"):
        trainer(pairs, tmp_path).train(resume_from_checkpoint=str(tmp_path / "absent"))


def test_checkpoint_without_an_optimizer_is_resumed_only_by_force(tmp_path, pairs):
    trainer(pairs, tmp_path, save_only_model=True, max_steps=4).train()
    with pytest.raises(
        DataFormatError, match=r"checkpoint-4 \(optimizer.pt is missing, as --save_only.* --force_resume"
    ):
        trainer(pairs, tmp_path).train(resume_from_checkpoint=True)
    resumed = trainer(pairs, tmp_path, force_resume=True)
    resumed.train(resume_from_checkpoint=True)
    assert resumed.state.global_step == 6


def test_checkpoint_is_written_without_what_a_killed_run_left(tmp_path, pairs):
    (tmp_path / "checkpoint-2").mkdir()
    (tmp_path / "checkpoint-2" / ".README.md.x.tmp").touch()
    (tmp_path / "checkpoint-2" / "rng_state_1.pth").touch()
    trainer(pairs, tmp_path, max_steps=2).train()
    assert names(tmp_path / "checkpoint-2") == sorted([*FILES, RECORD])


def test_older_checkpoints_are_deleted_only_for_a_complete_one(tmp_path, pairs, monkeypatch):
    from transformers import trainer as host

    rotate, seen = host.rotate_checkpoints, []

    def recorded(output_dir, **options):
        latest = latest_checkpoint(tmp_path)
        seen.append(latest.name)
        rotate(output_dir=output_dir, **options)

    monkeypatch.setattr(host, "rotate_checkpoints", recorded)
    trainer(pairs, tmp_path, save_total_limit=1).train()
    assert seen == ["checkpoint-2", "checkpoint-4", "checkpoint-6"]
    assert names(tmp_path) == ["checkpoint-6"]
    assert flaw(tmp_path / "checkpoint-6") == ""


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"epochs": 2.0}, "(epochs: 1.0 before, 2.0 now)"),
        ({"epochs": 2.0, "seed": 8}, "(seed: 7 before, 8 now)"),  # the length in epochs follows from the rest
        ({"epochs": 2.0, "data": [["x", "2"]]}, "(data: [['x', '1']] before, [['x', '2']] now)"),
        ({"sampling": {"hold": 2}}, "(hold: 1 before, 2 now)"),
        ({"texts": []}, "(texts: None before, [] now)"),
    ],
    ids=["length", "length-and-seed", "length-and-data", "sampling", "added"],
)
def test_changed_batches_are_named(tmp_path, changed, told):
    before = {"seed": 7, "epochs": 1.0, "sampling": {"hold": 1}, "data": [["x", "1"]]}
    (tmp_path / "batches.json").write_text(json.dumps({"plan": before}))
    check_same_batches(tmp_path, before)
    with pytest.raises(ConfigurationError) as caught:
        check_same_batches(tmp_path, {**before, **changed})
    assert told in str(caught.value)
