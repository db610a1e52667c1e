"""dystream talk: a page in the browser to talk to the face, to be it, and to operate it.

Starts the nodes head, say and web, prints the address of the page and opens the browser where there is one. Ctrl-C ends
all of them. With --host 0.0.0.0 other machines and phones can open it too; they need the address as it is printed (also
as a QR code), which holds a token. The nodes use a ROS domain of their own, unless ROS_DOMAIN_ID is set.
"""

import argparse
import os
import sys
import tempfile
import time
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dystream_ros.cli.demo.processes import Child

EXAMPLES = """examples:
  dystream talk
  dystream talk --portrait mei
  dystream talk --host 0.0.0.0                      for phones and other machines of this network
  dystream talk --telepresence --camera /camera/image_raw
"""
_NODES = ("head", "say", "web")
_READ = 0.1  # s between looks at the log of web


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="TCP port (default %(default)s)")
    parser.add_argument("--portrait", metavar="NAME", help="a shipped name, or the path of a .face file")
    parser.add_argument("--model", metavar="NAME", help="name, .safetensors or model file (default compact)")
    parser.add_argument(
        "--size", type=int, default=512, metavar="PIXELS", help="size of the images (default %(default)s)"
    )
    parser.add_argument("--camera", default="", metavar="TOPIC", help="image topic that the telepresence operator sees")
    parser.add_argument(
        "--telepresence", action="store_true", help="the voice of the face is a microphone: no queue (self_mode live)"
    )
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="TLS certificate of your own (PEM)")
    parser.add_argument("--private-key", type=Path, metavar="FILE", help="its private key (PEM, no password)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def run(args: argparse.Namespace) -> int:
    """Runs the command until Ctrl-C.

    Raises:
        ModuleNotFoundError: a package or the ROS environment is missing.
        ValueError: an argument is not accepted.
        RuntimeError: head or web failed; the message has its last error.
    """
    from dystream_ros.cli.demo.conversation import require_ros
    from dystream_ros.cli.demo.domain import local_environment
    from dystream_ros.cli.demo.processes import Child, children

    require_ros()
    if bool(args.certificate) != bool(args.private_key):
        raise ValueError("--certificate and --private-key belong together: give both, or neither")
    environment = dict(os.environ) if os.environ.get("ROS_DOMAIN_ID") else local_environment()
    with tempfile.TemporaryDirectory(prefix="dystream_talk_") as folder, children() as started:
        logs = {name: Path(folder, f"{name}.log") for name in _NODES}
        for name, parameters in _parameters(args).items():
            started.append(Child(f"dystream_ros.nodes.{name}", _ros(parameters), environment, logs[name]))
        try:
            _serve(dict(zip(_NODES, started, strict=True)), logs["web"], browser=not args.no_browser)
        except KeyboardInterrupt:
            print("talk: ending", file=sys.stderr)
    return 0


def _parameters(args: argparse.Namespace) -> dict[str, dict[str, object]]:
    head: dict[str, object] = {"image_width": args.size, "image_height": args.size}
    web: dict[str, object] = {"host": args.host, "port": args.port, "camera": args.camera}
    if args.telepresence:
        head["self_mode"] = "live"
    head |= {name: value for name in ("portrait", "model") if (value := getattr(args, name))}
    if args.certificate:
        web |= {"certificate": args.certificate.resolve(), "private_key": args.private_key.resolve()}
    return {"head": head, "say": {}, "web": web}


def _ros(parameters: Mapping[str, object]) -> list[str]:
    arguments = ["--ros-args"]
    for name, value in parameters.items():
        # YAML: a text in quotation marks stays one, also if it is empty or looks like a number.
        quoted = "'" + str(value).replace("'", "''") + "'"
        arguments += ["-p", f"{name}:={value if isinstance(value, int) else quoted}"]
    return arguments


def _serve(nodes: Mapping[str, "Child"], log: Path, *, browser: bool) -> None:
    """Show what web prints, open the browser once, and watch the nodes. Raises RuntimeError when one has failed."""
    shown, silent = 0, False
    while True:
        text = log.read_text(errors="replace")
        fresh, shown = text[shown : text.rfind("\n") + 1], max(shown, text.rfind("\n") + 1)
        for line in fresh.splitlines():
            said = line.partition("]: ")[2] if line.startswith("[") else line
            print(said, file=sys.stderr)
            if said.startswith("open http"):
                print("talk: Ctrl-C ends it", file=sys.stderr)
                if browser and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
                    webbrowser.open(said.removeprefix("open "))
        for name in ("head", "web"):
            if nodes[name].exit_status is not None:
                raise RuntimeError(f"the node {name} ended: {nodes[name].last_error()}")
        if nodes["say"].exit_status is not None and not silent:
            silent = True
            print(f"talk: typed sentences are not spoken: {nodes['say'].last_error()}", file=sys.stderr)
        time.sleep(_READ)
