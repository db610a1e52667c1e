"""Packages that a plain installation lacks, and the extra of setup.py that brings each."""

import importlib.util

# Name of the import: name of the extra in setup.py.
EXTRAS = {
    "huggingface_hub": "released",
    "matplotlib": "demo",
    "mediapipe": "portrait",
    "mujoco": "robot",
    "openfacefx": "evaluate",
    "piper": "evaluate",
    "rosbags": "bag",
    "onnx": "export",
    "onnx_ir": "export",
    "onnxscript": "export",
    "wonderwords": "lab",
}


def require(package: str, purpose: str) -> None:
    """Checks that a package is installed.

    Args:
        package: name of the import.
        purpose: subject of the message, such as "preparing a portrait".
    Raises:
        ModuleNotFoundError: the package is not installed; the message names the command that installs it.
    """
    if importlib.util.find_spec(package) is None:
        raise ModuleNotFoundError(f"{purpose} needs the package {package}; {_how_to_install(package)}", name=package)


def explained(error: ModuleNotFoundError) -> str:
    """The text of an import error on one line; for a missing package, with the command that installs it."""
    text, package = " ".join(str(error).split()), (error.name or "").partition(".")[0]
    if not text.startswith("No module named"):
        return text
    return f"the package {package} is not installed; {_how_to_install(package)}"


def _how_to_install(package: str) -> str:
    if package == "torch":
        # The index of PyTorch first: without it, pip brings CUDA along, 6 GB.
        return (
            "in the checkout: make setup PARTS=torch, or without ROS: "
            "pip install torch --index-url https://download.pytorch.org/whl/cpu"
        )
    # The command installs from the checkout: on a package index, the name `dystream_ros` may belong to someone else.
    extra = EXTRAS.get(package)
    return f"in the checkout: pip install '.[{extra}]'" if extra else "in the checkout: pip install ."
