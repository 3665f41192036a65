import json

import pytest

collect_ignore = ["killed_script.py"]  # which is run by a test

SENTENCES = [
    "Who wrote the first book about the river?",
    "The first book about the river was written by an engineer.",
    "Where is the old bridge?",
    "The old bridge is in the north of the town. It was built of stone.",
    "When was the tower built? Nobody knows the year.",
    "The tower stands on a hill. From there one sees the river, the town and the bridge.",
]


@pytest.fixture(scope="session")
def marian(tmp_path_factory):
    """A folder with a tiny Marian whose weights are random: it writes nonsense, and always the same."""
    import sentencepiece
    import torch
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    folder = tmp_path_factory.mktemp("marian")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 4),
        model_prefix=str(folder / "source"),
        vocab_size=64,
        model_type="unigram",
        hard_vocab_limit=False,
        minloglevel=2,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.model"))
    names = [pieces.id_to_piece(number) for number in range(pieces.get_piece_size())]
    own = [name for name in names if name not in ("<unk>", "<s>", "</s>")]
    words = ["</s>", "<unk>", *own, ">>deu<<", ">>tha<<", ">>fra<<", "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "source.model").rename(folder / "source.spm")
    (folder / "target.spm").write_bytes((folder / "source.spm").read_bytes())
    (folder / "source.vocab").unlink()
    tokenizer = MarianTokenizer(
        vocab=str(folder / "vocab.json"),
        source_spm=str(folder / "source.spm"),
        target_spm=str(folder / "target.spm"),
        source_lang="eng",
        target_lang="mul",
    )
    tokenizer.save_pretrained(str(folder))
    torch.manual_seed(0)
    size = len(words)
    config = MarianConfig(
        vocab_size=size,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=128,
        pad_token_id=size - 1,
        eos_token_id=0,
        bos_token_id=0,
        decoder_start_token_id=size - 1,
        forced_eos_token_id=0,
        init_std=1.0,
    )
    MarianMTModel(config).save_pretrained(str(folder))
    (folder / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n\n# Tiny\n")
    return folder
