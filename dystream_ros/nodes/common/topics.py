"""The topics of each node as relative names, for launch files and documentation. Imports no ROS."""

TOPICS: dict[str, tuple[str, ...]] = {
    "head": (
        "self/audio",
        "other/audio",
        "motion",
        "motion_layout",
        "image",
        "image/compressed",
        "status",
        "self/audio_aligned",
        "self/utterance",
    ),
    "microphone": ("audio",),
    "speaker": ("audio", "self/utterance"),
    "audio_file": ("self/audio", "other/audio", "motion"),
    "recorder": ("self/audio", "other/audio", "motion", "image", "image/compressed"),
    "display": ("motion", "motion_layout", "image", "image/compressed"),
    "terminal": ("motion", "status"),
    "actuators": (
        "motion",
        "motion_layout",
        "status",
        "emergency_stop",
        "joint_states",
        "joint_preview",
        "joint_mode",
        "facial_action_units",
        "expression_shown",
    ),
}
