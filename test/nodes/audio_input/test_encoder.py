"""Blocks that are encoded as messages of each type, and read again."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from peer_messages import overlay

# A process of its own: two packages have one name, and this one has already imported none of them.
SCRIPT = """
import json, os, sys
import numpy as np
from dystream_ros.audio.block import AudioBlock
from dystream_ros.nodes.audio_input.adapter import ADAPTERS
from dystream_ros.nodes.audio_input.audio_info import info_topic
from dystream_ros.nodes.audio_input.described import InputContext, SourceFormat
from dystream_ros.nodes.audio_input.encoder import ENCODERS
name, context = sys.argv[1], InputContext(SourceFormat(48_000, 2), None, print)
sound = np.array([[0.0, 0.25], [-1.0, 1.0], [0.5, -0.5]], np.float32)
block = AudioBlock(7, 0, 48_000, 2, 5_000_000_123, sound)
encoder, adapter = ENCODERS[name](), ADAPTERS[name](context)
message = encoder.encode(block, "mouth")
if encoder.info is not None:
    adapter.describe(encoder.describe(block))
[read] = adapter.blocks(message)
end = encoder.encode(AudioBlock(7, 3, 48_000, 2, None, np.zeros(0, np.int16), True), "mouth")
print(json.dumps([read.data.tolist(), read.sample_rate, read.channels, read.stamp_ns, end is None]))
"""
WORKSPACES = {
    "audio_chunk": "mgonzs13",
    "audio_data": "ros_drivers",
    "audio_data_stamped": "ros_drivers",
    "audio_stamped": "mgonzs13",
    "int16_multi_array": "mgonzs13",
}


@pytest.mark.parametrize("audio_type", WORKSPACES)
def test_a_block_survives_each_message_type(audio_type):
    environment = os.environ | overlay(WORKSPACES[audio_type])
    command = [sys.executable, "-c", SCRIPT, audio_type]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    samples, rate, channels, stamp_ns, has_no_end = json.loads(result.stdout)
    np.testing.assert_array_equal(samples, [0, 8192, -32767, 32767, 16384, -16384])
    assert (rate, channels) == (48_000, 2)
    assert stamp_ns == (None if audio_type in ("audio_data", "int16_multi_array") else 5_000_000_123)
    assert has_no_end == (audio_type != "audio_chunk")
