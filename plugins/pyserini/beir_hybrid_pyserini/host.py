"""Pyserini as a host: its own commands run with a Java they can use, and know our models.

::

    beir-hybrid run -m pyserini.search.faiss --encoder beir-hybrid:MODEL --index INDEX --topics topics.tsv ...

From :func:`activate` on, until :func:`deactivate`:

* as soon as Pyserini is imported, before any of its modules that need Java, the JVM is started with one that is recent
  enough (:mod:`.java`); ``pyserini.eval.trec_eval`` finds the same;
* ``--encoder beir-hybrid:MODEL`` of ``pyserini.search.faiss`` and ``pyserini.encode`` applies a sentence-transformers
  model with its pooling, normalisation and prompts (:mod:`.encoder`);
* ``pyserini.encode --to-faiss`` finds the dimension of the vectors itself, whatever encoder they are from: its option
  ``--dimension`` defaults to 768, and with vectors of another one it fails;
* MIRACL's topics and judgements, which Pyserini downloads when they are first used, are those of the dataset ``miracl``
  where that fails, and a line says so (:mod:`.miracl`);
* where Pyserini's ``auto`` encoder applies such a model, a logged line says that it does so only in part.

Nothing else changes. Nothing of Pyserini or Java is imported before a script does. A JVM cannot be stopped, so once it
was to be started, :func:`deactivate` leaves it to the process, and with it ``JAVA_HOME`` and ``PATH`` as they name its
Java, and ``JVM_PATH`` unset.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import ModuleType

from beir_hybrid.hosts.kit import Activation, add_entry, patch, when_imported

TYPE_CHECKING = False  # as in typing, which this is spared at every start of an interpreter
if TYPE_CHECKING:
    from logging import Logger
    from typing import Any


_USUAL_DIMENSION = 768  # the option's default, which no one need have chosen


def _begin() -> None:
    _activation.undo.append(when_imported("pyserini", _start_java))
    _activation.undo.append(when_imported("pyserini.encode", _add_encoders))
    _activation.undo.append(when_imported("pyserini.encode.optional._faiss", _find_dimensions))
    _activation.undo.append(when_imported("pyserini.search._base", _stand_in_for_miracl))


def _start_java(module: ModuleType) -> None:
    from beir_hybrid_pyserini.java import start

    start()


def _add_encoders(module: ModuleType) -> None:
    from beir_hybrid_pyserini.encoder import PREFIX, DocumentEncoder, QueryEncoder

    # first, since Pyserini searches a model's name for each of these in turn
    _activation.undo.append(add_entry(module.query_encoder_class_map, PREFIX, QueryEncoder, first=True))
    _activation.undo.append(add_entry(module.document_encoder_class_map, PREFIX, DocumentEncoder, first=True))
    for encoder in (module.AutoQueryEncoder, module.AutoDocumentEncoder):
        _activation.undo.extend(patch(encoder, "__init__", partial(_telling, encoder.__name__), None))


def _telling(encoder: str, original: Callable[..., None], self: object, *arguments: object, **options: object) -> None:
    """Log, when an encoder loads a sentence-transformers model, what it leaves out."""
    given = arguments[0] if arguments else options.get("encoder_dir", options.get("model_name"))
    _tell(encoder, str(given or ""))
    original(self, *arguments, **options)


def _find_dimensions(module: ModuleType) -> None:
    """Have the writer of an index take the dimension of the first vectors that it gets."""

    def write(original: Callable[..., None], self: Any, batch_info: Any, *others: Any, **options: Any) -> None:
        dimension = len(batch_info["vector"][0]) if len(batch_info["vector"]) else self.dimension
        if dimension != self.dimension and not self.index.ntotal:
            if self.dimension != _USUAL_DIMENSION:
                _log().warning(
                    "--dimension is %d, and the vectors have %d: so has the index.", self.dimension, dimension
                )
            self.dimension, self.index = dimension, module.faiss.IndexFlatIP(dimension)
        original(self, batch_info, *others, **options)

    _activation.undo.extend(patch(module.FaissRepresentationWriter, "write", write, None))


def _stand_in_for_miracl(module: ModuleType) -> None:
    from beir_hybrid_pyserini.miracl import stand_in

    _activation.undo.extend(stand_in(module))


def _log() -> Logger:
    from logging import getLogger

    return getLogger(__name__)


def _tell(encoder: str, model: str) -> None:
    from pathlib import Path

    from beir_hybrid_pyserini.encoder import PREFIX

    if model and (Path(model) / "modules.json").is_file():
        _log().warning(
            "Pyserini's %s applies the transformer of %s only, without prompts and further layers, and pools as the "
            "command line says. For the whole model: --encoder %s%s",
            encoder,
            model,
            PREFIX,
            model,
        )


_activation = Activation(_begin)
activate, deactivate, is_active = _activation.activate, _activation.deactivate, _activation.is_active
