"""Writes message packages of others as sources, for tests against the real types. For setup.sh.

usage: peer_packages.py WORKSPACE FOLDER    writes FOLDER/<package>, and prints the names of the packages
       peer_packages.py --list              prints the names of the workspaces

The packages are not on PyPI. Their fields are facts of their interfaces; two of them share a name, so each has a
workspace of its own.
"""

import sys
from pathlib import Path

# By workspace and package, in the order of building: packages that its interfaces use, and the fields of
# each message, service or action; "---" separates the parts of the latter two, of which an action has three.
WORKSPACES: dict[str, dict[str, tuple[tuple[str, ...], dict[str, tuple[str, ...]]]]] = {
    # https://github.com/ros-drivers/audio_common, REP-155
    "ros_drivers": {
        "audio_common_msgs": (
            ("std_msgs",),
            {
                "AudioData": ("uint8[] data",),
                "AudioDataStamped": ("std_msgs/Header header", "audio_common_msgs/AudioData audio"),
                "AudioInfo": (
                    "uint8 channels",
                    "uint32 sample_rate",
                    "string sample_format",
                    "uint32 bitrate",
                    "string coding_format",
                ),
            },
        )
    },
    # https://github.com/mgonzs13/audio_common
    "mgonzs13": {
        "audio_common_msgs": (
            ("std_msgs", "action_msgs"),
            {
                "AudioData": (
                    "float32[] float32_data",
                    "int32[] int32_data",
                    "int16[] int16_data",
                    "int8[] int8_data",
                    "uint8[] uint8_data",
                ),
                "AudioInfo": ("int32 format", "int32 channels", "int32 rate", "int32 chunk"),
                "Audio": ("audio_common_msgs/AudioData audio_data", "audio_common_msgs/AudioInfo info"),
                "AudioStamped": ("std_msgs/Header header", "audio_common_msgs/Audio audio"),
                "TTS": (
                    "string text",
                    'string language "en"',
                    "float32 volume 1.0",
                    "float32 rate 1.0",
                    "---",
                    "string text",
                    "---",
                    "audio_common_msgs/AudioStamped audio",
                ),
            },
        )
    },
    # https://github.com/ros4hri: hri_msgs, and the skills of its draft REP
    "ros4hri": {
        "hri_msgs": (
            ("std_msgs",),
            {
                "IdsList": ("std_msgs/Header header", "string[] ids"),
                "NormalizedRegionOfInterest2D": (
                    "std_msgs/Header header",
                    "float32 xmin",
                    "float32 ymin",
                    "float32 xmax",
                    "float32 ymax",
                    "float32 c",
                ),
                "Expression": (
                    "std_msgs/Header header",
                    "string expression",
                    "float32 valence",
                    "float32 arousal",
                    "float32 confidence",
                ),
                "FacialActionUnits": ("std_msgs/Header header", "float32[99] intensity", "float32[99] confidence"),
            },
        ),
        "std_skills": (
            (),
            {
                "Meta": (
                    "uint8 LOWEST_PRIORITY=0",
                    "uint8 NORMAL_PRIORITY=128",
                    "uint8 HIGHEST_PRIORITY=255",
                    "string caller",
                    "uint8 priority",
                ),
                "Result": (
                    "uint8 ROS_ENOERR=0",
                    "uint8 ROS_EINTR=4",
                    "uint8 ROS_EBADMSG=74",
                    "uint8 ROS_ECANCELED=125",
                    "uint8 ROS_ENOTSUP=134",
                    "uint8 ROS_EOTHER=255",
                    "uint8 error_code",
                    "string error_msg",
                ),
                "Feedback": ("bool data_bool", "uint16 data_int", "float32 data_float", "string data_str"),
            },
        ),
        "interaction_skills": (
            ("geometry_msgs", "hri_msgs", "std_skills", "action_msgs"),
            {
                "SetExpression": ("std_skills/Meta meta", "hri_msgs/Expression expression"),
                "LookAt": (
                    "std_skills/Meta meta",
                    'string RANDOM="random"',
                    'string TRACKING="tracking"',
                    'string SOCIAL="social"',
                    'string GLANCE="glance"',
                    'string AUTO="auto"',
                    'string RESET="reset"',
                    "string policy",
                    "geometry_msgs/PointStamped target",
                    "---",
                    "std_skills/Result result",
                    "---",
                    "std_skills/Feedback feedback",
                ),
            },
        ),
        "communication_skills": (
            ("std_skills", "action_msgs"),
            {
                "Say": (
                    "std_skills/Meta meta",
                    "string person_id",
                    "string group_id",
                    "string input",
                    "---",
                    "std_skills/Result result",
                    "---",
                    "std_skills/Feedback feedback",
                ),
            },
        ),
    },
    # hri_msgs as a fork for robots with visemes has it, read by vizij_face_bridge
    "visemes": {
        "hri_msgs": (
            ("std_msgs",),
            {
                "Expression": (
                    "std_msgs/Header header",
                    "string expression",
                    "float32 valence",
                    "float32 arousal",
                    "float32 confidence",
                ),
                "Viseme": ("uint8 value", "float32 time", "float32 duration"),
                "Visemes": ("hri_msgs/Viseme[] visemes",),
            },
        )
    },
    # https://github.com/ros-perception/vision_msgs
    "vision": {
        "vision_msgs": (
            ("std_msgs", "geometry_msgs"),
            {
                "Point2D": ("float64 x", "float64 y"),
                "Pose2D": ("vision_msgs/Point2D position", "float64 theta"),
                "BoundingBox2D": ("vision_msgs/Pose2D center", "float64 size_x", "float64 size_y"),
                "BoundingBox3D": ("geometry_msgs/Pose center", "geometry_msgs/Vector3 size"),
                "ObjectHypothesis": ("string class_id", "float64 score"),
                "ObjectHypothesisWithPose": (
                    "vision_msgs/ObjectHypothesis hypothesis",
                    "geometry_msgs/PoseWithCovariance pose",
                ),
                "Detection2D": (
                    "std_msgs/Header header",
                    "vision_msgs/ObjectHypothesisWithPose[] results",
                    "vision_msgs/BoundingBox2D bbox",
                    "string id",
                ),
                "Detection3D": (
                    "std_msgs/Header header",
                    "vision_msgs/ObjectHypothesisWithPose[] results",
                    "vision_msgs/BoundingBox3D bbox",
                    "string id",
                ),
                "Detection2DArray": ("std_msgs/Header header", "vision_msgs/Detection2D[] detections"),
                "Detection3DArray": ("std_msgs/Header header", "vision_msgs/Detection3D[] detections"),
            },
        )
    },
    # https://github.com/ros2/geometry2: what tf2's broadcasters publish on /tf and /tf_static
    "geometry2": {
        "tf2_msgs": (("geometry_msgs",), {"TFMessage": ("geometry_msgs/TransformStamped[] transforms",)}),
    },
    # https://github.com/ros2/rcl_interfaces: launch_ros imports it
    "composition": {
        "composition_interfaces": (
            ("rcl_interfaces",),
            {
                "LoadNode": (
                    "string package_name",
                    "string plugin_name",
                    "string node_name",
                    "string node_namespace",
                    "uint8 log_level",
                    "string[] remap_rules",
                    "rcl_interfaces/Parameter[] parameters",
                    "rcl_interfaces/Parameter[] extra_arguments",
                    "---",
                    "bool success",
                    "string error_message",
                    "string full_node_name",
                    "uint64 unique_id",
                )
            },
        )
    },
}

