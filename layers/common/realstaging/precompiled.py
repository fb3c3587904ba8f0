"""What libraries compile while they are imported, looked up in a file that the layer's build has written.

`dataclasses`, `collections.namedtuple` and `typing` write source text and compile it, `re` compiles patterns: together
a fifth of a cold start. What the file does not have is compiled as ever, and all of it where the file is another
Python's. What is set here in modules of the standard library replaces nothing that they define but the function that
`re` asks: the others are globals that come before a builtin of the same name.
"""

import _sre  # type: ignore[import-not-found]
import marshal
import re
from importlib._bootstrap_external import MAGIC_NUMBER
from typing import Any

# Of bytecode and of compiled patterns: what `marshal` and `_sre` of another version would misread.
VERSION: bytes = MAGIC_NUMBER + _sre.MAGIC.to_bytes(4, "little")


def use(file: str) -> None:
    """Called before anything else is imported. Without the file, or with another version's, nothing changes."""
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 (pathlib would compile patterns before this can help)
            data = stream.read()
    except FileNotFoundError:
        return
    if data.startswith(VERSION):
        _answer_from(*marshal.loads(data[len(VERSION) :]))  # noqa: S302 (a part of our own layer, as its .pyc files are)


def _answer_from(
    statements: dict[str, bytes], expressions: dict[str, bytes], patterns: dict[tuple[str | bytes, int], bytes]
) -> None:
    """By source text its code, by pattern and flags the arguments of `_sre.compile`, each unpacked when it is used."""
    compiler = vars(re)["_compiler"]
    compiled = compiler.compile

    def compile_pattern(pattern: Any, flags: int = 0) -> Any:
        found = patterns.get((pattern, int(flags))) if isinstance(pattern, str | bytes) else None
        return _sre.compile(pattern, *marshal.loads(found)) if found else compiled(pattern, flags)  # noqa: S302

    compiler.compile = compile_pattern

    import collections
    import dataclasses
    import typing

    def execute(source: str, namespace: dict[str, Any], local: dict[str, Any]) -> None:
        found = statements.get(source)
        exec(marshal.loads(found) if found else source, namespace, local)  # noqa: S102, S302

    def evaluate(source: str, namespace: dict[str, Any]) -> Any:
        found = expressions.get(source)
        return eval(marshal.loads(found) if found else source, namespace)  # noqa: S307, S302

    def compile_expression(source: str, name: str, mode: str) -> Any:
        found = expressions.get(source) if mode == "eval" else None
        return marshal.loads(found) if found else compile(source, name, mode, dont_inherit=True)  # noqa: S302

    vars(dataclasses)["exec"] = execute
    vars(collections)["eval"] = evaluate
    vars(typing)["compile"] = compile_expression
