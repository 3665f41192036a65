"""Ids of ir_datasets that tests make; what needs the fixture loads this file."""

import pytest


@pytest.fixture
def made_ids(tmp_path, monkeypatch):
    """A function that registers an id with ir_datasets, of files in its own formats, until the test ends."""
    ir_datasets = pytest.importorskip("ir_datasets", reason="an extra")
    from ir_datasets.formats import TrecQrels, TsvDocPairs, TsvDocs, TsvQueries

    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(ir_datasets.registry, "_registered", dict(ir_datasets.registry._registered))

    def register(identifier, documents=(), queries=(), qrels=(), docpairs=(), lang=None):
        """Documents, queries and docpairs are rows of fields; a judgement is query, document and grade."""
        rows = {"docs": documents, "queries": queries, "qrels": [(q, 0, d, g) for q, d, g in qrels], "pairs": docpairs}
        files = {}
        for name, content in rows.items():
            path = tmp_path / f"{identifier.replace('/', '-')}.{name}"
            separator = " " if name == "qrels" else "\t"
            path.write_text("".join(separator.join(map(str, row)) + "\n" for row in content))
            files[name] = ir_datasets.util.LocalDownload(path)
        components = [TsvDocs(files["docs"], lang=lang)] if documents else []
        components += [TsvQueries(files["queries"], lang=lang)] if queries else []
        components += [TrecQrels(files["qrels"], {})] if qrels else []
        components += [TsvDocPairs(files["pairs"])] if docpairs else []
        ir_datasets.registry.register(identifier, ir_datasets.Dataset(*components))

    return register