_CMAKE = """\
cmake_minimum_required(VERSION 3.20)
project({package} LANGUAGES C CXX)
find_package(ament_cmake REQUIRED)
find_package(rosidl_default_generators REQUIRED)
{finds}
# For nodes in Python: without the generators of C++ messages, which take half of the time.
list(FILTER AMENT_EXTENSIONS_rosidl_generate_idl_interfaces EXCLUDE REGEX "_cpp:")
rosidl_generate_interfaces(${{PROJECT_NAME}} {messages} {dependencies})
ament_package()
"""
_MANIFEST = """\
<?xml version="1.0"?>
<package format="3">
  <name>{package}</name>
  <version>0.0.0</version>
  <description>Interfaces of {package} for tests.</description>
  <maintainer email="nobody@example.com">nobody</maintainer>
  <license>Apache-2.0</license>
  <buildtool_depend>ament_cmake</buildtool_depend>
  <buildtool_depend>rosidl_default_generators</buildtool_depend>
{depends}
  <member_of_group>rosidl_interface_packages</member_of_group>
</package>
"""


def write_package(package: str, dependencies: tuple[str, ...], messages: dict[str, tuple[str, ...]], to: Path) -> None:
    """Write an interface package into the folder `to`, which is made."""
    kinds = {name: ("msg", "srv", "action")[fields.count("---")] for name, fields in messages.items()}
    paths = {name: f"{kind}/{name}.{kind}" for name, kind in kinds.items()}
    for name, fields in messages.items():
        path = to / paths[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(fields) + "\n")
    finds = "\n".join(f"find_package({each} REQUIRED)" for each in dependencies)
    files = " ".join(paths.values())
    text = _CMAKE.format(
        package=package,
        finds=finds,
        messages=files,
        dependencies=" ".join(("DEPENDENCIES", *dependencies) if dependencies else ()),
    )
    (to / "CMakeLists.txt").write_text(text)
    depends = "\n".join(f"  <depend>{each}</depend>" for each in dependencies)
    (to / "package.xml").write_text(_MANIFEST.format(package=package, depends=depends))


def main(arguments: list[str]) -> int:
    """The command line; returns the exit status."""
    if arguments == ["--list"]:
        sys.stdout.write("\n".join(WORKSPACES) + "\n")
        return 0
    workspace, folder = arguments
    for package, (dependencies, messages) in WORKSPACES[workspace].items():
        write_package(package, dependencies, messages, Path(folder, package))
        sys.stdout.write(f"{package}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
