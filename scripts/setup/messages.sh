# The ROS messages of this package: generated, built and installed into build/ros/install. For setup.sh.

# Built from a folder of links outside the folder that holds .venv: CMake refuses to export targets whose include folders
# (NumPy's) lie in the source folder.
MESSAGE_SOURCES=(CMakeLists.txt package.xml msg srv scripts launch config dystream_ros)

# with_plain_path COMMAND: runs COMMAND with a path of the tree that CMake and rosidl can handle, in the environment of
# the message build. They split texts at spaces and at characters outside ASCII: the tree is then reached through a link.
with_plain_path() {
    local tree=$root links="" status=0
    if LC_ALL=C grep -q '[^A-Za-z0-9/._+-]' <<<"$root"; then
        links=$(mktemp -d /tmp/dystream_ros.XXXXXX) || fail "/tmp cannot be written; the message build needs a link there."
        tree=$links/tree
        ln -s "$root" "$tree"
    fi
    (
        export PATH=$tree/.venv/bin:$PATH
        if [ "$ros" = wheels ]; then export AMENT_PREFIX_PATH=$tree/.venv CMAKE_PREFIX_PATH=$tree/.venv; fi
        "$1" "$tree"
    ) || status=$?
    [ -z "$links" ] || rm -r "$links"
    return $status
}

# configure_messages TREE: runs CMake.
configure_messages() {
    local built=$1/build/ros source
    rm -rf "$built/source" "$built/cmake" "$built/install.new"
    mkdir -p "$built/source"
    for source in "${MESSAGE_SOURCES[@]}"; do ln -s "$1/$source" "$built/source/$source"; done
    cmake -G Ninja -S "$built/source" -B "$built/cmake" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DPYTHON_MESSAGES=ON \
        -DPython3_EXECUTABLE="$1/.venv/bin/python" -DNODE_PYTHON="$venv/bin/python" -DCMAKE_INSTALL_PREFIX="$built/install"
}

# install_messages TREE: configures, builds and installs into build/ros/install.new.
install_messages() {
    local built=$1/build/ros
    # Not the component `python`: in the source tree the Python package is used in place.
    configure_messages "$1" &&
        cmake --build "$built/cmake" &&
        cmake --install "$built/cmake" --component Unspecified --prefix "$built/install.new" || return
    # Paths through the link end with it.
    [ "$1" = "$root" ] || { grep -rlIZ "$1" "$built/install.new" || true; } | xargs -0r sed -i "s|$1|${root//[&|\\]/\\&}|g"
}

build_messages() {
    local built=$root/build/ros inputs
    inputs=$(cat CMakeLists.txt package.xml scripts/command.in msg/*.msg srv/*.srv scripts/setup/messages.sh | sha256sum)
    stamped messages "$inputs" "$ros" "$root" "$(pinned ros build)" && [ -d "$built/install/share/dystream_ros" ] && return
    say "building the ROS messages"
    with_plain_path install_messages >"$log" 2>&1 </dev/null ||
        fail "the ROS messages could not be built: $(grep -iE 'error' "$log" | head -n 1) (the full output is in build/setup.log)"
    # Running nodes use the present installation: the new one replaces it in one step.
    rm -rf "$built/install"
    mv "$built/install.new" "$built/install"
    stamp messages "$inputs" "$ros" "$root" "$(pinned ros build)"
}
