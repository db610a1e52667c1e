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

# fail_to_install WHAT: ends with one sentence about the cause that the log names.
fail_to_install() {
    grep -q 'No space left on device' "$log" && fail "the disk is full: no space for $1."
    grep -qE 'Failed to establish a new connection|NameResolutionError|Temporary failure in name|ConnectTimeout|Network is unreachable|Max retries exceeded' "$log" &&
        fail "no network: could not download $1 from the package index."
    fail "pip could not install $1: $(grep -E '^ERROR' "$log" | tail -n 1) (the full output is in build/setup.log)"
}

pip_install() {
    "$venv/bin/python" -m pip install --no-input --retries 2 --disable-pip-version-check "$@" >"$log" 2>&1 </dev/null
}

# prepare_uv: installs uv and sets uv_options; fails where pip must do without it. uv installs a hundred wheels in the time
# that pip takes for some of them. It does not see the packages of a distribution, whose NumPy must stay.
prepare_uv() {
    grep -q '^include-system-site-packages = false' "$venv/pyvenv.cfg" || return
    if ! stamped uv "$(pinned uv)"; then
        pip_install "$(pinned uv)" || { grep -q 'Max retries exceeded' "$log" && fail_to_install "Python packages"; return 1; }
        stamp uv "$(pinned uv)"
    fi
    mapfile -t uv_options < <("$venv/bin/python" scripts/setup/uv_options.py 2>"$log")
    [ ! -s "$log" ]
}

# install_wheels WHAT ARGUMENTS...: installs with uv, else with pip, or ends with one sentence about the cause.
install_wheels() {
    local what=$1 uv_options=()
    shift
    say "installing $what"
    if prepare_uv; then
        "$venv/bin/python" -m uv pip install --python "$venv/bin/python" --native-tls --index-strategy unsafe-best-match \
            "${uv_options[@]}" "$@" >"$log" 2>&1 </dev/null && return
    fi
    say "pip installs them, as uv cannot: $(tail -n 1 "$log")"
    pip_install "$@" || fail_to_install "$what"
}

install_python_packages() {
    local python=$venv/bin/python part missing=() wanted=() index=() names=""
    for part in "${parts[@]}" build; do [ "$part" = torch ] || wanted+=("$part"); done
    [ "$ros" != wheels ] || wanted+=(ros)
    for part in "${wanted[@]}"; do stamped "$part" "$(pinned "$part")" || missing+=("$part"); done
    if [[ " ${parts[*]} " == *" torch "* ]] && ! stamped torch "$(pinned torch)" "${TORCH_INDEX:-}"; then
        if "$python" -c 'import torch' >/dev/null 2>&1 && [ -z "${TORCH_INDEX:-}" ]; then
            stamp torch "$(pinned torch)" ""
        else
            missing+=(torch)
            index=(${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"})
        fi
    fi
    [ ${#missing[@]} -gt 0 ] || return 0
    pinned "${missing[@]/voice/}" >build/requirements.txt
    # NumPy stays at the version that ROS was built against.
    if [ "$ros" = wheels ]; then
        pinned ros | grep '^numpy' >build/constraints.txt
    else
        "$python" -c 'import numpy; print(f"numpy=={numpy.__version__}")' >build/constraints.txt
    fi
    install_wheels "Python packages (${missing[*]})" -r build/requirements.txt -c build/constraints.txt "${index[@]}"
    [[ " ${missing[*]} " != *" voice "* ]] || install_wheels "the voice detector" --no-deps $(pinned voice)
    [ "$ros" != wheels ] || "$python" scripts/setup/relocate_ros_wheels.py
    for part in "${missing[@]}"; do
        if [ "$part" = torch ]; then stamp torch "$(pinned torch)" "${TORCH_INDEX:-}"; else stamp "$part" "$(pinned "$part")"; fi
    done
    compile_python=yes
}

# compile_python_packages: writes the byte code of what was installed, which pip does and uv does not, so that the first
# node does not have to. Beside the message build, whose configuration uses one core only.
compile_python_packages() {
    [ -n "${compile_python:-}" ] || return 0
    nice "$venv/bin/python" -m compileall -q -j 1 "$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \
        >/dev/null 2>&1 </dev/null 9>&- &
}
