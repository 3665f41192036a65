#!/usr/bin/env bash
# Submits both: PARTS jobs that encode, and one that evaluates when all of them have succeeded. See README.md.
set -euo pipefail
export PARTS="${PARTS:-8}"
here=$(cd "$(dirname "$0")" && pwd)
encode=$(sbatch --parsable --array="0-$((PARTS - 1))" "$here/encode.sbatch" "$@")
sbatch --dependency="afterok:${encode%%;*}" "$here/evaluate.sbatch"
