"""Parameters of the `viewer` node."""

from dataclasses import dataclass

from dystream_ros.nodes.parameters.parameter import parameter


@dataclass(frozen=True)
class ViewerSettings:
    window: bool = parameter(False, "Show the images in a window; needs a display.")
    status_file: str = parameter("", "JSON file that gets the last status of the head when the node ends.")
