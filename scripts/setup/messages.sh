# The ROS messages of this package: generated, built and installed into build/ros/install. For setup.sh.

# Built from a folder of links outside the folder that holds .venv: CMake refuses to export targets whose include folders
# (NumPy's) lie in the source folder.
MESSAGE_SOURCES=(CMakeLists.txt package.xml msg scripts launch config dystream_ros)

# plain_path FOLDER: prints a path of FOLDER that CMake and rosidl can handle. They split texts at characters outside
# ASCII and at spaces; a folder with such a path is reached through a link in $link_folder, which build_messages removes.
plain_path() {
    local LC_ALL=C
    case $1 in
        *[!A-Za-z0-9/._+-]*) ln -sfn "$1" "$link_folder/tree" && echo "$link_folder/tree" ;;
        *) echo "$1" ;;
    esac
}

# configure_messages FOLDER: runs CMake for the tree in FOLDER, whose path is plain.
configure_messages() {
    local built=$1/build/ros source
    rm -rf "$built/source" "$built/cmake" "$built/install.new"
    mkdir -p "$built/source"
    for source in "${MESSAGE_SOURCES[@]}"; do ln -s "$1/$source" "$built/source/$source"; done
    "$1/.venv/bin/cmake" -G Ninja -S "$built/source" -B "$built/cmake" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF \
        -DPython3_EXECUTABLE="$1/.venv/bin/python" -DNODE_PYTHON="$venv/bin/python" \
        -DCMAKE_INSTALL_PREFIX="$built/install"
}

build_messages() {
    local built=$root/build/ros inputs link_folder
    inputs=$(cat CMakeLists.txt package.xml scripts/command.in msg/*.msg scripts/setup/messages.sh | sha256sum)
    stamped messages "$inputs" "$ros" "$root" "$(pinned ros build)" && [ -d "$built/install/share/dystream_ros" ] && return
    say "building the ROS messages"
    link_folder=$(mktemp -d /tmp/dystream_ros.XXXXXX) || fail "/tmp cannot be written; the message build needs it."
    (
        tree=$(plain_path "$root")
        cmake=$tree/.venv/bin/cmake
        export PATH=$tree/.venv/bin:$PATH
        if [ "$ros" = wheels ]; then export AMENT_PREFIX_PATH=$tree/.venv CMAKE_PREFIX_PATH=$tree/.venv; fi
        configure_messages "$tree" &&
            "$cmake" --build "$tree/build/ros/cmake" &&
            # Not the component `python`: in the source tree the Python package is used in place.
            # Running nodes use the present installation: the new one replaces it in one step.
            "$cmake" --install "$tree/build/ros/cmake" --component Unspecified --prefix "$built/install.new" &&
            { grep -rlIZ "$link_folder" "$built/install.new" || true; } | xargs -0r sed -i "s|$tree|${root//[&|\\]/\\&}|g"
    ) >"$log" 2>&1 </dev/null ||
        { rm -rf "$link_folder"; fail "the ROS messages could not be built: $(grep -iE 'error' "$log" | head -n 1) (the full output is in build/setup.log)"; }
    rm -rf "$link_folder" "$built/install"
    mv "$built/install.new" "$built/install"
    stamp messages "$inputs" "$ros" "$root" "$(pinned ros build)"
}
