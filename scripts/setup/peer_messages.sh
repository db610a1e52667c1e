# The message packages of others that the tests use, in build/peer_messages/WORKSPACE/install. For setup.sh.

# install_peer_messages TREE: writes, builds and installs the packages of $workspace, in the order of its table.
install_peer_messages() {
    local built=$1/build/peer_messages/$workspace package
    rm -rf "$built"
    mkdir -p "$built"
    for package in $("$1/.venv/bin/python" scripts/setup/peer_packages.py "$workspace" "$built/source"); do
        # Debug: the generated code is compiled, not used for speed.
        CMAKE_PREFIX_PATH=$built/install:${CMAKE_PREFIX_PATH:-} cmake -G Ninja -S "$built/source/$package" -B "$built/cmake/$package" -DCMAKE_BUILD_TYPE=Debug -DBUILD_TESTING=OFF \
            -DPython3_EXECUTABLE="$1/.venv/bin/python" -DCMAKE_INSTALL_PREFIX="$built/install" &&
            cmake --build "$built/cmake/$package" &&
            cmake --install "$built/cmake/$package" || return
    done
    rm -rf "$built/cmake"
}

build_peer_messages() {
    local workspace inputs
    inputs=$(cat scripts/setup/peer_packages.py scripts/setup/peer_messages.sh | sha256sum)
    for workspace in $("$venv/bin/python" scripts/setup/peer_packages.py --list); do
        stamped "peer_$workspace" "$inputs" "$ros" "$root" "$(pinned ros build)" &&
            [ -d "build/peer_messages/$workspace/install/share" ] && continue
        say "building the messages of $workspace, for the tests"
        with_plain_path install_peer_messages >"$log" 2>&1 </dev/null ||
            fail "the messages of $workspace could not be built: $(grep -iE 'error' "$log" | head -n 1) (the full output is in build/setup.log)"
        stamp "peer_$workspace" "$inputs" "$ros" "$root" "$(pinned ros build)"
    done
}
