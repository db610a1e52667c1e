"""Launch arguments of a node, made from its table of parameters and its topics, and the action that starts it.

ROS launch has one flat scope: an included file sees every argument of the file that includes it, and takes the value of
one that has the same name. Each argument here therefore begins with the name of its node (`head_model`), and one that
several nodes share with `face_` (`face_namespace`) or the party (`self_audio_topic`).

An argument that is empty leaves the parameter to the params file, and otherwise to the default of the node: a launch
argument with a default of its own would override the file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import yaml
from launch import LaunchContext, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from dystream_ros.nodes.common.topics import TOPICS
from dystream_ros.nodes.parameters import PARAMETERS, Parameter
from dystream_ros.nodes.parameters.parameter import Value

NAMESPACE = "face_namespace"


@dataclass(frozen=True)
class NodeLaunch:
    """One node of a launch file.

    Attributes:
        executable: executable of the node.
        name: default name of the node, and prefix of its arguments; empty for the name of the executable.
        parameters: values for this launch file that differ from the defaults of the node; an argument overrides them.
        topics: name in the launch file of a topic of the node; topics with the same name share one argument.
        node_options: further arguments of `launch_ros.actions.Node`, e.g. `condition` or `on_exit`.
    """

    executable: str
    name: str = ""
    parameters: Mapping[str, Value] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    node_options: Mapping[str, object] = field(default_factory=dict)

    def arguments(self) -> list[DeclareLaunchArgument]:
        """`<node>_name`, `<node>_params_file`, one argument per parameter and one per topic."""
        name = self.name or self.executable
        declared = {
            self.argument("name"): (name, f"Name of the node {name}."),
            self.argument("params_file"): ("", f"YAML file of parameters of {name}."),
        }
        for parameter in PARAMETERS[self.executable]:
            default = self.parameters.get(parameter.name, parameter.default)
            declared[self.argument(parameter.name)] = ("", _description(parameter, default))
        for topic in self._topics().values():
            declared[topic_argument(topic)] = (topic, f"Name of the topic {topic}.")
        return [
            DeclareLaunchArgument(argument, default_value=default, description=description)
            for argument, (default, description) in declared.items()
        ]

    def argument(self, name: str) -> str:
        """The launch argument of a parameter of this node: model -> head_model."""
        return f"{self.name or self.executable}_{name}"

    def action(self) -> OpaqueFunction:
        """Starts the node with the values of its arguments."""
        return OpaqueFunction(function=self._nodes)

    def _nodes(self, context: LaunchContext) -> list[Node]:
        def given(name: str) -> str:
            return LaunchConfiguration(self.argument(name)).perform(context)

        parameters = dict(self.parameters)
        for parameter in PARAMETERS[self.executable]:
            text = given(parameter.name)
            if text:
                parameters[parameter.name] = typed(parameter, text, self.argument(parameter.name))
        file = given("params_file")
        remappings = [
            (topic, LaunchConfiguration(topic_argument(common)).perform(context))
            for topic, common in self._topics().items()
        ]
        return [
            Node(
                package="dystream_ros",
                executable=self.executable,
                name=given("name"),
                namespace=LaunchConfiguration(NAMESPACE),
                parameters=[*([file] if file else []), *([parameters] if parameters else [])],
                remappings=[(topic, name) for topic, name in remappings if name != topic],
                output="screen",
                **self.node_options,
            )
        ]

    def _topics(self) -> dict[str, str]:
        return {topic: self.topics.get(topic, topic) for topic in TOPICS[self.executable]}


def launch_entities(nodes: Iterable[NodeLaunch], *others: LaunchDescriptionEntity) -> list[LaunchDescriptionEntity]:
    """The entities of a launch description of these nodes: arguments, each once, then `others`, then the actions."""
    namespace = DeclareLaunchArgument(
        NAMESPACE, default_value="", description="Namespace of the nodes of this launch file and of their topics."
    )
    arguments = {namespace.name: namespace}
    for node in nodes:
        for argument in node.arguments():
            arguments.setdefault(argument.name, argument)
    return [*arguments.values(), *others, *(node.action() for node in nodes)]


def topic_argument(topic: str) -> str:
    """The launch argument that names a topic: self/audio -> self_audio_topic, image -> face_image_topic."""
    of_a_party = topic.startswith(("self/", "other/"))
    return ("" if of_a_party else "face_") + topic.replace("/", "_") + "_topic"


def typed(parameter: Parameter, text: str, argument: str) -> Value:
    """The value of a launch argument in the type of its parameter.

    Raises:
        ValueError: the text is not an accepted value; the message names the argument and what is accepted.
    """
    try:
        return parameter.check(text if parameter.type is str else yaml.safe_load(text))
    except (ValueError, yaml.YAMLError) as refused:
        raise ValueError(f"launch argument {argument}:={text}: accepted is {parameter.accepted}") from refused


def _description(parameter: Parameter, default: Value) -> str:
    return f"{parameter.description} Accepted: {parameter.accepted}; when left empty: {default!r}."
