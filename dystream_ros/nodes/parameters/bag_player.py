"""Parameters of the `bag_player` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import parameter


@dataclass(frozen=True)
class BagPlayerSettings:
    bag: str = parameter("", "Bag of rosbag2: its folder, or an .mcap or .db3 file.")
    self_topic: str = parameter(
        "",
        "Topic of the bag that is published on self/audio. Empty: self/audio_aligned, else self/audio.",
    )
    other_topic: str = parameter("other/audio", "Topic of the bag that is published on other/audio.")
    pace: str = parameter(
        "real_time",
        "real_time: as recorded, `rate` times as fast. head: as fast as the head, at most `ahead` before its motion: "
        "no audio is lost in driven time.",
        choices=("real_time", "head"),
    )
    rate: float = parameter(1.0, "pace real_time: speed of the playback.", minimum=0.1, maximum=100.0)
    ahead: float = parameter(
        1.0,
        "pace head: longest audio that may be published ahead of the motion.",
        unit="s",
        minimum=0.2,
        maximum=10.0,
    )
    clock: bool = parameter(False, "Publish the time of the recording on /clock, for nodes with use_sim_time.")
    subscribers: int = parameter(
        1,
        "Number of subscribers on each topic before the first message is sent; 0 starts at once.",
        minimum=0,
        maximum=100,
    )
