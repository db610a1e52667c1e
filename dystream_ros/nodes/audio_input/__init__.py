"""Audio messages of any supported type, as blocks of samples of one party.

Each message type has a file of its own with its adapter, e.g. `audio_chunk`. A new type is such a file and an entry in
`AUDIO_TYPES` here and in `ADAPTERS` in `adapter`.
"""

# Values of the parameter `audio_type`, with the ROS message type of each; this table needs no ROS.
AUDIO_TYPES = {"audio_chunk": "dystream_ros/msg/AudioChunk"}
