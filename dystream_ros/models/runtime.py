"""How the step of a live session is computed."""

from dataclasses import dataclass

BACKENDS = ("auto", "onnx", "torch")
PROVIDERS = ("cpu", "cuda", "tensorrt")


@dataclass(frozen=True)
class Runtime:
    """Preparation of a model for a live session; a family ignores what it does not have.

    Attributes:
        backend: "onnx" (ONNX Runtime) or "torch"; "auto" is ONNX Runtime where the model has a graph or can be
            exported, else PyTorch.
        provider: device of ONNX Runtime: "cpu", "cuda" or "tensorrt".
        threads: CPU threads of the step, 1 or more.
        together: number of sessions, each in a thread of its own, that are stepped as one batch where their frames come
            at the same time; 0: each alone.
        window: longest time that one of them waits for others, s.

    Raises:
        ValueError: a value is not accepted.
    """

    backend: str = "auto"
    provider: str = "cpu"
    threads: int = 1
    together: int = 0
    window: float = 0.0

    def __post_init__(self) -> None:
        for name, accepted in (("backend", BACKENDS), ("provider", PROVIDERS)):
            if getattr(self, name) not in accepted:
                raise ValueError(f"{name} is {getattr(self, name)!r}; accepted are {', '.join(accepted)}")
        if self.threads < 1:
            raise ValueError(f"threads is {self.threads}; accepted are 1 and more")
