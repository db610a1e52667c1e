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
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetLaunchConfiguration
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from dystream_ros.assets import demo_conversation
from dystream_ros.files import regular_file
from dystream_ros.nodes.common.topics import TOPICS
from dystream_ros.nodes.parameters import PARAMETERS, Parameter
from dystream_ros.nodes.parameters.parameter import Value

NAMESPACE, RESPAWN, ENCLAVES = "face_namespace", "face_respawn", "face_enclaves"
_RESPAWN_DELAY = 2.0  # s
# s from SIGTERM, which follows SIGINT after 5 s, to SIGKILL: a node waits up to 20 s for a slow disk, launch for 5 s.
_LONGEST_END = "20"
_ENDING = ("audio_file", "recorder")  # they end when they are done, and are not started again
# Arguments that all nodes of a launch file share, with their defaults and descriptions.
_SHARED = {
    NAMESPACE: ("", "Namespace of the nodes of this launch file and of their topics."),
    RESPAWN: ("false", "true: a node that ends is started again after 2 s, for a robot that nobody watches."),
    ENCLAVES: (
        "",
        "Prefix of the SROS2 enclaves of the nodes, e.g. /dystream for /dystream/head; when left empty: no enclaves.",
    ),
}


@dataclass(frozen=True)
class NodeLaunch:
    """One node of a launch file.

    Attributes:
        executable: executable of the node.
        name: prefix of its arguments, and default name of a node without `namespace`; empty for the name of the
            executable.
        namespace: of the node, below that of the launch file; its topics are named from the latter: `left/motion`.
        enabled: default of the argument `<node>_enabled`, with which the node can be left out; None: it always starts.
        parameters: values for this launch file that differ from the defaults of the node; an argument overrides them.
        topics: name in the launch file of a topic of the node; topics with the same name share one argument.
        node_options: further arguments of `launch_ros.actions.Node`, e.g. `condition` or `on_exit`.
    """

    executable: str
    name: str = ""
    namespace: str = ""
    enabled: bool | None = None
    parameters: Mapping[str, Value] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    node_options: Mapping[str, object] = field(default_factory=dict)

    def arguments(self) -> list[DeclareLaunchArgument]:
        """`<node>_name`, `<node>_params_file`, one argument per parameter and one per topic, and `<node>_enabled`."""
        name = self.name or self.executable
        declared = {
            self.argument("name"): (self.executable if self.namespace else name, f"Name of the node {name}."),
            self.argument("params_file"): ("", f"YAML file of parameters of {name}."),
        }
        if self.enabled is not None:
            accepted = "true: the node is started; false: it is left out, or another takes its place."
            declared[self.argument("enabled")] = (str(self.enabled).lower(), accepted)
        for parameter in PARAMETERS[self.executable]:
            default = self.parameters.get(parameter.name, parameter.default)
            # A parameter `enabled` is that of the same argument: a node that is started with it works at once.
            declared.setdefault(self.argument(parameter.name), ("", _description(parameter, default)))
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

        if self.enabled is not None and not _is_true(given("enabled"), self.argument("enabled")):
            return []
        options = dict(self.node_options)
        if self.executable not in _ENDING and _is_true(LaunchConfiguration(RESPAWN).perform(context), RESPAWN):
            options |= {"respawn": True, "respawn_delay": _RESPAWN_DELAY}
        if enclaves := LaunchConfiguration(ENCLAVES).perform(context).rstrip("/"):
            options["ros_arguments"] = ["--enclave", f"{enclaves}/{given('name')}"]
        arguments = {}
        for parameter in PARAMETERS[self.executable]:
            text = given(parameter.name)
            if text:
                arguments[parameter.name] = typed(parameter, text, self.argument(parameter.name))
        file = self._params_file(given("params_file"))
        # Later ones override earlier ones: a file those of the launch file, an argument both.
        parameters = [self.parameters, file, arguments] if file else [{**self.parameters, **arguments}]
        shared = LaunchConfiguration(NAMESPACE).perform(context)
        remappings = [
            (topic, self._seen_from_node(LaunchConfiguration(topic_argument(common)).perform(context), shared))
            for topic, common in self._topics().items()
        ]
        return [
            Node(
                package="dystream_ros",
                executable=self.executable,
                name=given("name"),
                namespace="/".join(part for part in (shared.rstrip("/"), self.namespace) if part),
                parameters=[each for each in parameters if each],
                remappings=[(topic, name) for topic, name in remappings if name != topic],
                output="screen",
                sigkill_timeout=LaunchConfiguration("sigkill_timeout", default=_LONGEST_END),
                **options,
            )
        ]

    def _params_file(self, text: str) -> str:
        """The path of a params file; "" for none. launch itself would leave out a file that is missing.

        Raises:
            ValueError: there is no such file.
        """
        if not text:
            return ""
        path = regular_file(text)  # no shell replaces the tilde of head_params_file:=~/head.yaml
        if path is None:
            raise ValueError(f"launch argument {self.argument('params_file')}:={text}: accepted is a YAML file")
        return str(path)

    def _topics(self) -> dict[str, str]:
        inside = f"{self.namespace}/" if self.namespace else ""
        return {topic: self.topics.get(topic, inside + topic) for topic in TOPICS[self.executable]}

    def _seen_from_node(self, name: str, shared: str) -> str:
        """The name of a topic for a remapping: relative names are resolved in the node's own namespace."""
        if not self.namespace or name.startswith(("/", "~")):
            return name
        inside = name.removeprefix(f"{self.namespace}/")
        return inside if inside != name else "/" + "/".join(part for part in (shared.strip("/"), name) if part)


def launch_entities(nodes: Iterable[NodeLaunch], *others: LaunchDescriptionEntity) -> list[LaunchDescriptionEntity]:
    """The entities of a launch description of these nodes: arguments, each once, then `others`, then the actions."""
    arguments = {
        name: DeclareLaunchArgument(name, default_value=default, description=description)
        for name, (default, description) in _SHARED.items()
    }
    for node in nodes:
        for argument in node.arguments():
            arguments.setdefault(argument.name, argument)
    return [*arguments.values(), *others, *(node.action() for node in nodes)]


def shipped_conversation(player: NodeLaunch) -> OpaqueFunction:
    """Lets an `audio_file` node play the shipped conversation where no file is given."""

    def choose(context: LaunchContext) -> list[SetLaunchConfiguration]:
        files = [player.argument(name) for name in ("file", "self_file", "other_file")]
        if any(LaunchConfiguration(file).perform(context) for file in files):
            return []
        return [SetLaunchConfiguration(files[0], str(demo_conversation()))]

    return OpaqueFunction(function=choose)


def topic_argument(topic: str) -> str:
    """The launch argument that names a topic: self/audio -> self_audio_topic, image -> face_image_topic."""
    of_a_party = topic.startswith(("self/", "other/"))
    return ("" if of_a_party else "face_") + topic.replace("/", "_") + "_topic"


def _is_true(text: str, argument: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"launch argument {argument}:={text}: accepted is true or false")
    return text == "true"


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
