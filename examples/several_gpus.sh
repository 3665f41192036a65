#!/usr/bin/env bash
# Training on every GPU of this machine, then encoding on them and evaluation.
#
#   TRAIN_DATA=mlqa-r MODEL=xlm-roberta-base DATASET=xquad-r OUTPUT=runs/hybrid examples/several_gpus.sh [OPTIONS]
#
# OPTIONS are those of `beir-hybrid train`. Run it again after an interruption: --resume continues the training, and
# vectors are kept in the cache.
set -euo pipefail
: "${TRAIN_DATA:?a dataset, a file or a folder of parallel questions and passages}"
: "${MODEL:?a folder, or a name on the hub}"
: "${DATASET:?what to evaluate on, such as xquad-r}"
: "${OUTPUT:?the folder of the run}"
GPUS=${GPUS:-$(nvidia-smi --list-gpus | wc -l)}

# One process per GPU, with one planned batch each in every step. What one sets:
# - the batch size is that of one GPU: 4 GPUs and 64 make 256 examples a step, all of one kind and of different groups;
# - --gather True lets the passages of all GPUs be negatives of each question, which costs communication;
# - threads: torchrun gives every process one, so that they do not wait for one another.
torchrun --standalone --nproc-per-node "$GPUS" --no-python beir-hybrid train \
    --train-data "$TRAIN_DATA" --model "$MODEL" --strategy hybrid --output "$OUTPUT" --resume "$@"

# Evaluation is one process; encoding is shared among the devices.
if [ "$GPUS" -gt 1 ]; then
    devices=$(seq -s, -f 'cuda:%.0f' 0 $((GPUS - 1)))
    set -- --device "$devices"
else
    set --
fi
beir-hybrid evaluate --model "$OUTPUT" --dataset "$DATASET" --output "$OUTPUT/evaluation" "$@"
