#!/usr/bin/env bash
# Training in rounds: each mines hard negatives with the last round's model, and goes on from it.
#
#   TRAIN_DATA=mlqa-r MODEL=intfloat/multilingual-e5-base OUTPUT=runs/refreshed examples/refresh_negatives.sh [OPTIONS]
#
# OPTIONS are those of `beir-hybrid train`, for every round. Run it again after an interruption at any point: stores of
# pairs appear as a whole, mining goes on with what it had, and --resume continues a training or finds it finished.
set -euo pipefail
: "${TRAIN_DATA:?a dataset, a file or a folder of parallel questions and passages}"
: "${MODEL:?a folder, or a name on the hub, that scores passages already}"
: "${OUTPUT:?the folder of all rounds}"
ROUNDS=${ROUNDS:-2}
NEGATIVES=${NEGATIVES:-8}

for round in $(seq "$ROUNDS"); do
    mined=$OUTPUT/mined-$round run=$OUTPUT/round-$round
    [ -e "$mined" ] || beir-hybrid mine "$TRAIN_DATA" --model "$MODEL" --negatives "$NEGATIVES" --output "$mined"
    beir-hybrid train --model "$MODEL" --train-data "$mined" --negatives "$NEGATIVES" --output "$run" --resume "$@"
    MODEL=$run
done
echo "The last round's model is in $MODEL."
