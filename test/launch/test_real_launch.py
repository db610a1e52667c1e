"""The launch files under ROS's own launch; skipped where it is not installed, as with ROS from wheels."""

from pathlib import Path

import pytest

launch = pytest.importorskip("launch", reason="launch comes with a ROS distribution only")
pytest.importorskip("launch_ros", reason="launch_ros comes with a ROS distribution only")
FOLDER = Path(__file__).parents[2] / "launch"


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.launch.py")), ids=lambda path: path.name)
def test_launch_lists_the_arguments(file):
    from launch.launch_description_sources import get_launch_description_from_python_launch_file

    description = get_launch_description_from_python_launch_file(str(file))
    arguments = {argument.name: argument for argument in description.get_launch_arguments()}
    assert {"namespace", "model", "self_audio_topic"} <= set(arguments)
    assert "one of 'paced', 'driven'" in arguments["time_mode"].description


def test_head_starts_with_its_arguments_and_ends_with_the_launch(tmp_path):
    from launch.actions import IncludeLaunchDescription, RegisterEventHandler, TimerAction
    from launch.event_handlers import OnProcessExit, OnProcessIO
    from launch.events import Shutdown
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    said, ended = [], []

    def on_output(event):
        said.append(event.text.decode())
        return launch.actions.EmitEvent(event=Shutdown()) if "jpeg_qualtiy" in "".join(said) else None

    # A misspelt key in the params file: the node names it, which shows that file and node met.
    parameters = tmp_path / "robot.yaml"
    parameters.write_text("/**:\n  ros__parameters:\n    jpeg_qualtiy: 50\n")
    head = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(FOLDER / "head.launch.py")),
        launch_arguments={"params_file": str(parameters), "autostart": "false", "namespace": "robot"}.items(),
    )
    service = launch.LaunchService(noninteractive=True)
    service.include_launch_description(
        launch.LaunchDescription(
            [
                RegisterEventHandler(OnProcessIO(on_stdout=on_output, on_stderr=on_output)),
                RegisterEventHandler(OnProcessExit(on_exit=lambda event, _: ended.append(event.process_name))),
                head,
                TimerAction(period=30.0, actions=[launch.actions.EmitEvent(event=Shutdown())]),
            ]
        )
    )
    service.run()
    assert "jpeg_qualtiy" in "".join(said)
    assert len(ended) == 1
