import gzip
import json
import subprocess
import sys

import pytest
from beir.datasets.data_loader import GenericDataLoader

from beir_hybrid.datasets import load_dataset

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # BEIR leaves its files open


@pytest.fixture
def miracl(tmp_path, monkeypatch):
    """Swahili with a judged passage, an irrelevant one and seven others; a dev and a train split."""
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    base = tmp_path / "hub" / "miracl-v1.0-sw"
    for split, query in (("dev", "6"), ("train", "7")):
        for kind, text in (
            ("topics", f"{query}\tBandari?\n"),
            ("qrels", f"{query}\tQ0\t1#0\t1\n{query}\tQ0\t4#0\t0\n"),
        ):
            (base / kind).mkdir(parents=True, exist_ok=True)
            (base / kind / f"{kind}.{base.name}-{split}.tsv").write_text(text)
    shard = tmp_path / "hub" / "miracl-corpus-v1.0-sw" / "docs-0.jsonl.gz"
    shard.parent.mkdir()
    rows = ({"docid": f"{number}#0", "title": f"T{number}", "text": f"text {number}"} for number in range(9))
    shard.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return tmp_path / "hub"


def test_list_shows_every_dataset(invoke):
    result = invoke("datasets", "list")
    assert result.exit_code == 0
    [row] = [line for line in result.stdout.splitlines() if "xquad-r" in line]
    for part in ("ar de el en es hi ru th tr vi zh", "13,090", "13,014", "test", "CC BY-SA 4.0", "beir-hybrid "):
        assert part in row
    assert "106,332,152" in result.stdout
    assert "NAME.en-all" in result.stdout


def test_list_as_json(invoke):
    found = {listing["name"]: listing for listing in json.loads(invoke("datasets", "list", "--json").stdout)}
    assert {"miracl", "mlqa-r", "sample", "xquad-r"} <= found.keys()
    assert found["sample"]["languages"] == ["ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh"]
    assert found["miracl"]["splits"] == ["dev", "train"]
    assert (found["sample"]["queries"], found["sample"]["passages"], found["sample"]["broken"]) == (814, 814, "")


def test_list_shows_broken_plug_ins_and_the_rest(invoke, plug_in):
    plug_in(
        "zoo",
        "beir_hybrid.datasets",
        {"lost": "zoo_lost:IT", "dull": "zoo_dull:IT"},
        zoo_lost="import no_such_module_at_all",
        zoo_dull="IT = 7",
    )
    result = invoke("datasets", "list")
    assert result.exit_code == 0
    assert "lost (broken)" in result.stdout
    assert "lost is broken: The dataset 'lost' of zoo 1.5 cannot be loaded: ModuleNotFoundError" in result.stdout
    assert "dull is broken: zoo_dull:IT has no load()." in result.stdout
    assert "xquad-r" in result.stdout
    found = {listing["name"]: listing for listing in json.loads(invoke("datasets", "list", "--json").stdout)}
    assert (found["lost"]["distribution"], found["lost"]["languages"]) == ("zoo 1.5", [])


def test_get_writes_folders_and_zips(invoke, tmp_path):
    result = invoke("datasets", "get", "sample.en-de", "sample", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"Written: {tmp_path}/out/sample.en-de and {tmp_path}/out/sample.en-de.zip (74 queries, 74 passages, test)",
        f"Written: {tmp_path}/out/sample and {tmp_path}/out/sample.zip (814 queries, 814 passages, test)",
    ]
    assert GenericDataLoader(str(tmp_path / "out/sample.en-de")).load() == load_dataset("sample").beir("en", "de")


def test_get_writes_where_scripts_look_and_says_what_it_left(invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert invoke("datasets", "get", "sample.de").stdout.startswith("Written: datasets/sample.de and ")
    result = invoke("datasets", "get", "sample.de")
    assert result.stdout.startswith("Left as it is, since it holds just that: datasets/sample.de and ")


def test_get_with_choices(invoke, tmp_path):
    words = ("sample", "--languages", "de,en", "--split", "train,test", "--out", tmp_path)
    result = invoke("datasets", "get", *words)
    assert "(412 queries, 412 passages, train and test)\n  corpora unite those of" in result.stdout
    assert len(GenericDataLoader(str(tmp_path / "sample")).load(split="train")[1]) == 264


def test_get_of_miracl(invoke, tmp_path, miracl):
    result = invoke(
        "datasets", "get", "miracl.sw", "--source", miracl, "--split", "dev,train", "--out", tmp_path / "out"
    )
    assert "(2 queries, 9 passages, dev and train)" in result.stdout
    assert "corpora unite" not in result.stdout
    folder = tmp_path / "out" / "miracl.sw"
    corpus, queries, qrels = GenericDataLoader(str(folder)).load(split="train")
    assert (len(corpus), queries, qrels) == (9, {"sw:7": "Bandari?"}, {"sw:7": {"sw:1#0": 1, "sw:4#0": 0}})
    words = ("miracl.sw", "--source", miracl, "--judged-only", "--out", tmp_path / "out")
    assert invoke("datasets", "get", *words).exit_code == 2
    result = invoke("datasets", "get", *words, "--overwrite")
    assert "(1 queries, 2 passages, dev)" in result.stdout
    assert "corpora hold only the judged passages" in result.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["smple"], "There is no dataset 'smple'. Did you mean 'sample'?"),
        (["sample", "sample.en-xx"], "sample has no setting 'en-xx'."),
        (["sample", "--split", "tset"], "The sample has no split 'tset'."),
        (["xquad-r.de", "--split", "train"], "xquad-r has no split 'train'."),
        (["sample", "--judged-only"], "The dataset 'sample' has no option 'judged_only'."),
        (["sample", "--sample-passages", "0"], "--sample-passages is '0'."),
        (["sample", "--languages", "xx"], "sample has no language 'xx'."),
        (["xquad-r.de", "--source", "nowhere"], "The data folder nowhere does not exist."),
        (["sample", "--out", "/proc/none"], "/proc cannot be written"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_get_refuses_in_one_line(refused, words, message):
    assert refused("datasets", "get", *words).startswith(message)


def test_get_refuses_before_it_writes_the_first_of_several(refused, tmp_path):
    (tmp_path / "datasets" / "sample.de").mkdir(parents=True)
    (tmp_path / "datasets" / "sample.de" / "theirs").write_text("x")
    message = refused("datasets", "get", "sample.en", "sample.de")
    assert message.startswith("datasets/sample.de is there and was not written by beir-hybrid.")


def test_help_needs_no_heavy_import():
    code = (
        "import sys; from beir_hybrid.cli.datasets import datasets; "
        "print(sorted({'numpy', 'pyarrow', 'torch', 'beir', 'rich'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_dataset_of_another_shape_is_listed_as_broken_and_hides_no_other(invoke, plug_in):
    module = "class Odd:\n    languages = None\n    def load(self, source, languages): ...\nODD = Odd()"
    plug_in("zoo", "beir_hybrid.datasets", {"odd": "zoo_odd:ODD"}, zoo_odd=module)
    result = invoke("datasets", "list")
    assert result.exit_code == 0
    assert "odd is broken: zoo_odd:ODD has the languages None where a tuple of texts belongs." in result.stdout
    found = {listing["name"]: listing for listing in json.loads(invoke("datasets", "list", "--json").stdout)}
    assert "The dataset 'odd' of zoo 1.5 must be" in found["odd"]["broken"]
    assert found["sample"]["broken"] == ""
