#!/usr/bin/env bash
# Prepares the source tree: .venv with what requirements.txt pins, and the ROS messages in build/ros.
#
# usage: scripts/setup.sh [PART...]
#   PART           a further part of requirements.txt: test, train, evaluate, portrait, released
# environment:
#   PYTHON         the Python to make .venv from
#   TORCH_INDEX    a wheel index to take torch from, e.g. https://download.pytorch.org/whl/cpu
#
# A sourced ROS Jazzy or Lyrical is used, with its Python and NumPy; without one, ROS comes as wheels.
# Every step is stamped with what it depends on: a second run does nothing and takes no time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
venv=$root/.venv
log=$root/build/setup.log
parts=(run "$@")

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# stamped NAME INPUTS...: whether step NAME was done with these inputs (texts); `stamp` notes that it was.
stamp_of() { printf '%s\n' "${@:2}" | sha256sum | cut -d' ' -f1; }
stamped() { [ "$(cat "$venv/stamps/$1" 2>/dev/null)" = "$(stamp_of "$@")" ]; }
stamp() { mkdir -p "$venv/stamps" && stamp_of "$@" >"$venv/stamps/$1"; }

. scripts/setup/machine.sh
. scripts/setup/python.sh
. scripts/setup/messages.sh

for part in "${parts[@]}"; do
    grep -q "^# == $part ==" requirements.txt || fail "'$part' is no part of requirements.txt; parts are: test train evaluate portrait released"
done
mkdir -p build
exec 9>build/setup.lock
flock 9  # two commands at once: the second finds everything done

ros=$(ros_source)
check_machine
install_system_packages
make_venv
install_python_packages
build_messages
