"""Encoders: a loaded model, or a model's folder that is loaded only if a text must be encoded."""

from __future__ import annotations

import json
import logging
import platform
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid.errors import ModelError, OutputError
from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
from beir_hybrid.evaluation.encoding.fingerprint import fingerprint_of
from beir_hybrid.memory import return_freed
from beir_hybrid.models import DENSE, SPARSE, check_kind, check_name, kind_of, kind_of_files, load_model
from beir_hybrid.prompts import Prompts, Role
from beir_hybrid.storage.files import parse_json, write_json
from beir_hybrid.storage.run_folder import RECORDS

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


logger = logging.getLogger(__name__)

SCHEMA = 2
_BLOCK = 16 << 20  # bytes read at once
_FLAT = ("StaticEmbedding", "Transformer")  # modules whose files lie in one folder
_NOT_THE_MODEL = ("README.md", "results.json", "queries.parquet", "queries.jsonl", *RECORDS)


@dataclass(frozen=True)
class Description:
    """What must be known of a model, besides its fingerprint, to find its vectors in a cache.

    Attributes:
        similarity: ``cosine``, ``dot`` or another of the host's.
        dtype: Number format that the model computes in, such as ``float32``.
        dimensions: Of a vector; 0 if the model does not report it.
        query_prompt: What is put before a query; None for nothing.
        document_prompt: What is put before a passage; None for nothing.
        name: What the model calls itself, or its kind.
        query_prompts: What is put before queries in some languages instead, by their codes.
        document_prompts: Likewise before passages.
    """

    similarity: str
    dtype: str
    dimensions: int
    query_prompt: str | None
    document_prompt: str | None
    name: str
    query_prompts: Mapping[str, str] = field(default_factory=dict)
    document_prompts: Mapping[str, str] = field(default_factory=dict)

    def prompts(self, role: Role) -> Prompts:
        """Return what is put before texts of a role."""
        return Prompts(getattr(self, f"{role}_prompt"), getattr(self, f"{role}_prompts"))


