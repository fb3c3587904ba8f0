"""Writes what realstaging/precompiled.py reads: everything that libraries compile while our functions are imported.

    python layers/precompile.py FILE      (run by the layer's Makefile, with layers/common on the path)

Recorded by importing all of our package and every function here, with the libraries as they are installed here: the
layers' are the same versions, perhaps for another processor. A text that is not met here is compiled at the start.
"""

import _sre  # type: ignore[import-not-found]
import marshal
import os
import re
import sys
from types import CodeType, ModuleType
from typing import Any

# No more is imported here: what these modules compile is met before the recorder.
SOMEWHERE = "https://example.com/1/name"  # for every address that a function is given


class Recorder:
    """What has been compiled since `start`."""

    def __init__(self) -> None:
        self.statements: dict[str, bytes] = {}
        self.expressions: dict[str, bytes] = {}
        self.patterns: dict[tuple[str | bytes, int], bytes] = {}

    def start(self) -> None:
        """Patterns first: the modules below have some themselves."""
        compiler: Any = vars(re)["_compiler"]
        compiled, last = compiler.compile, _LastPattern()
        compiler._sre = last

        def compile_pattern(pattern: Any, flags: int = 0) -> Any:
            answer = compiled(pattern, flags)
            if isinstance(pattern, str | bytes):
                self.patterns[pattern, int(flags)] = marshal.dumps(last.arguments)
            return answer

        compiler.compile = compile_pattern

        import collections
        import dataclasses
        import typing

        def execute(source: str, namespace: dict[str, Any], local: dict[str, Any]) -> None:
            exec(self._kept(self.statements, source, "exec"), namespace, local)  # noqa: S102

        def evaluate(source: str, namespace: dict[str, Any]) -> Any:
            return eval(self._kept(self.expressions, source, "eval"), namespace)  # noqa: S307

        def compile_expression(source: str, _: str, mode: str) -> CodeType:
            return self._kept(self.expressions, source, mode)

        vars(dataclasses)["exec"] = execute
        vars(collections)["eval"] = evaluate
        vars(typing)["compile"] = compile_expression

    def write(self, file: str) -> None:
        from realstaging.precompiled import VERSION

        with open(file, "wb") as stream:  # noqa: PTH123 (pathlib compiles patterns that have to be met)
            stream.write(VERSION + marshal.dumps((self.statements, self.expressions, self.patterns)))

    def _kept(self, into: dict[str, bytes], source: str, mode: str) -> CodeType:
        code = compile(source, "<string>", mode, dont_inherit=True)
        into[source] = marshal.dumps(code)
        return code


class _LastPattern:
    """`_sre` as the compiler of patterns sees it; notes what it was asked, but for the pattern itself."""

    arguments: tuple[int, list[int], int, dict[str, int], tuple[str | None, ...]]

    def __getattr__(self, name: str) -> Any:
        return getattr(_sre, name)

    def compile(  # noqa: PLR0917 (as it is called)
        self,
        pattern: Any,
        flags: int,
        code: list[int],
        groups: int,
        by_name: dict[str, int],
        by_number: tuple[str | None, ...],
    ) -> Any:
        # The code has numbers with names, of a class of their own.
        self.arguments = int(flags), [int(each) for each in code], groups, dict(by_name), by_number
        return _sre.compile(pattern, flags, code, groups, by_name, by_number)


def import_everything() -> None:
    """Our package and the functions, in an environment that lets them be loaded."""
    import importlib
    import importlib.util
    import pkgutil
    from pathlib import Path

    import realstaging
    from realstaging import config

    known = {"STAGE": "local", "AWS_DEFAULT_REGION": "eu-central-1", "POWERTOOLS_SERVICE_NAME": "Precompile"}
    os.environ.update(known, AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none")  # noqa: S106
    config.required = lambda name: os.environ.get(name, SOMEWHERE)
    for module in pkgutil.walk_packages(realstaging.__path__, "realstaging."):
        importlib.import_module(module.name)
    for file in sorted(Path("functions").glob("*/handler.py")):
        spec = importlib.util.spec_from_file_location(f"{file.parent.name}_handler", file)
        assert spec
        assert spec.loader
        function: ModuleType = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(function)


if __name__ == "__main__":
    recorder = Recorder()
    recorder.start()
    import_everything()
    recorder.write(sys.argv[1])
