# Requirements of the machine: a supported ROS or a processor with ROS wheels, disk space, Debian packages. For setup.sh.

# ros_source: prints the sourced distribution's name, or "wheels".
ros_source() {
    case "${ROS_DISTRO:-}" in
        "") echo wheels ;;
        jazzy | lyrical) echo "$ROS_DISTRO" ;;
        *) fail "ROS $ROS_DISTRO is sourced; use Jazzy or Lyrical, or a shell without a sourced ROS (it is then installed from wheels)." ;;
    esac
}

check_machine() {
    [ "$(uname -s)" = Linux ] || fail "this is $(uname -s); dystream_ros runs on Linux."
    [ "$ros" != wheels ] || [ "$(uname -m)" = x86_64 ] ||
        fail "ROS wheels exist for x86_64 only and this machine is $(uname -m): install and source ROS Jazzy or Lyrical first."
    [ -x "$venv/bin/python" ] && [ -d "$venv/stamps" ] && return
    local free needed=2 hint=""
    [[ " ${parts[*]} " != *" torch "* ]] || { needed=4 hint=", about 9 GB with the CUDA build of torch"; }
    free=$(df -Pk . | awk 'NR == 2 {print int($4 / 1048576)}')
    [ "$free" -ge "$needed" ] || fail "only ${free} GB are free in $root; setup needs $needed GB$hint."
}

# Without a pipe into grep -q: it exits early, and pipefail would report an installed library as missing.
has_library() { grep -q "^[[:space:]]*$1 " <<<"$libraries"; }
has_file() { compgen -G "$1" >/dev/null; }
# has_header HEADER [FOLDER]: whether the C++ compiler finds it, also in FOLDER.
has_header() { c++ -E -x c++ ${2:+-I "$2"} - <<<"#include <$1>" >/dev/null 2>&1; }

# missing_python_headers: prints the Debian package with the C headers of the Python in use, which the message build needs,
# if they are missing. A Python that is not Debian's has its headers beside it.
missing_python_headers() {
    local python=$venv/bin/python
    [ -x "$python" ] || python=$(choose_python 2>/dev/null) || return 0  # without a Python, make_venv ends with a sentence
    "$python" - <<'PYTHON'
import os, sys, sysconfig
if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
    version = "python%d.%d" % sys.version_info[:2]
    default = os.path.basename(os.path.realpath("/usr/bin/python3"))
    print("python3-dev" if version == default else version + "-dev")
PYTHON
}

# missing_browser: prints the Debian packages of a browser and its driver, for the tests of the page, if one is missing.
# Ubuntu's have other names, and are a snap, which cannot be installed in a container.
missing_browser() {
    command -v chromedriver >/dev/null && { command -v chromium || command -v google-chrome || command -v chromium-browser; } >/dev/null && return
    if grep -qs '^ID=ubuntu' /etc/os-release; then echo chromium-browser chromium-chromedriver; else echo chromium chromium-driver; fi
}

# missing_packages: prints the Debian packages whose files are missing.
missing_packages() {
    local libraries
    libraries=$(ldconfig -p 2>/dev/null) || true
    command -v c++ >/dev/null || echo g++
    has_library libEGL.so.1 || echo libegl1
    has_library libGL.so.1 || echo libgl1
    has_file '/usr/lib/*/dri/*_dri.so' || has_file '/usr/lib*/dri/*_dri.so' || echo libgl1-mesa-dri
    has_library libgthread-2.0.so.0 || echo libglib2.0-0
    has_library libportaudio.so.2 || echo libportaudio2
    [ "$ros" != wheels ] || missing_python_headers
    if [ "$(uname -m)" != x86_64 ]; then  # moderngl is built from source
        has_header X11/Xlib.h || echo libx11-dev
        has_header Python.h "$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("include"))' 2>/dev/null)" ||
            echo python3-dev
    fi
    if [[ " ${parts[*]} " == *" test "* ]]; then
        command -v pulseaudio >/dev/null || echo pulseaudio
        command -v pactl >/dev/null || echo pulseaudio-utils
        command -v Xvfb >/dev/null || echo xvfb
        missing_browser
        has_file '/usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so' || echo libasound2-plugins
    fi
    if [[ " ${parts[*]} " == *" train "* ]]; then
        local speech
        for speech in espeak-ng flite festival; do command -v "$speech" >/dev/null || echo "$speech"; done
        for speech in festvox-{kdlpc16k,kallpc16k,us-slt-hts,ru,suopuhe-lj,suopuhe-mv,ca-ona-hts}; do has_file "/usr/share/doc/$speech" || echo "$speech"; done
    fi
}

# install_system_packages: installs the Debian packages that are missing, beside what follows; `await_system_packages`
# waits for it. Under a distribution wheels may be built from source: then it waits itself.
install_system_packages() {
    local missing
    missing=$(PATH=$PATH:/sbin:/usr/sbin missing_packages | xargs)
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null ||
        fail "the files of these Debian packages are missing; install the packages that hold them on your system: $missing"
    [ "$(id -u)" = 0 ] || fail "Debian packages are missing; run: sudo apt-get install $missing"
    say "installing Debian packages: $missing"
    apt_install "$missing" &
    debian=$!
    trap await_system_packages EXIT  # an interrupted apt-get would leave packages half installed
    [ "$ros" = wheels ] || await_system_packages
}

# await_system_packages: ends with the status of the installation, whose sentence it has printed, if it failed.
await_system_packages() {
    local running=${debian:-}
    debian=""
    [ -z "$running" ] || wait "$running" || exit 1
}

# apt_install PACKAGES: their names in one text.
apt_install() {
    local missing log=$root/build/setup-debian.log
    # shellcheck disable=SC2086 -- a list of words
    { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $1 ||
        { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $1; }
    } >"$log" 2>&1 </dev/null ||
        fail "apt-get could not install $1 (no network?); its output is in build/setup-debian.log."
    missing=$(PATH=$PATH:/sbin:/usr/sbin missing_packages | xargs)
    [ -z "$missing" ] || fail "the files of these Debian packages are still missing after their installation: $missing"
}