class Encoder:
    """A loaded model.

    Args:
        model: Any SentenceTransformer, or a SparseEncoder.
    """

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model

    @property
    def model(self) -> SentenceTransformer:
        """The model."""
        return self._model

    @property
    def sparse(self) -> bool:
        """Whether its vectors are sparse."""
        return kind_of(self._model) == SPARSE

    @property
    def name(self) -> str:
        """What the model was loaded from, as far as it knows."""
        return str(self.model.model_card_data.base_model or "unnamed")

    @property
    def device(self) -> str:
        """Where the model is."""
        return str(self.model.device)

    @cached_property
    def description(self) -> Description:
        """What must be known of the model."""
        return _describe(self.model)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that decides about vectors; see :func:`~.fingerprint.fingerprint_of`.

        Raises:
            ModelError: If a part of the model cannot be read.
        """
        return fingerprint_of(self.model)

    def release(self) -> None:
        """Let go of a model that was loaded here, whose memory the search can use; one that was given stays."""


class FolderEncoder(Encoder):
    """A model's folder, which is loaded only if a text must be encoded.

    What must be known of a model is kept by the content of its files, so that a second evaluation of a model, whose
    vectors are all in the cache, neither loads it nor imports what it runs on. That is for folders that hold all there
    is to the model: those with adapters, whose base model lies elsewhere, or with modules of other packages or code of
    their own are always loaded.

    Args:
        folder: Of a SentenceTransformer.
        memory: Folder for what is known of models; made when it is needed.
        device: Such as ``cpu`` or ``cuda:1``, when it is loaded; None to auto-detect.
    """

    def __init__(self, folder: Path, memory: Path, device: str | None = None) -> None:
        self.folder = folder
        self.memory = memory
        self._wanted = device
        self._loaded: SentenceTransformer | None = None
        self._placed = ""

    @property
    def model(self) -> SentenceTransformer:
        """The model, loaded at its first use.

        Raises:
            ModelError: If it cannot be loaded.
        """
        if self._loaded is None:
            self._loaded = load_model(self.folder, self._wanted)
        return self._loaded

    @property
    def sparse(self) -> bool:
        """Whether its vectors are sparse: never, as those are not kept in a cache."""
        return False

    @property
    def name(self) -> str:
        """The folder."""
        return str(self.folder)

    @property
    def device(self) -> str:
        """Where the model is; empty if it was not needed."""
        return super().device if self._loaded is not None else self._placed

    def release(self) -> None:
        """Let go of the model, which is loaded again if another text must be encoded."""
        self._placed, self._loaded = self.device, None
        return_freed()

    @cached_property
    def description(self) -> Description:
        """What must be known of the model: what was noted of the same files, or else what the model itself reports.

        Raises:
            ModelError: If it is not known and the model cannot be loaded.
        """
        return self._known[1] if self._known else _describe(self.model)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that decides about vectors; noted, if it was not.

        Raises:
            ModelError: If a part of the model cannot be read.
        """
        if self._known:
            return self._known[0]
        fingerprint = fingerprint_of(self.model)
        if self._note is not None:
            with suppress(OutputError):  # writing to the cache itself raises it again
                known = {"fingerprint": fingerprint, **asdict(self.description)}
                write_json(self._note, {"schema": SCHEMA, "check": _check(known), **known})
        return fingerprint

    @cached_property
    def _known(self) -> tuple[str, Description] | None:
        return _read(self._note) if self._note is not None else None

    @cached_property
    def _note(self) -> Path | None:
        """Name the file for what is known of these files under these versions; None if other files matter too."""
        files = _own_files(self.folder)
        if files is None:
            return None
        try:
            known = _digest(self.folder, files, SCHEMA, platform.machine(), self._wanted, *_versions())
        except OSError:  # a file that cannot be read is for the loading to explain
            return None
        return self.memory / f"{known}.json"


