"""Reading what the Go service read: .env files and its YAML, each value with the place where it stands."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tools.convert_go_config.known import variable

# A name, then a value: in single quotes, in double quotes (both may span lines), or up to the end of the line.
ENTRY = re.compile(
    r"""[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.]*)[ \t]*=[ \t]*
    (?:'(?P<single>[^']*)'|"(?P<double>(?:\\.|[^"\\])*)"|(?P<plain>[^'"\n][^\n]*)?)[ \t]*(?:\#[^\n]*)?(?:\n|\Z)""",
    re.VERBOSE | re.DOTALL,
)
NOTHING = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
COMMENT = re.compile(r"(?:^|\s)#.*")
REFERENCE = re.compile(r"\$\{\w+[^}]*\}")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


class SourceError(Exception):
    """A file that cannot be read as what it should be. Says where, never what stands there: it may be a secret."""


@dataclass(frozen=True)
class Found:
    """A variable of the Go service. Its value stays out of every representation."""

    name: str
    value: str = field(repr=False)
    file: Path
    line: int

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def in_yaml(self) -> bool:
        return _is_yaml(self.file)

    @property
    def refers(self) -> bool:
        """`${…}`: the Go service took it as it stands."""
        return bool(REFERENCE.search(self.value))

    @property
    def given(self) -> str:
        return "" if self.refers else self.value.strip()


@dataclass(frozen=True)
class Sources:
    found: dict[str, Found]
    replaced: tuple[tuple[Found, Found], ...]  # a value that did not count, and the one that did


def read(files: Sequence[Path]) -> Sources:
    """The Go service's order: YAML files as given, then the environment; what comes later counts."""
    found: dict[str, Found] = {}
    replaced: list[tuple[Found, Found]] = []
    for file in sorted(files, key=lambda file: not _is_yaml(file)):
        for each in _from_yaml(file) if _is_yaml(file) else _from_env(file):
            earlier = found.get(each.name)
            if earlier:
                replaced.append((earlier, each))
            found[each.name] = each
    return Sources(found, tuple(replaced))


def _is_yaml(file: Path) -> bool:
    return file.suffix.lower() in (".yml", ".yaml")


def _text(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{file}: not a text file (UTF-8).") from error
    except OSError as error:
        raise SourceError(f"{file}: {(error.strerror or 'cannot be read').lower()}.") from error
    if text.startswith("$ANSIBLE_VAULT"):
        raise SourceError(f"{file}: encrypted. Decrypt it first: ansible-vault decrypt --output FILE {file}")
    return text


def _from_env(file: Path) -> Iterator[Found]:
    text, at, line = _text(file), 0, 1
    while at < len(text):
        entry = ENTRY.match(text, at)
        taken = entry or NOTHING.match(text, at)
        if taken is None:
            raise SourceError(f"{file}:{line}: neither NAME=value nor a comment; or a quote that is never closed.")
        if entry:
            yield Found(entry["name"], _unquoted(entry), file, line)
        line += taken[0].count("\n")
        at = taken.end()


def _unquoted(entry: re.Match[str]) -> str:
    if entry["single"] is not None:
        return entry["single"]
    if entry["double"] is not None:
        return re.sub(r"\\(.)", lambda escape: ESCAPES.get(escape[1], escape[1]), entry["double"], flags=re.DOTALL)
    return COMMENT.sub("", entry["plain"] or "").strip()


def _from_yaml(file: Path) -> Iterator[Found]:
    text = _text(file)
    try:
        # Composed, not loaded: lines are known, and every value stays the text that it is.
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SourceError(f"{file}{line}: not valid YAML.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise SourceError(f"{file}: not valid YAML.") from error
    if root is None:
        return
    for section, inside in _pairs(root, file):
        for key, value in _pairs(inside, file):
            null = value.tag == "tag:yaml.org,2002:null"
            if isinstance(value, yaml.ScalarNode):
                name = variable(section.value, key.value)
                yield Found(name, "" if null else value.value, file, key.start_mark.line + 1)
            else:
                yield Found(f"{section.value}.{key.value}", "", file, key.start_mark.line + 1)


def _pairs(node: yaml.Node, file: Path) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    """A mapping's entries; an empty section has none."""
    if isinstance(node, yaml.ScalarNode) and not node.value:
        return []
    if not isinstance(node, yaml.MappingNode) or not all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
        raise SourceError(
            f"{file}:{node.start_mark.line + 1}: expected sections such as `auth0:` with keys below them."
        )
    return list(node.value)
