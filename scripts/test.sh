#!/usr/bin/env bash
# Runs the tests; called by `make test`, which sets up what they need.
#
# usage: scripts/test.sh [PYTEST ARGUMENT...]
#
# Without arguments: all tests. Those that compute run first, one process per core. Those in real time run afterwards and
# one at a time, since they need the cores for the nodes that they start. With arguments: one pytest with these.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/env.sh
pytest=(.venv/bin/python -m pytest)
[ $# -eq 0 ] || exec "${pytest[@]}" "$@"

real_time=(test/nodes test/launch test/examples test/cli/demo)
ignored=("${real_time[@]/#/--ignore=}")
"${pytest[@]}" -n "$(nproc)" --dist loadfile "${ignored[@]}"
computing=$?
"${pytest[@]}" "${real_time[@]}"
live=$?
exit $((computing > live ? computing : live))
