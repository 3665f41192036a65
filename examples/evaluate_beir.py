"""An evaluation in plain BEIR, on a multilingual dataset.

Nothing here is of beir-hybrid. Run it on its datasets, and have every setting and its language bias told besides, with

    beir-hybrid run examples/evaluate_beir.py

or write the dataset's folder first, where the script looks for it, and run it with Python alone:

    beir-hybrid datasets get xquad-r --out examples/datasets
    python examples/evaluate_beir.py

The dataset may be one setting (xquad-r.en-de, xquad-r.en-all, sample) and is the first argument, the model the second.
"""

import logging
import pathlib
import sys

from beir import LoggingHandler, util
from beir.datasets.data_loader import GenericDataLoader
from beir.retrieval import models
from beir.retrieval.evaluation import EvaluateRetrieval
from beir.retrieval.search.dense import DenseRetrievalExactSearch

logging.basicConfig(format="%(message)s", level=logging.INFO, handlers=[LoggingHandler()])

dataset, model_name = (*sys.argv[1:], *["xquad-r", "sentence-transformers/LaBSE"][len(sys.argv) - 1 :])
url = f"https://public.ukp.informatik.tu-darmstadt.de/thakur/BEIR/datasets/{dataset}.zip"
folder = util.download_and_unzip(url, str(pathlib.Path(__file__).parent.absolute() / "datasets"))
corpus, queries, qrels = GenericDataLoader(folder).load(split="test")

model = DenseRetrievalExactSearch(models.SentenceBERT(model_name), batch_size=128)
retriever = EvaluateRetrieval(model, score_function="cos_sim")
results = retriever.retrieve(corpus, queries)

ndcg, mean_average_precision, recall, precision = retriever.evaluate(qrels, results, retriever.k_values)
mrr = retriever.evaluate_custom(qrels, results, retriever.k_values, metric="mrr")
for values in (ndcg, mean_average_precision, recall, precision, mrr):
    print("  ".join(f"{name} {value:.5f}" for name, value in values.items()))
