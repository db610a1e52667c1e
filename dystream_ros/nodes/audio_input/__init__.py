"""Audio messages of any supported type, as blocks of samples of one party.

Each message type has a file of its own with its adapter, e.g. `audio_chunk`. A new type is such a file and an entry in
`AUDIO_TYPES` here and in `ADAPTERS` in `adapter`.
"""

# Values of the parameter `audio_type`, with the ROS message type of each; this table needs no ROS.
#
# Two packages are called audio_common_msgs: that of ros-drivers has AudioData and AudioDataStamped, that of mgonzs13
# AudioStamped. Only one of them can be installed.
AUDIO_TYPES = {
    "audio_chunk": "dystream_ros/msg/AudioChunk",
    "audio_data": "audio_common_msgs/msg/AudioData",
    "audio_data_stamped": "audio_common_msgs/msg/AudioDataStamped",
    "audio_stamped": "audio_common_msgs/msg/AudioStamped",
    "int16_multi_array": "std_msgs/msg/Int16MultiArray",
}
