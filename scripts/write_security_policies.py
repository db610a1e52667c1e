"""Writes config/security/policies.xml: what running nodes publish, subscribe to, answer and call.

Run it in an environment of the nodes (`source scripts/env.sh`) after a node has got a topic or a service.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import rclpy
from rclpy.node import Node

from dystream_ros.nodes.parameters import PARAMETERS

FILE = Path(__file__).parents[1] / "config" / "security" / "policies.xml"
DOMAIN, TIMEOUT, SETTLED = 87, 60.0, 3.0
# What a node needs to show all of its topics.
ARGUMENTS: dict[str, list[str]] = {
    "audio_file": ["-p", "self_file:=x.wav", "-p", "other_file:=x.wav", "-p", "subscribers:=9"],
    "actuators": ["-p", "calibration:=research_head"],
    "recorder": ["-p", f"output:={Path(tempfile.gettempdir(), 'policies.mp4')}"],
    "web": ["-p", "port:=8876"],
}
# Nodes that need a screen or a voice; the rest of their access is that of `terminal`.
DESCRIBED: dict[str, dict[str, set[str]]] = {
    "display": {"publish": set(), "subscribe": {"image", "image/compressed", "motion_layout"}},
    "say": {
        "publish": {"self/audio", "say/events", "say/saying", "say/heard"},
        "subscribe": {"say", "self/utterance"},
        "reply": {"~/interrupt"},
        "request": {"head/interrupt"},
    },
}
# Beside these, every node and the commands of a person (`control`, `ros2 param`, `ros2 lifecycle`) need:
OPERATOR = "operator"
HEADER = """Access of the nodes of dystream_ros, for SROS2: see docs/deployment.md. Written by
scripts/write_security_policies.py from running nodes in the namespace "/" with default names.
The enclave "operator" is for people: `control`, `ros2 param`, `ros2 topic echo`. """

Access = dict[tuple[str, str, str], set[str]]  # (list, attribute, element): names


def main() -> None:
    """Start one node after the other and write the file."""
    os.environ |= {"ROS_DOMAIN_ID": str(DOMAIN), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    rclpy.init(domain_id=DOMAIN)
    watcher = rclpy.create_node("watcher")
    accesses = {name: _access(watcher, name) for name in PARAMETERS if name not in DESCRIBED}
    for name, described in DESCRIBED.items():
        accesses[name] = _described(accesses["terminal"], described)
    rclpy.try_shutdown()
    services = set().union(*(access.get(("services", "reply", "service"), set()) for access in accesses.values()))
    topics = set().union(*(access.get(("topics", "publish", "topic"), set()) for access in accesses.values()))
    accesses[OPERATOR] = {
        ("topics", "publish", "topic"): {"rosout", "parameter_events", "say", "look_at", "expression", "gesture"},
        ("topics", "subscribe", "topic"): topics | {"clock"},
        ("services", "request", "service"): services,
    }
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(policies(accesses))
    print(f"wrote {FILE}: {len(accesses)} enclaves")


def policies(accesses: dict[str, Access]) -> str:
    """The policy file of these nodes."""
    root = ElementTree.Element("policy", version="0.2.0")
    root.append(ElementTree.Comment(f" {HEADER}"))
    enclaves = ElementTree.SubElement(root, "enclaves")
    for name, access in sorted(accesses.items()):
        enclave = ElementTree.SubElement(enclaves, "enclave", path=f"/dystream/{name}")
        # A person's commands have many names.
        names = ("control", "_ros2cli") if name == OPERATOR else (name,)
        profiles = ElementTree.SubElement(enclave, "profiles")
        for node in names:
            profile = ElementTree.SubElement(profiles, "profile", ns="/", node=node)
            for (kind, attribute, element), found in sorted(access.items()):
                allowed = ElementTree.SubElement(profile, kind, {attribute: "ALLOW"})
                for each in sorted(found):
                    ElementTree.SubElement(allowed, element).text = each
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _described(base: Access, described: dict[str, set[str]]) -> Access:
    access = {key: set(names) for key, names in base.items()}
    for attribute, names in described.items():
        kind = ("services", "service") if attribute in ("reply", "request") else ("topics", "topic")
        access.setdefault((kind[0], attribute, kind[1]), set()).update(names)
    return {key: names for key, names in access.items() if names}


def _access(watcher: Node, name: str) -> Access:
    command = [sys.executable, "-m", f"dystream_ros.nodes.{name}", "--ros-args", *ARGUMENTS.get(name, [])]
    process = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return _settled(watcher, name)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _settled(watcher: Node, name: str) -> Access:
    """The access of a node once it has not grown for `SETTLED` seconds."""
    end, found, since = time.monotonic() + TIMEOUT, {}, time.monotonic()
    while time.monotonic() < end:
        rclpy.spin_once(watcher, timeout_sec=0.2)
        now = _present(watcher, name)
        if now != found:
            found, since = now, time.monotonic()
        if found and time.monotonic() - since > SETTLED:
            return found
    raise RuntimeError(f"the node {name} did not appear within {TIMEOUT:g} s, or does not settle")


def _present(watcher: Node, name: str) -> Access:
    access: Access = defaultdict(set)
    for query, key in (
        (watcher.get_publisher_names_and_types_by_node, ("topics", "publish", "topic")),
        (watcher.get_subscriber_names_and_types_by_node, ("topics", "subscribe", "topic")),
        (watcher.get_service_names_and_types_by_node, ("services", "reply", "service")),
        (watcher.get_client_names_and_types_by_node, ("services", "request", "service")),
    ):
        try:
            names = {each for each, _ in query(name, "/")}
        except Exception:  # rclpy raises one of its own while the node is unknown
            return {}
        if key[1] == "subscribe":
            names.add("/clock")  # with use_sim_time
        access[key] |= {_relative(each, name) for each in names}
    return {key: names for key, names in access.items() if names}


def _relative(full: str, node: str) -> str:
    """As in a policy: names below the node begin with ~."""
    private = f"/{node}/"
    return f"~/{full.removeprefix(private)}" if full.startswith(private) else full.removeprefix("/")


if __name__ == "__main__":
    main()
