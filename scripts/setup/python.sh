# The virtual environment and the packages in it. For setup.sh.

# python_usable PYTHON: whether it runs, can make environments, and has a version that the ROS in use supports.
python_usable() {
    "$1" - "$ros" >/dev/null 2>&1 <<'PYTHON'
import sys, ensurepip, venv
sys.exit(sys.argv[1] == "wheels" and not (3, 10) <= sys.version_info[:2] <= (3, 13))
PYTHON
}

choose_python() {
    local candidate candidates=(python3.12 python3.11 python3.13 python3.10 python3 /usr/bin/python3)
    [ "$ros" = wheels ] || candidates=(/usr/bin/python3)
    [ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        python_usable "$candidate" && command -v "$candidate" && return
    done
    [ -z "${PYTHON:-}" ] || fail "PYTHON=$PYTHON cannot be used: it must run, be 3.10 to 3.13 for ROS from wheels, and have venv and ensurepip."
    [ "$ros" = wheels ] || fail "/usr/bin/python3 cannot make environments: sudo apt-get install python3-venv"
    fail "no Python 3.10 to 3.13 with venv was found: install python3-venv (Debian), or name one with PYTHON=."
}

make_venv() {
    if [ -e "$venv/ros-source" ] && [ "$(cat "$venv/ros-source")" != "$ros" ]; then
        fail ".venv was made for ROS from '$(cat "$venv/ros-source")' and this shell has '$ros': run 'make clean', or use a shell of the former kind."
    fi
    if ! python_usable "$venv/bin/python"; then
        local python options=()
        python=$(choose_python)
        # The Python packages of a distribution, and an installed torch, are used as they are.
        if [ "$ros" != wheels ] || "$python" -c 'import torch' >/dev/null 2>&1; then
            options=(--system-site-packages)
        fi
        say "making .venv with $("$python" --version) ($python)"
        "$python" -m venv --clear "${options[@]}" "$venv" >"$log" 2>&1 || fail "$python could not make .venv: $(tail -n 1 "$log")"
    fi
    [ "$ros" = wheels ] || "$venv/bin/python" -c 'import rclpy, numpy, cv2, cv_bridge' >/dev/null 2>&1 ||
        fail "ROS $ros is sourced and its Python packages cannot be imported: sudo apt-get install ros-$ros-ros-base ros-$ros-cv-bridge python3-opencv"
    echo "$ros" >"$venv/ros-source"
}

# pinned PART...: prints the lines of these parts of requirements.txt.
pinned() { awk -v parts=" $* " '/^# == /{take = index(parts, " " $3 " ")} take && !/^#/' requirements.txt; }

# pip_install WHAT ARGUMENTS...: installs, or ends with one sentence about the cause.
pip_install() {
    local what=$1
    shift
    say "installing $what"
    if ! "$venv/bin/python" -m pip install --no-input --retries 2 --disable-pip-version-check "$@" >"$log" 2>&1 </dev/null; then
        grep -q 'No space left on device' "$log" && fail "the disk is full: no space for $what."
        grep -qE 'Failed to establish a new connection|NameResolutionError|Temporary failure in name|ConnectTimeout|Network is unreachable|Max retries exceeded' "$log" &&
            fail "no network: could not download $what from the package index."
        fail "pip could not install $what: $(grep -E '^ERROR' "$log" | tail -n 1) (the full output is in build/setup.log)"
    fi
}

install_python_packages() {
    local python=$venv/bin/python part missing=() wanted=("${parts[@]}" build)
    [ "$ros" != wheels ] || wanted+=(ros)
    if ! stamped torch "$(pinned torch)" "${TORCH_INDEX:-}"; then
        if ! "$python" -c 'import torch' >/dev/null 2>&1 || [ -n "${TORCH_INDEX:-}" ]; then
            pip_install "torch (the largest part)" "$(pinned torch)" ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"}
        fi
        stamp torch "$(pinned torch)" "${TORCH_INDEX:-}"
    fi
    for part in "${wanted[@]}"; do stamped "$part" "$(pinned "$part")" || missing+=("$part"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    pinned "${missing[@]}" >build/requirements.txt
    # NumPy stays at the version that ROS was built against.
    if [ "$ros" = wheels ]; then
        pinned ros | grep '^numpy' >build/constraints.txt
    else
        "$python" -c 'import numpy; print(f"numpy=={numpy.__version__}")' >build/constraints.txt
    fi
    pip_install "Python packages (${missing[*]})" -r build/requirements.txt -c build/constraints.txt
    [ "$ros" != wheels ] || "$python" scripts/setup/relocate_ros_wheels.py
    for part in "${missing[@]}"; do stamp "$part" "$(pinned "$part")"; done
}
