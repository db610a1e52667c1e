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

part soak nice -n 5 .venv/bin/python -m benchmarks.soak --light --minutes 5 --seed 2667 --json $folder/soak.json \
    --png $folder/soak.png
part nodes nice -n 10 "${pytest[@]}" "${nodes[@]}" "${live[@]/#/--ignore=}" -n 2 --dist loadfile
part computing "${idle[@]}" "${pytest[@]}" "${nodes[@]/#/--ignore=}" "${live[@]/#/--ignore=}" \
    -n "$(nproc)" --dist loadfile
"${pytest[@]}" "${live[@]}" "${load[@]/#/--ignore=}" | tee -i $folder/live.txt || status=$?
for each in "${parts[@]}"; do
    name=${each%:*}
    wait "${each#*:}"
    ended=$?
    if [ "$name" != soak ]; then
        cat "$folder/$name.txt"
    elif [ $ended -eq 3 ]; then
        ended=0  # the machine was too busy to say
    elif [ $ended -ne 0 ]; then
        echo "the soak failed (status $ended): $folder/soak.txt"
        grep -E '^(growth|grimace|speech|services|processes|recovery|verdict|.*Error):' $folder/soak.txt
    fi
    status=$((ended > status ? ended : status))
done
parts=()
"${pytest[@]}" "${load[@]}" | tee -i $folder/load.txt
ended=$?
status=$((ended > status ? ended : status))
[ $status -eq 0 ] || grep -hE '^(FAILED|ERROR) ' $folder/*.txt
exit $status
