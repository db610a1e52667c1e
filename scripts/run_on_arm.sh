#!/usr/bin/env bash
# Steps the model `compact` and draws one picture on emulated Arm (qemu, aarch64), with the pins of requirements.txt, and
# compares both with this machine's. Takes about ten minutes; run as root on Debian or Ubuntu:
#
#   apt-get install qemu-user-static mmdebstrap
#   scripts/run_on_arm.sh [FOLDER]      FOLDER keeps the Arm system for the next time (default: /tmp/dystream_arm)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=${1:-/tmp/dystream_arm}
system=$folder/system

fail() { printf 'run_on_arm: %s\n' "$*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "root is needed to change into the Arm system"
for command in qemu-aarch64-static mmdebstrap; do
    command -v "$command" >/dev/null || fail "$command is missing: apt-get install qemu-user-static mmdebstrap"
done
[ -x .venv/bin/python ] || fail "run 'make setup' first: this machine's motion and picture are computed in .venv"

# The kernel starts programs for Arm with qemu once the file of qemu-user-static is registered.
if ! [ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]; then
    [ -e /proc/sys/fs/binfmt_misc/register ] || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
    cat /usr/lib/binfmt.d/qemu-aarch64.conf >/proc/sys/fs/binfmt_misc/register
fi

mkdir -p "$folder"
# Headers and compiler: moderngl has no wheels for Arm, so pip builds it (scripts/setup/machine.sh asks for the same).
[ -e "$system/usr/bin/python3" ] ||
    mmdebstrap --variant=minbase --architectures=arm64 \
        --include=python3,python3-venv,python3-dev,g++,libx11-dev,libegl1,libgl1,libgl1-mesa-dri,libglib2.0-0,ca-certificates \
        bookworm "$system" http://deb.debian.org/debian
cp /etc/resolv.conf "$system/etc/"
cp -L --remove-destination /etc/ssl/certs/ca-certificates.crt "$system/etc/ssl/certs/"

in_arm() {
    chroot "$system" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 PIP_CERT=/etc/ssl/certs/ca-certificates.crt "$@"
}

# What a robot without a screen and sound devices of its own needs: part run, and NumPy and OpenCV, which a distribution brings.
awk '/^# == /{take = $3 == "run"} take && !/^#/' requirements.txt >"$system/root/requirements.txt"
grep -E '^(numpy|opencv-python)==' requirements.txt >>"$system/root/requirements.txt"
[ -e "$system/root/venv/bin/pip" ] || in_arm python3 -m venv /root/venv
in_arm /root/venv/bin/pip install --no-input --disable-pip-version-check --prefer-binary -r /root/requirements.txt

rm -rf "$system/root/dystream_ros"
mkdir "$system/root/dystream_ros"
git ls-files -z -- dystream_ros scripts | xargs -0 cp --parents -t "$system/root/dystream_ros"
rm -f "$system"/root/output.*

(source scripts/env.sh && .venv/bin/python scripts/step_and_picture.py "$folder/here.npz")
in_arm /root/venv/bin/python /root/dystream_ros/scripts/step_and_picture.py /root/output.npz
cp "$system/root/output.npz" "$folder/arm.npz"
cp "$system/root/output.png" "$folder/arm.png"
.venv/bin/python scripts/step_and_picture.py --compare "$folder/here.npz" "$folder/arm.npz"
echo "pictures: $folder/here.png, $folder/arm.png"
