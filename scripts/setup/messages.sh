# The ROS messages of this package, generated, built and installed into build/ros/install. For setup.sh.

# Run from a copy of links outside the folder that holds .venv: CMake refuses to export targets whose include folders
# (NumPy's) lie in the source folder.
MESSAGE_SOURCES=(CMakeLists.txt package.xml msg scripts launch config dystream_ros)

build_messages() {
    local built=$root/build/ros inputs cmake=$venv/bin/cmake
    inputs=$(cat CMakeLists.txt package.xml scripts/node.in msg/*.msg scripts/setup/messages.sh | sha256sum)
    stamped messages "$inputs" "$ros" "$root" "$(pinned ros build)" && [ -d "$built/install/share/dystream_ros" ] && return
    say "building the ROS messages"
    rm -rf "$built/source" "$built/cmake" "$built/install.new"
    mkdir -p "$built/source"
    local source
    for source in "${MESSAGE_SOURCES[@]}"; do ln -s "$root/$source" "$built/source/$source"; done
    (
        export VIRTUAL_ENV=$venv PATH=$venv/bin:$PATH
        if [ "$ros" = wheels ]; then export AMENT_PREFIX_PATH=$venv CMAKE_PREFIX_PATH=$venv; fi
        "$cmake" -G Ninja -S "$built/source" -B "$built/cmake" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF \
            -DPython3_EXECUTABLE="$venv/bin/python" -DCMAKE_INSTALL_PREFIX="$built/install" &&
            "$cmake" --build "$built/cmake" &&
            # Not the component `python`: in the source tree the Python package is used where it is.
            # Nodes may be running from the former ones: those are replaced at once.
            "$cmake" --install "$built/cmake" --component Unspecified --prefix "$built/install.new"
    ) >"$log" 2>&1 </dev/null ||
        fail "the ROS messages could not be built: $(grep -iE 'error' "$log" | head -n 1) (all of it is in build/setup.log)"
    rm -rf "$built/install"
    mv "$built/install.new" "$built/install"
    stamp messages "$inputs" "$ros" "$root" "$(pinned ros build)"
}
