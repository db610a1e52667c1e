"""YAML with the line of each key and value."""

from dataclasses import dataclass, field

import yaml

Key = str | int
KeyPath = tuple[Key, ...]
_MOST_BITS = 64  # of an integer
_MOST_VALUES = 100_000  # of a document; its aliases count each time, as a text of 300 bytes may stand for billions


class MarkedYamlError(ValueError):
    """A text is not YAML, or a mapping has a key twice. `line` counts from 1."""

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text)
        self.line = line


@dataclass
class MarkedYaml:
    """A document, and the line (from 1) of each key by its path: ("joints", "jaw", "minimum") or ("list", 0)."""

    value: object = None
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def line(self, path: KeyPath) -> int:
        """Line of a key, or of the innermost part around it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_marked_yaml(text: str) -> MarkedYaml:
    """Read one document of plain YAML.

    Raises:
        MarkedYamlError: not YAML, a key that stands twice, or more values than a computer can hold.
    """
    marked = MarkedYaml()
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            if node is not None:
                if _size(node, {}) > _MOST_VALUES:
                    raise MarkedYamlError(f"more than {_MOST_VALUES} values, its aliases (*) included", 1)
                marked.value = _construct(loader, node, (), marked.lines)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as refused:
        mark = refused.problem_mark or refused.context_mark
        raise MarkedYamlError(refused.problem or str(refused), mark.line + 1 if mark else 1) from refused
    except yaml.YAMLError as refused:
        raise MarkedYamlError(" ".join(str(refused).split()), 1) from refused
    except RecursionError as refused:
        raise MarkedYamlError("nested too deeply", 1) from refused
    except (ValueError, OverflowError) as refused:  # of a number or a date that is none
        if isinstance(refused, MarkedYamlError):
            raise
        raise MarkedYamlError(f"a value cannot be read: {refused}", 1) from refused
    return marked


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Number of values of a node, with its aliases written out; `known` has those that were counted, by identity.

    Raises:
        MarkedYamlError: it holds itself.
    """
    if id(node) not in known:
        known[id(node)] = 0
        parts = node.value if isinstance(node, yaml.SequenceNode) else []
        if isinstance(node, yaml.MappingNode):
            parts = [part for pair in node.value for part in pair]
        known[id(node)] = 1 + sum(_size(part, known) for part in parts)
    if not known[id(node)]:
        raise MarkedYamlError("a value holds itself by an alias (*)", node.start_mark.line + 1)
    return known[id(node)]


def _construct(loader: yaml.SafeLoader, node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int]) -> object:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)
        result: dict[object, object] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise MarkedYamlError(f"the key {key!r} is not a text; write it in quotes", line)
            if key in result:
                raise MarkedYamlError(f"the key '{key}' stands twice, first in line {lines[(*path, key)]}", line)
            lines[(*path, key)] = line
            result[key] = _construct(loader, value_node, (*path, key), lines)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_construct(loader, item, (*path, index), lines) for index, item in enumerate(node.value)]
    value = loader.construct_object(node, deep=True)
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise MarkedYamlError(f"a number of {value.bit_length()} bits; accepted are {_MOST_BITS}", lines[path])
    return value
