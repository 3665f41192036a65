"""The sampler inside the host's other trainers, losses and options: what is planned is what is learnt from."""

import pytest
import torch
from sentence_transformers import (
    MultiVectorEncoder,
    MultiVectorEncoderTrainer,
    MultiVectorEncoderTrainingArguments,
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
    SparseEncoder,
    SparseEncoderTrainer,
    SparseEncoderTrainingArguments,
)
from sentence_transformers.multi_vector_encoder.losses import (
    CachedMultiVectorMultipleNegativesRankingLoss,
    MultiVectorMultipleNegativesRankingLoss,
)
from sentence_transformers.sentence_transformer import losses
from sentence_transformers.sparse_encoder.losses import SparseMultipleNegativesRankingLoss, SpladeLoss
from sentence_transformers.sparse_encoder.modules import SparseStaticEmbedding, SpladePooling
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast

from beir_hybrid.batching.kinds import CROSS, MONO
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.sampler import HybridBatchSampler
from beir_hybrid.batching.strategies.hybrid import Hybrid

BATCH, SEED, EPOCHS = 4, 7, 2
SPECIAL = {
    "unk_token": "[UNK]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}


@pytest.fixture
def bert(pairs, tmp_path):
    """A folder with a BERT of one layer that knows every word of the pairs, so that its tokens give the texts back."""
    words = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    texts = pairs.table["question"].to_pylist() + pairs.table["passage"].to_pylist()
    words.train_from_iterator(texts, trainers.WordLevelTrainer(special_tokens=list(SPECIAL.values())))
    ends = [(token, words.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    words.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, model_max_length=16, **SPECIAL)
    config = BertConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=16,
        vocab_size=words.get_vocab_size(),
    )
    torch.manual_seed(0)
    folder = tmp_path / "bert"
    BertForMaskedLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def planned(pairs):
    """The texts of every step, from the plan alone."""
    plan = BatchPlan(pairs.index, Hybrid(alpha=0.5), BATCH, seed=SEED)
    table, languages = pairs.table.to_pylist(), pairs.languages
    texts = {(row["group"], row["language"]): row for row in table}
    names = pairs.groups.to_pylist()
    steps = []
    for epoch in range(EPOCHS):
        for batch in plan.batches(epoch):
            examples = list(zip(batch.groups, batch.questions, batch.passages, strict=True))
            questions = [texts[names[group], languages[question]]["question"] for group, question, _ in examples]
            passages = [texts[names[group], languages[passage]]["passage"] for group, _, passage in examples]
            steps.append((batch.kind, questions, passages))
    return steps


def train(trainer_class, arguments_class, model, loss, pairs, tmp_path, **options):
    """Train for two epochs; give the texts that the loss saw at every step."""
    arguments = arguments_class(
        str(tmp_path / "run"),
        batch_sampler=HybridBatchSampler.configure(strategy="hybrid", alpha=0.5),
        per_device_train_batch_size=BATCH,
        num_train_epochs=EPOCHS,
        learning_rate=0.01,
        seed=SEED,
        use_cpu=True,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
        **options,
    )
    seen = []

    def read(_module, given):
        features, _labels = given
        seen.append(
            tuple(model.tokenizer.batch_decode(column["input_ids"], skip_special_tokens=True) for column in features)
        )

    trainer = trainer_class(model=model, args=arguments, train_dataset=pairs.dataset(), loss=loss)
    trainer.loss.register_forward_pre_hook(read)
    before = {name: value.detach().clone() for name, value in model.named_parameters() if value.requires_grad}
    result = trainer.train()
    after = dict(model.named_parameters())
    assert result.global_step == len(seen)
    assert torch.isfinite(torch.tensor(result.training_loss))
    assert any(not torch.equal(value, after[name]) for name, value in before.items())
    return seen


def check(seen, pairs):
    """What the loss saw is what was planned, and the languages are those of the kinds of batch."""
    steps = planned(pairs)
    assert seen == [(questions, passages) for _, questions, passages in steps]
    kinds = [kind for kind, _, _ in steps]
    assert {MONO, CROSS} == set(kinds)
    for kind, (questions, passages) in zip(kinds, seen, strict=True):
        languages = [tuple(text.split()[0] for text in example) for example in zip(questions, passages, strict=True)]
        assert all((question == passage) is (kind == MONO) for question, passage in languages)
        assert len({text.split()[-1] for text in questions}) == BATCH
        if kind == MONO:
            assert len(set(languages)) == 1


DENSE = (SentenceTransformerTrainer, SentenceTransformerTrainingArguments)
SPARSE = (SparseEncoderTrainer, SparseEncoderTrainingArguments)
MULTI = (MultiVectorEncoderTrainer, MultiVectorEncoderTrainingArguments)


def dense_encoder(bert):
    return SentenceTransformer(str(bert), device="cpu", local_files_only=True)


def test_in_the_trainer_of_dense_encoders(bert, pairs, tmp_path):
    model = dense_encoder(bert)
    check(train(*DENSE, model, losses.MultipleNegativesRankingLoss(model), pairs, tmp_path), pairs)


@pytest.mark.parametrize("kind", ["splade", "words"])
def test_in_the_trainer_of_sparse_encoders(kind, bert, pairs, tmp_path):
    if kind == "splade":
        model = SparseEncoder(str(bert), device="cpu", local_files_only=True)
        assert isinstance(model[1], SpladePooling)
    else:
        words = SparseStaticEmbedding(PreTrainedTokenizerFast.from_pretrained(bert))
        model = SparseEncoder(modules=[words], device="cpu")
    loss = SpladeLoss(model, SparseMultipleNegativesRankingLoss(model), 3e-5, 5e-5)
    check(train(*SPARSE, model, loss, pairs, tmp_path), pairs)


@pytest.mark.parametrize(
    "loss",
    [MultiVectorMultipleNegativesRankingLoss, CachedMultiVectorMultipleNegativesRankingLoss],
    ids=["plain", "cached"],
)
def test_in_the_trainer_of_multi_vector_encoders(loss, bert, pairs, tmp_path):
    model = MultiVectorEncoder(str(bert), device="cpu", local_files_only=True)
    check(train(*MULTI, model, loss(model), pairs, tmp_path), pairs)


@pytest.mark.parametrize(
    "inner", [losses.MultipleNegativesRankingLoss, losses.CachedMultipleNegativesRankingLoss], ids=["plain", "cached"]
)
def test_under_the_matryoshka_loss(inner, bert, pairs, tmp_path):
    model = dense_encoder(bert)
    loss = losses.MatryoshkaLoss(model, inner(model), [16, 8])
    check(train(*DENSE, model, loss, pairs, tmp_path), pairs)


def test_with_cached_gradients(bert, pairs, tmp_path):
    model = dense_encoder(bert)
    loss = losses.CachedMultipleNegativesRankingLoss(model, mini_batch_size=3)
    check(train(*DENSE, model, loss, pairs, tmp_path), pairs)


def test_with_bfloat16(bert, pairs, tmp_path):
    model = dense_encoder(bert)
    kinds = set()
    model[0].auto_model.encoder.layer[0].attention.self.query.register_forward_hook(
        lambda _module, _given, result: kinds.add(result.dtype)
    )
    loss = losses.MultipleNegativesRankingLoss(model)
    check(train(*DENSE, model, loss, pairs, tmp_path, bf16=True), pairs)
    assert kinds == {torch.bfloat16}


def test_with_adapters(bert, pairs, tmp_path):
    peft = pytest.importorskip("peft")
    model = dense_encoder(bert)
    model.add_adapter(peft.LoraConfig(r=2, target_modules=["query", "value"], task_type="FEATURE_EXTRACTION"))
    trainable = [name for name, value in model.named_parameters() if value.requires_grad]
    assert trainable and all("lora" in name for name in trainable)
    check(train(*DENSE, model, losses.MultipleNegativesRankingLoss(model), pairs, tmp_path), pairs)
