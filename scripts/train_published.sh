#!/usr/bin/env bash
# Trains both stages of the published architecture from nothing to a film: make train-published. See docs/training.md.
#
# usage: scripts/train_published.sh
# environment:
#   PRESET   tiny (minutes, shows that all of it works) or small (hours of a CPU, the default); for the published sizes
#            and a GPU, docs/training.md has the commands
#   FOLDER   of all results; default: runs/published-$PRESET
#   CORPUS   an existing corpus; default: one is made in $FOLDER/corpus
#   THREADS  of the arithmetic; default: 1
#
# Every step resumes or finds its result: after an interruption the same command goes on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/env.sh
preset=${PRESET:-small}
folder=${FOLDER:-runs/published-$preset}
corpus=${CORPUS:-$folder/corpus}
threads=${THREADS:-1}

case $preset in
    tiny)
        corpus_options=(--hours 0.05 --valid-hours 0.02 --speech-hours 0.1 --clip-seconds 20 --engines espeak)
        clips_options=(--sets 12 --frames 12 --portraits lumi ada --unseen mei kofi)
        ;;
    small)
        corpus_options=(--hours 5 --valid-hours 0.4 --speech-hours 4 --engines espeak flite festival)
        clips_options=(--sets 800)
        ;;
    *)
        echo "train-published: PRESET is '$preset'; accepted are tiny and small" >&2
        exit 2
        ;;
esac

step() { printf '\n== %s ==\n' "$*" >&2; }
dystream() { .venv/bin/python -m dystream_ros.cli "$@"; }

step "1. a corpus: conversations with the motion of both faces"
[ -n "${CORPUS:-}" ] || dystream corpus "$corpus" "${corpus_options[@]}"

step "2. clips of rendered faces in the motion of the corpus"
dystream train-autoencoder clips "$folder/clips" --preset "$preset" --corpus "$corpus" "${clips_options[@]}"

step "3. stage 1: the autoencoder"
dystream train-autoencoder train "$folder/clips" --run "$folder/stage1" --preset "$preset" --threads "$threads"
dystream train-autoencoder measure "$folder/stage1" "$folder/clips" --sheet "$folder/faces.png" --json "$folder/faces.json"

step "4. motion codes of the corpus"
dystream train-autoencoder latents "$folder/stage1" "$corpus" -o "$folder/latents"

step "5. stage 2 over motion codes"
dystream train "$corpus" --family published --preset "$preset" --threads "$threads" --run "$folder/stage2" \
    --latents "$folder/latents" --stage1 "$folder/stage1"

step "6. stage 2 over named coefficients, drawn by the renderer of the package"
dystream train "$corpus" --family published --preset "$preset" --threads "$threads" --run "$folder/named"

step "7. a conversation as a film, by each"
sound=dystream_ros/assets/demo/conversation.flac
for run in stage2 named; do
    dystream render --model "$folder/$run/model" --size 512 --self "$sound" --self-channel 0 \
        --other "$sound" --other-channel 1 -o "$folder/$run.mp4"
done

step "8. lips beside compact on unseen voices: against phones, and the sync score"
models=("$folder/stage2/model" "$folder/named/model" compact)
dystream evaluate lips --sets valid --corpus "$corpus" --seeds 1 --rows --model "${models[@]}" --json "$folder/lips.json"
dystream evaluate sync --sets valid --corpus "$corpus" --seeds 1 --rows --model "${models[@]}" --json "$folder/sync.json"
step "done: films and figures are in $folder"
