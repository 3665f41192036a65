"""Fitting a debiasing on texts, and writing a model that applies it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from beir_hybrid.debiasing.base import Debiasing
from beir_hybrid.debiasing.fit_texts import FitTexts
from beir_hybrid.debiasing.identifier import LanguageIdentifier
from beir_hybrid.debiasing.removal import Removal
from beir_hybrid.debiasing.statistics import LanguageStatistics
from beir_hybrid.evaluation.encoding.encode import encoded_passages
from beir_hybrid.evaluation.encoding.encoder import Encoder, as_encoder
from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
from beir_hybrid.storage.folders import new_folder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def gather_statistics(
    model: SentenceTransformer | Encoder,
    texts: FitTexts,
    methods: Sequence[Debiasing],
    encoding: EncodingOptions | None = None,
    *,
    identifier: LanguageIdentifier | None = None,
    show_progress: bool = False,
) -> LanguageStatistics:
    """Encode texts in blocks, as passages, and add up what methods need to know of their vectors.

    Args:
        model: The model.
        texts: To encode.
        methods: What will be fitted.
        encoding: How to encode; with a cache, nothing is encoded twice.
        identifier: Learns the languages of the same texts; None for none.
        show_progress: Whether to show a progress bar.

    Raises:
        ModelError: If the model cannot encode.
        ConfigurationError: If the texts do not suffice.
    """
    needs = {need for method in methods for need in method.needs}
    statistics = LanguageStatistics(texts.languages, moments="moments" in needs, translations="translations" in needs)
    counts = texts.counts()
    for method in methods:
        method.check(counts)
    with encoded_passages(model, encoding, sum(counts.values()), show_progress=show_progress) as encode_texts:
        for language, block, translated in texts.blocks():
            statistics.add(language, encode_texts(language, block), translated)
            if identifier is not None:
                identifier.add(language, block)
    return statistics


def debias_model(
    model: SentenceTransformer | Encoder,
    texts: FitTexts,
    method: Debiasing,
    output: Path,
    encoding: EncodingOptions | None = None,
    *,
    show_progress: bool = False,
) -> Removal:
    """Fit a method and write a model that applies it.

    Where this package is installed, ``SentenceTransformer(folder, trust_remote_code=True)`` loads the folder, as do
    all our commands: it names a module of this package, and the host wants that word for any module but its own; no
    code of the folder is run. The language of each text is found by :class:`~.identifier.LanguageIdentifier`, which
    learns from the same texts, unless it is given: ``model.encode(texts, language="de")``.

    Args:
        model: The model.
        texts: What to fit on; those that the model was trained on, or others in the languages of use.
        method: The method.
        output: Folder to write, whole or not at all; one that is there is replaced.
        encoding: How to encode the texts.
        show_progress: Whether to show a progress bar.

    Returns:
        What the model takes off.

    Raises:
        ModelError: If the model cannot encode.
        ConfigurationError: If the texts do not suffice.
        OutputError: If the folder cannot be written.
    """
    from sentence_transformers import SentenceTransformer

    from beir_hybrid.debiasing.module import DebiasedModule

    encoder, identifier = as_encoder(model, sparse=False), LanguageIdentifier(texts.languages)
    statistics = gather_statistics(
        encoder, texts, [method], encoding, identifier=identifier, show_progress=show_progress
    )
    removal = method.fit(statistics, normalise=encoder.description.similarity == "cosine")
    base = encoder.model
    module = DebiasedModule(base, removal, identifier.select(removal.languages).weights, method.spec(), texts.name)
    whole = SentenceTransformer(
        modules=[module],
        prompts={name: prompt for name, prompt in base.prompts.items() if prompt is not None},
        default_prompt_name=base.default_prompt_name,
        similarity_fn_name=base.similarity_fn_name,
        device=str(base.device),
    )
    with new_folder(output) as folder:
        whole.save_pretrained(str(folder))
        _add_to_card(folder / "README.md", method, texts)
    return removal


def _add_to_card(path: Path, method: Debiasing, texts: FitTexts) -> None:
    """Say in the host's model card what was done, and how the model is loaded."""
    head, usage, tail = path.read_text(encoding="utf-8").partition("## Usage")
    lines = [
        "## Debiasing",
        "",
        f"`{method.spec()}` by beir-hybrid, fitted on passages of {texts.name}. Install beir-hybrid and load it with "
        "`SentenceTransformer(..., trust_remote_code=True)`; the folder holds no code.",
        "",
        "",
    ]
    path.write_text(head + "\n".join(lines) + usage + tail, encoding="utf-8")
