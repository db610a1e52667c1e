#!/usr/bin/env bash
# Runs the tests; called by `make test`, which sets up what they need.
#
# usage: scripts/test.sh [PYTEST ARGUMENT...]
#
# With arguments: one pytest with these. Without: all tests, in four parts at once and one afterwards. The parts that
# start nodes leave the cores idle for most of their time, and the computing fills the gaps: its processes run only where
# nothing else does.
#
# | Part | Tests | Processes | Priority |
# | live | a head in real time, its page in a browser, sound devices | one | normal |
# | nodes | other nodes, commands and examples that start nodes | two | nice 10 |
# | soak | five minutes of voices, head and joints with one fault of each kind | | nice 5 |
# | computing | all others | as many as cores | idle |
# | load | a head beside programs that use all cores; afterwards | one | normal |
#
# The soak is `python -m benchmarks.soak --plan --light --minutes 5 --seed 2667`. The machine is busy with the tests, so
# lost speech, growth, grimaces, dead services and processes fail it, late recoveries do not.
#
# A head in real time beside three other parts on two slow cores may starve for seconds. So files with a failed test, and
# a failed soak, run a second time when all else has ended. What fails again fails the command; what does not is named.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/env.sh
pytest=(.venv/bin/python -m pytest)
[ $# -eq 0 ] || exec "${pytest[@]}" "$@"

live=(
    test/nodes/head test/nodes/microphone test/nodes/speaker test/nodes/sound_device test/nodes/say test/nodes/page
    test/nodes/audio_input/test_followed_voice.py test/nodes/web/test_page.py test/cli/demo
)
load=(test/nodes/head/test_head_load.py)
nodes=(test/nodes test/launch test/examples test/cli/test_talk.py)
idle=(chrt --idle 0)
"${idle[@]}" true 2>/dev/null || idle=(nice -n 19)

folder=build/tests
rm -rf $folder
mkdir -p $folder
parts=() status=0

# part NAME COMMAND...: starts a part whose output is shown when it has ended.
part() {
    "${@:2}" >$folder/"$1".txt 2>&1 &
    parts+=("$1:$!")
}

end_parts() {
    for each in "${parts[@]}"; do
        [ "${each%:*}" = soak ] && kill "${each#*:}" 2>/dev/null || kill -INT "${each#*:}" 2>/dev/null
    done
    wait
}
trap end_parts EXIT

# keep NAME: options of pytest that keep which tests of a part failed.
keep() { echo "-o cache_dir=$PWD/$folder/$1.cache"; }

soak=(
    .venv/bin/python -m benchmarks.soak --light --minutes 5 --seed 2667 --json $folder/soak.json --png $folder/soak.png
)

# failed_files: the test files of which a test failed, by the caches of all parts.
failed_files() {
    .venv/bin/python - $folder/*.cache/v/cache/lastfailed <<'END'
import json, pathlib, sys
failed = [name for path in map(pathlib.Path, sys.argv[1:]) if path.exists() for name in json.loads(path.read_text())]
print(*sorted({name.split("::")[0] for name in failed}), sep="\n")
END
}

part soak nice -n 5 "${soak[@]}"
part nodes nice -n 10 "${pytest[@]}" "${nodes[@]}" "${live[@]/#/--ignore=}" -n 2 --dist loadfile $(keep nodes)
part computing "${idle[@]}" "${pytest[@]}" "${nodes[@]/#/--ignore=}" "${live[@]/#/--ignore=}" \
    -n "$(nproc)" --dist loadfile $(keep computing)
"${pytest[@]}" "${live[@]}" "${load[@]/#/--ignore=}" $(keep live) | tee -i $folder/live.txt || status=$?
soak_failed=
for each in "${parts[@]}"; do
    name=${each%:*}
    wait "${each#*:}"
    ended=$?
    if [ "$name" != soak ]; then
        cat "$folder/$name.txt"
    elif [ $ended -eq 3 ]; then
        ended=0  # the machine was too busy to say
    elif [ $ended -ne 0 ]; then
        soak_failed=yes
        echo "the soak failed (status $ended): $folder/soak.txt"
        grep -E '^(growth|grimace|speech|services|processes|recovery|verdict|.*Error):' $folder/soak.txt
    fi
    status=$((ended > status ? ended : status))
done
parts=()
"${pytest[@]}" "${load[@]}" $(keep load) | tee -i $folder/load.txt
ended=$?
status=$((ended > status ? ended : status))
[ $status -ne 0 ] || exit 0

grep -hE '^(FAILED|ERROR) ' $folder/*.txt
mapfile -t again < <(failed_files)
[ -n "${again[0]}" ] || again=()
# Status 1: tests failed. Others say that a part could not run, or was stopped.
if [ $status -ne 1 ] || [ ${#again[@]} -gt 8 ] || [ -z "${again[*]}$soak_failed" ]; then
    exit $status
fi
echo "a second time, alone: ${again[*]} ${soak_failed:+the soak}"
status=0
if [ ${#again[@]} -gt 0 ]; then
    "${pytest[@]}" "${again[@]}" | tee -i $folder/again.txt || status=$?
fi
if [ -n "$soak_failed" ]; then
    "${soak[@]}" >$folder/soak_again.txt 2>&1
    ended=$?
    [ $ended -eq 0 ] || [ $ended -eq 3 ] || status=$ended
    tail -n 20 $folder/soak_again.txt
fi
[ $status -eq 0 ] && echo "failed beside the other parts, passed alone: ${again[*]} ${soak_failed:+the soak}" ||
    grep -hsE '^(FAILED|ERROR) ' $folder/again.txt
exit $status
