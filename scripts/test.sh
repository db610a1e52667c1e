#!/usr/bin/env bash
# Runs the tests; called by `make test`, which sets up what they need.
#
# usage: scripts/test.sh [PYTEST ARGUMENT...]
#
# Without arguments: all tests. Most of them run at once, in one process more than there are cores, since some of them
# wait for nodes. Tests of a head in real time and of sound devices run afterwards, one at a time: they need the cores for
# the nodes that they start. With arguments: one pytest with these.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/env.sh
pytest=(.venv/bin/python -m pytest)
[ $# -eq 0 ] || exec "${pytest[@]}" "$@"

real_time=(test/nodes/head test/nodes/microphone test/nodes/speaker test/nodes/sound_device test/cli/demo)
ignored=("${real_time[@]/#/--ignore=}")
"${pytest[@]}" -n "$(($(nproc) + 1))" --dist loadfile "${ignored[@]}"
most=$?
"${pytest[@]}" "${real_time[@]}"
live=$?
exit $((most > live ? most : live))
