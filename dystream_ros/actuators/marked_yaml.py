"""YAML with the line of each key and value."""

from dataclasses import dataclass, field

import yaml

Key = str | int
KeyPath = tuple[Key, ...]


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
        MarkedYamlError: not YAML, or a key that stands twice.
    """
    marked = MarkedYaml()
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            if node is not None:
                marked.value = _construct(loader, node, (), marked.lines)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as refused:
        mark = refused.problem_mark or refused.context_mark
        raise MarkedYamlError(refused.problem or str(refused), mark.line + 1 if mark else 1) from refused
    except yaml.YAMLError as refused:
        raise MarkedYamlError(" ".join(str(refused).split()), 1) from refused
    return marked


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
    return loader.construct_object(node, deep=True)
