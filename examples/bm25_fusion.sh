#!/usr/bin/env bash
# A model, BM25 and their fusion by reciprocal ranks, scored alike and compared.
#
#   MODEL=runs/hybrid DATASET=xquad-r OUTPUT=fusion examples/bm25_fusion.sh
#
# It takes the plug-in for Pyserini (pip install plugins/pyserini). SETTINGS says which settings, as names or kinds.
set -euo pipefail
: "${MODEL:?a folder, or a name on the hub}"
: "${DATASET:?such as xquad-r}"
: "${OUTPUT:?a folder for runs and results}"
SETTINGS=${SETTINGS:-mono,multi}

# each writes a TREC run per setting
beir-hybrid evaluate --model "$MODEL" --dataset "$DATASET" --settings "$SETTINGS" --runs --output "$OUTPUT/dense"
beir-hybrid bm25 --dataset "$DATASET" --settings "$SETTINGS" --output "$OUTPUT/bm25"
# BM25 finds nothing for some queries of other languages than the passages': the model alone ranks these
beir-hybrid fuse --runs "$OUTPUT/dense/runs" --runs "$OUTPUT/bm25/runs" --output "$OUTPUT/fused" --allow-missing

for system in bm25 fused; do
    runs=$OUTPUT/$system
    [ "$system" = bm25 ] && runs=$runs/runs
    beir-hybrid evaluate --run "$runs" --dataset "$DATASET" --output "$OUTPUT/results-$system"
done
beir-hybrid compare "$OUTPUT/dense" "$OUTPUT/results-bm25" "$OUTPUT/results-fused"
