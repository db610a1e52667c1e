"""The parameters of each node: one table that ties a ROS parameter to its field, type, range, unit and description.

Imports neither rclpy nor torch, so that launch files, documentation and tests can read the tables.
"""

from dystream_ros.nodes.parameters.actuators import ActuatorsSettings
from dystream_ros.nodes.parameters.attention import AttentionSettings
from dystream_ros.nodes.parameters.audio_file import AudioFileSettings
from dystream_ros.nodes.parameters.bag_player import BagPlayerSettings
from dystream_ros.nodes.parameters.bag_recorder import BagRecorderSettings
from dystream_ros.nodes.parameters.display import DisplaySettings
from dystream_ros.nodes.parameters.head import HeadSettings
from dystream_ros.nodes.parameters.microphone import MicrophoneSettings
from dystream_ros.nodes.parameters.parameter import Dataclass, Parameter, table
from dystream_ros.nodes.parameters.recorder import RecorderSettings
from dystream_ros.nodes.parameters.say import SaySettings
from dystream_ros.nodes.parameters.simulated_head import SimulatedHeadSettings
from dystream_ros.nodes.parameters.skills import SkillsSettings
from dystream_ros.nodes.parameters.speaker import SpeakerSettings
from dystream_ros.nodes.parameters.terminal import TerminalSettings
from dystream_ros.nodes.parameters.web import WebSettings

SETTINGS: dict[str, type[Dataclass]] = {
    "head": HeadSettings,
    "microphone": MicrophoneSettings,
    "speaker": SpeakerSettings,
    "audio_file": AudioFileSettings,
    "bag_player": BagPlayerSettings,
    "recorder": RecorderSettings,
    "bag_recorder": BagRecorderSettings,
    "display": DisplaySettings,
    "terminal": TerminalSettings,
    "actuators": ActuatorsSettings,
    "attention": AttentionSettings,
    "say": SaySettings,
    "skills": SkillsSettings,
    "web": WebSettings,
    "simulated_head": SimulatedHeadSettings,
}

PARAMETERS: dict[str, tuple[Parameter, ...]] = {name: table(settings) for name, settings in SETTINGS.items()}
