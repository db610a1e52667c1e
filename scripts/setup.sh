#!/usr/bin/env bash
# Prepares the source tree: .venv with the pins of requirements.txt, and the ROS messages in build/ros.
#
# usage: scripts/setup.sh [PART...]
#   PART           a further part of requirements.txt, beside run and demo: torch, say, web, lab, test, train, evaluate,
#                  portrait, robot, bag, fuzz, released
# environment:
#   PYTHON         the Python that .venv is made with
#   TORCH_INDEX    a further wheel index, for another build of torch
#
# A sourced ROS Jazzy or Lyrical is used, with its Python and NumPy; without one, ROS is installed from wheels.
# Each step is stamped with its inputs: a second run does nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
venv=$root/.venv
log=$root/build/setup.log
parts=(run voice demo "$@")
case " $* " in *" export "* | *" lab "* | *" test "* | *" train "* | *" evaluate "* | *" released "*) parts+=(torch) ;; esac

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# stamped NAME INPUTS...: whether step NAME was done with these inputs (texts); `stamp` records that it was.
stamp_of() { printf '%s\n' "${@:2}" | sha256sum | cut -d' ' -f1; }
stamped() { [ "$(cat "$venv/stamps/$1" 2>/dev/null)" = "$(stamp_of "$@")" ]; }
stamp() { mkdir -p "$venv/stamps" && stamp_of "$@" >"$venv/stamps/$1"; }

. scripts/setup/machine.sh
. scripts/setup/python.sh
. scripts/setup/messages.sh
. scripts/setup/peer_messages.sh

for part in "${parts[@]}"; do
    grep -q "^# == $part ==" requirements.txt || fail "requirements.txt has no part '$part'; its parts are: $(sed -n 's/^# == \(\w*\) ==.*/\1/p' requirements.txt | xargs)"
done
{ mkdir -p build && [ -w . ] && [ -w build ]; } 2>/dev/null ||
    fail "$root cannot be written, and .venv and build/ are made there: use a copy of it in a folder that you can write."
exec 9>build/setup.lock
flock 9  # if two commands run at once, the second waits and finds everything done

ros=$(ros_source)
check_machine
install_system_packages
make_venv
install_python_packages
await_system_packages
compile_python_packages
build_messages
if [[ " ${parts[*]} " == *" test "* ]]; then build_peer_messages; fi
wait
