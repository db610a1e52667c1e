"""Writes message packages of others as sources, for tests against the real types. For setup.sh.

usage: peer_packages.py WORKSPACE FOLDER    writes FOLDER/<package>, and prints the names of the packages
       peer_packages.py --list              prints the names of the workspaces

The packages are not on PyPI. Their fields are facts of their interfaces; two of them share a name, so each has a
workspace of its own.
"""

import sys
from pathlib import Path

# By workspace and package, in the order of building: packages that its interfaces use, and the fields of
# each message or service; those of a service's response follow "---".
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
            ("std_msgs",),
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
            },
        )
    },
    # https://github.com/ros4hri/hri_msgs
    "ros4hri": {
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
                "FacialActionUnits": ("std_msgs/Header header", "float32[99] intensity", "float32[99] confidence"),
            },
        )
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
rosidl_generate_interfaces(${{PROJECT_NAME}} {messages} DEPENDENCIES {dependencies})
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
    paths = {name: f"srv/{name}.srv" if "---" in fields else f"msg/{name}.msg" for name, fields in messages.items()}
    for name, fields in messages.items():
        path = to / paths[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(fields) + "\n")
    finds = "\n".join(f"find_package({each} REQUIRED)" for each in dependencies)
    files = " ".join(paths.values())
    text = _CMAKE.format(package=package, finds=finds, messages=files, dependencies=" ".join(dependencies))
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
