"""Typed access to the modules of a container: PyTorch types them all as `Module`."""

from collections.abc import Iterable
from typing import TypeVar, cast

from torch import nn

Kind = TypeVar("Kind", bound=nn.Module)


def modules_of(container: Iterable[nn.Module], kind: type[Kind]) -> list[Kind]:
    """The modules of a container in which all are of one kind; `kind` is for the type checker and is not checked."""
    return cast("list[Kind]", list(container))
