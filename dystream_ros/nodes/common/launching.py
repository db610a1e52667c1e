"""Launch arguments of a node, made from its table of parameters and its topics, and the action that starts it.

An argument that is left empty leaves the parameter to the params file, and else to the node's default: a launch
argument with a default of its own would silently win over the file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import yaml
from launch import LaunchContext
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from dystream_ros.nodes.common.topics import TOPICS
from dystream_ros.nodes.parameters import PARAMETERS, Parameter
from dystream_ros.nodes.parameters.parameter import Value

NAMESPACE = DeclareLaunchArgument("namespace", default_value="", description="Namespace of the nodes and their topics.")


@dataclass(frozen=True)
class NodeLaunch:
    """One node of a launch file.

    Attributes:
        executable: which node.
        name: its name; empty for that of the executable.
        prefix: of the arguments for its parameters, where a launch file has several nodes.
        parameters: values for this launch file that differ from the defaults; an argument still wins.
        topics: what the launch file calls a topic of the node; the same topic of several nodes is one argument.
        node_options: further arguments of `launch_ros.actions.Node`, e.g. `condition` or `on_exit`.
    """

    executable: str
    name: str = ""
    prefix: str = ""
    parameters: Mapping[str, Value] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    node_options: Mapping[str, object] = field(default_factory=dict)

    def arguments(self) -> list[DeclareLaunchArgument]:
        """An argument for each parameter, `name` and `params_file`, with the prefix, and one for each topic."""
        name = self.name or self.executable
        declared = {f"{self.prefix}name": (name, f"Name of the node {name}.")}
        declared[f"{self.prefix}params_file"] = ("", f"YAML file of parameters of {name}.")
        for parameter in PARAMETERS[self.executable]:
            default = self.parameters.get(parameter.name, parameter.default)
            declared[self.prefix + parameter.name] = ("", _description(parameter, default))
        for topic in self._topics().values():
            declared[topic_argument(topic)] = (topic, f"Name of the topic {topic}.")
        return [
            DeclareLaunchArgument(argument, default_value=default, description=description)
            for argument, (default, description) in declared.items()
        ]

    def action(self) -> OpaqueFunction:
        """Starts the node with what the arguments say."""
        return OpaqueFunction(function=self._nodes)

    def _nodes(self, context: LaunchContext) -> list[Node]:
        def given(argument: str) -> str:
            return LaunchConfiguration(self.prefix + argument).perform(context)

        parameters = dict(self.parameters)
        for parameter in PARAMETERS[self.executable]:
            text = given(parameter.name)
            if text:
                parameters[parameter.name] = typed(parameter, text)
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
                namespace=LaunchConfiguration("namespace"),
                parameters=[*([file] if file else []), *([parameters] if parameters else [])],
                remappings=[(topic, name) for topic, name in remappings if name != topic],
                output="screen",
                **self.node_options,
            )
        ]

    def _topics(self) -> dict[str, str]:
        return {topic: self.topics.get(topic, topic) for topic in TOPICS[self.executable]}


def launch_entities(nodes: Iterable[NodeLaunch], *others: object) -> list[object]:
    """What a launch description of these nodes holds: arguments, each once, then `others`, then the nodes' actions."""
    arguments = {NAMESPACE.name: NAMESPACE}
    for node in nodes:
        for argument in node.arguments():
            arguments.setdefault(argument.name, argument)
    return [*arguments.values(), *others, *(node.action() for node in nodes)]


def topic_argument(topic: str) -> str:
    """The launch argument that names a topic: self/audio -> self_audio_topic."""
    return topic.replace("/", "_") + "_topic"


def typed(parameter: Parameter, text: str) -> Value:
    """The value of a launch argument in the type of its parameter.

    Raises:
        ValueError: the text is no accepted value; says what is.
    """
    return parameter.check(text if parameter.type is str else yaml.safe_load(text))


def _description(parameter: Parameter, default: Value) -> str:
    return f"{parameter.description} Accepted: {parameter.accepted}; when left empty: {default!r}."