class BackendEncoder(Encoder):
    """A folder's model that does not run on PyTorch, told by its files instead of its weights.

    Args:
        model: The loaded model.
        folder: What it was loaded from.
        backend: What it runs on.
    """

    def __init__(self, model: SentenceTransformer, folder: Path, backend: str) -> None:
        super().__init__(model)
        self.folder = folder
        self.backend = backend

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the backend and of all files of the model.

        Raises:
            ModelError: If files elsewhere decide about its vectors too, or one cannot be read.
        """
        files = _own_files(self.folder)
        try:
            if files is not None:
                return _digest(self.folder, files, self.backend)
        except OSError as error:
            raise ModelError(
                f"A file of {self.folder} cannot be read: {error.strerror}.",
                "Check its permissions, or copy the model again.",
            ) from error
        raise ModelError(f"{self.folder} does not hold all there is to the model.", 'Encode with the backend "torch".')


def as_encoder(model: SentenceTransformer | Encoder, *, sparse: bool = True) -> Encoder:
    """Wrap a loaded model as an encoder; an encoder is returned as it is.

    Args:
        model: A SentenceTransformer, a SparseEncoder or an encoder.
        sparse: Whether sparse vectors are accepted.

    Raises:
        ModelError: If it is a model of another kind, or sparse where that is not accepted.
    """
    encoder = model if isinstance(model, Encoder) else None
    kind = kind_of(model) if encoder is None else SPARSE if encoder.sparse else DENSE
    if isinstance(model, str | Path):
        raise ModelError(f"{str(model)!r} is a name and no model.", f"Load it: SentenceTransformer({str(model)!r})")
    check_kind(kind, "The model", sparse=sparse)
    return encoder or Encoder(model)  # type: ignore[arg-type]  # what is no encoder is a model


def open_encoder(model: str, options: EncodingOptions | None = None) -> Encoder:
    """Open a model by its folder or name; one of a folder is loaded only if the cache lacks a vector.

    Args:
        model: Folder, or name on the Hugging Face hub.
        options: How it will encode: with a cache it may not need to be loaded, and if it does, it is loaded on the
            first device; None for the defaults.

    Raises:
        ModelError: If there is no such model, it cannot be loaded, or it is of a kind that cannot be scored.
    """
    check_name(model)
    folder, options = Path(model), options or EncodingOptions()
    device = next(iter(options.devices), None)
    dense = folder.is_dir() and kind_of_files(folder) == DENSE
    if dense and not (folder / "modules.json").is_file():
        logger.warning("%s holds a plain transformer; sentence-transformers pools its token vectors.", model)
    if options.backend != "torch":
        loaded = load_model(model, device, sparse=True, backend=options.backend)
        return BackendEncoder(loaded, folder, options.backend) if dense else Encoder(loaded)
    if options.cache is None or not dense or options.attention:
        return Encoder(load_model(model, device, sparse=True, attention=options.attention))
    return FolderEncoder(folder, Path(options.cache.folder) / "models", device)


def _digest(folder: Path, files: list[Path], *about: Any) -> str:
    """Hash files by their names and content, with what else matters."""
    digest = blake2b(repr(list(about)).encode(), digest_size=16)
    for path in files:
        digest.update(repr((path.relative_to(folder).as_posix(), path.stat().st_size)).encode())
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def _versions() -> Iterator[str]:  # what they compute with the same files may change
    return (version(package) for package in ("sentence-transformers", "transformers", "torch", "tokenizers"))


def _own_files(folder: Path) -> list[Path] | None:
    """List the files that make up a model; None if there may be others elsewhere."""
    try:
        modules = parse_json((folder / "modules.json").read_text(encoding="utf-8"))
        paths = [(str(module["type"]), str(module["path"])) for module in modules]
        inside = [path for _, path in paths if path]
        files = [path for path in folder.iterdir() if path.is_file() and path.name not in _NOT_THE_MODEL]
        files += [path for name in inside for path in (folder / name).rglob("*") if path.is_file()]
        if not all(kind.startswith("sentence_transformers.") for kind, _ in paths):
            return None
        if not all(path or kind.rpartition(".")[2] in _FLAT for kind, path in paths):
            return None  # such as a Router, which has folders of its own below
        if any(not (folder / name).resolve().is_relative_to(folder.resolve()) for name in inside):
            return None
        if any(path.name == "adapter_config.json" or path.suffix == ".py" for path in files):
            return None
        if any("auto_map" in path.read_text(encoding="utf-8") for path in files if path.name == "config.json"):
            return None
    except (OSError, ValueError, TypeError, KeyError):  # loading the model explains it
        return None
    return sorted(set(files))


def _read(note: Path) -> tuple[str, Description] | None:
    """Read what is known of a model, its fingerprint and description; None if there is nothing of use."""
    try:
        content = parse_json(note.read_text(encoding="utf-8"))
        if content.pop("schema") != SCHEMA or content.pop("check") != _check(content):
            return None
        return content.pop("fingerprint"), Description(**content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # not there, or another version's
        return None


def _check(known: dict[str, Any]) -> str:
    """Hash what is known of a model, so that a changed or damaged note is not trusted."""
    return blake2b(json.dumps(known, sort_keys=True).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _describe(model: SentenceTransformer) -> Description:
    queries, documents = Prompts.of_model(model, "query"), Prompts.of_model(model, "document")
    return Description(
        similarity=str(model.similarity_fn_name),
        dtype=str(model.dtype).removeprefix("torch."),
        dimensions=model.get_embedding_dimension() or 0,
        query_prompt=queries.usual,
        document_prompt=documents.usual,
        query_prompts=queries.languages,
        document_prompts=documents.languages,
        name=model.model_card_data.base_model or getattr(model.config, "_name_or_path", "") or type(model[0]).__name__,
    )
