"""Compiles packages of a layer so that what they import is loaded where it is first used, not when they are.

    python layers/late_imports.py FOLDER PACKAGE…      (run by the layers' Makefiles, after compileall)

Large libraries import everything they could ever need: of botocore's and Powertools' modules an ordinary request uses
a third. Only the compiled files change: the sources beside them stay their authors', with the same lines in tracebacks,
and an interpreter that cannot use the compiled files reads those and is only slower. Python 3.15 can do this by itself
(PEP 810); then this file goes.

An import moves into the statements that use its name if nothing can tell the difference: only functions use the name,
no code binds it again, and the module is no dictionary to anybody (no `globals()`, nobody imports `*` from it). Whoever
asks the module for a moved name still gets it. In a `try` for what may be missing, an import moves if the layer has its
package. What stays: other imports in `if` and `try`, imports of modules by their dotted name and out of one's own
package (they are there for their effects), what annotations name, and modules that are always loaded.
"""

import ast
import importlib.util
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import CodeType
from typing import TypeGuard

# Loaded before any of them, or by all of them: moving these would only cost time in every call.
LOADED = frozenset(
    {"abc", "collections", "contextlib", "copy", "datetime", "enum", "functools", "io", "itertools", "json", "keyword"}
    | {"logging", "math", "operator", "os", "re", "sys", "threading", "time", "types", "typing", "warnings", "weakref"}
)
WHOLE = {"eval", "exec", "globals", "locals", "vars"}  # who uses these may look at any name
MISSING = {"ImportError", "ModuleNotFoundError"}
BLOCKS = ("body", "orelse", "finalbody")
UNCHECKED_HASH = 0b01  # PEP 552: the source is not looked at
Function = ast.FunctionDef | ast.AsyncFunctionDef
Import = ast.Import | ast.ImportFrom

# Appended to a module: the names that moved, for those who ask the module for them.
ANSWER = """
def __getattr__(name):
    if name in __late_imports__:
        exec(__late_imports__[name], globals())
        return globals()[name]
    if name in __late_modules__:
        return __import__("importlib").import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
"""


@dataclass
class Names:
    """What a module uses while it is loaded, and what it binds anywhere other than by its top imports."""

    used: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)

    def read(self, node: ast.AST) -> None:
        """A node outside of functions: of a function only its head."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.bound.add(node.name)
                for part in head(node):
                    self.read(part)
                self.bound |= bindings(node)
                return
            case ast.Import() | ast.ImportFrom():
                return
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                return
            case ast.ClassDef():
                self.bound.add(node.name)
            case ast.Name(id=name):
                (self.used if isinstance(node.ctx, ast.Load) else self.bound).add(name)
            case ast.Constant(value=str(text)):
                self.used.update(re.findall(r"\w+", text))  # an annotation may be a text
        for child in ast.iter_child_nodes(node):
            self.read(child)


def head(function: Function) -> Iterator[ast.AST]:
    """What is evaluated when a function is defined."""
    yield from function.decorator_list
    yield function.args
    if function.returns:
        yield function.returns


def bindings(function: Function) -> set[str]:
    """Every name that a function, or one inside it, binds or declares."""
    found: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.arg(arg=name):
                found.add(name)
            case ast.Import() | ast.ImportFrom():
                found |= {bound_by(alias) for alias in node.names}
            case ast.Global() | ast.Nonlocal():
                found.update(node.names)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(node.name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found.add(name)
            case ast.MatchMapping(rest=str(name)):
                found.add(name)
    return found - {function.name} if function.name not in _inner(function) else found


def _inner(function: Function) -> set[str]:
    nested = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in ast.walk(function) if isinstance(node, nested) and node is not function}


def bound_by(alias: ast.alias) -> str:
    return alias.asname or alias.name.split(".")[0]


class Mover:
    """Puts the moved imports before the statements of functions that use their names."""

    def __init__(self, moved: dict[str, Callable[[], Import]]) -> None:
        self._moved = moved

    def module(self, body: list[ast.stmt]) -> None:
        """Statements that run when the module is loaded."""
        for statement in body:
            if isinstance(statement, Function):
                statement.body = self._block(statement.body, frozenset())
            else:
                for block in blocks(statement):
                    self.module(block)

    def _block(self, body: list[ast.stmt], there: Set[str]) -> list[ast.stmt]:
        """`there`: what is imported already on every way to here."""
        done: list[ast.stmt] = []
        for statement in body:
            needed = (evaluated(statement) & self._moved.keys()) - there
            done += [ast.copy_location(self._moved[name](), statement) for name in sorted(needed)]
            there = there | needed
            self._inside(statement, there)
            done.append(statement)
        return done

    def _inside(self, statement: ast.stmt, there: Set[str]) -> None:
        if isinstance(statement, ast.ClassDef):
            self.module(statement.body)  # what its body itself uses, `evaluated` has said
            return
        known = frozenset() if isinstance(statement, Function) else there
        for block in blocks(statement):
            block[:] = self._block(block, known)


def blocks(statement: ast.AST) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement, handlers and cases included."""
    for name in BLOCKS:
        if block := getattr(statement, name, None):
            yield block
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield from blocks(part)


def evaluated(statement: ast.stmt) -> set[str]:
    """The names that a statement itself uses, without those in its blocks; of a class also those of its body."""
    found: set[str] = set()

    def look(node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            found.add(node.id)
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.stmt):
                look(child)

    if isinstance(statement, Function):
        for part in head(statement):
            look(part)
    elif isinstance(statement, ast.ClassDef):
        return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    else:
        look(statement)
    return found


def with_late_imports(tree: ast.Module, submodules: Set[str] = frozenset(), there: Set[str] = frozenset()) -> list[str]:
    """Move what can be moved; returns the names. `submodules`: of the package that this is; `there`: what the layer
    has, which no `try` needs to try."""
    if _is_looked_through(tree):
        return []
    names = Names()
    for statement in tree.body:
        names.read(statement)
    tops = [(tree.body, statement) for statement in tree.body if isinstance(statement, Import)]
    tops += [(block, statement) for block in _tried(tree) for statement in block if _is_there(statement, there)]
    times = Counter(bound_by(alias) for statement in _loading(tree) for alias in statement.names)
    in_functions = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    moved: dict[str, Callable[[], Import]] = {}
    for block, statement in tops:
        for alias in list(statement.names):
            name = bound_by(alias)
            only_for_its_effects = isinstance(statement, ast.Import) and name not in in_functions
            if name in names.used | names.bound | submodules or times[name] > 1 or only_for_its_effects:
                continue
            if _stays(statement, alias):
                continue
            moved[name] = _importing(statement, alias)
            statement.names.remove(alias)
        if not statement.names:
            block[block.index(statement)] = ast.copy_location(ast.Pass(), statement)
    if not moved:
        return []
    Mover(moved).module(tree.body)
    _append_answer(tree, moved, submodules)
    return sorted(moved)


def _tried(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    """The blocks of those statements that look whether something can be imported."""
    for statement in tree.body:
        match statement:
            case ast.Try(handlers=[ast.ExceptHandler(type=ast.Name(id=name))]) if name in MISSING:
                yield statement.body


def _is_there(statement: ast.stmt, there: Set[str]) -> TypeGuard[Import]:
    match statement:
        case ast.Import(names=[alias]):
            return alias.name.split(".")[0] in there
        case ast.ImportFrom(module=str(module), level=0):
            return module.split(".")[0] in there
    return False


def _loading(node: ast.AST) -> Iterator[Import]:
    """The imports that are made while the module is loaded, wherever they stand."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Import):
            yield child
        elif not isinstance(child, Function):
            yield from _loading(child)


def _is_looked_through(tree: ast.Module) -> bool:
    """Somebody reads its names other than by their names, or it answers for them itself."""
    methods = {id(each) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for each in node.body}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in WHOLE or name == "__getattr__":
                return True
            case ast.FunctionDef(name="__getattr__") if id(node) not in methods:
                return True
            case ast.alias() if bound_by(node) == "__getattr__":
                return True
    return False


def _stays(statement: Import, alias: ast.alias) -> bool:
    if isinstance(statement, ast.Import):
        return ("." in alias.name and not alias.asname) or alias.name.split(".")[0] in LOADED
    outside = (statement.module or "").split(".")[0]
    return not statement.module or alias.name == "*" or (not statement.level and outside in LOADED | {"__future__"})


def _importing(statement: Import, alias: ast.alias) -> Callable[[], Import]:
    """A new node each time: they get places of their own."""
    if isinstance(statement, ast.Import):
        return lambda: ast.Import([ast.alias(alias.name, alias.asname)])
    module, level = statement.module, statement.level
    return lambda: ast.ImportFrom(module, [ast.alias(alias.name, alias.asname)], level)


def _append_answer(tree: ast.Module, moved: dict[str, Callable[[], Import]], submodules: Set[str]) -> None:
    imports = {name: ast.unparse(ast.fix_missing_locations(make())) for name, make in moved.items()}
    # An import out of a submodule also makes that an attribute of its package.
    through = {part for each in imports.values() for part in re.findall(r"\w+", each)} & submodules
    text = f"__late_imports__ = {imports!r}\n__late_modules__ = {sorted(through)!r}\n{ANSWER}"
    last = max((getattr(statement, "lineno", 1) for statement in tree.body), default=1)
    for statement in ast.parse(text).body:
        for node in ast.walk(statement):
            if hasattr(node, "lineno"):
                node.lineno = node.end_lineno = last  # type: ignore[attr-defined]
        tree.body.append(statement)


# -- a folder of packages ---------------------------------------------------------------------------


def module_name(folder: Path, file: Path) -> str:
    return ".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")


def emptied(folder: Path, files: Iterable[Path]) -> set[str]:
    """The modules that somebody imports `*` from."""
    found: set[str] = set()
    for file in files:
        package = module_name(folder, file).split(".")[: None if file.name == "__init__.py" else -1]
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                base = package[: len(package) - node.level + 1] if node.level else []
                found.add(".".join([*base, *([node.module] if node.module else [])]))
    return found


def compiled(folder: Path, file: Path, starred: Set[str], there: Set[str]) -> tuple[CodeType, list[str]]:
    tree = ast.parse(file.read_bytes())
    names: list[str] = []
    if module_name(folder, file) not in starred:
        beside = file.parent.iterdir() if file.name == "__init__.py" else ()
        names = with_late_imports(tree, {path.name.split(".")[0] for path in beside}, there)
        ast.fix_missing_locations(tree)
    on_lambda = PurePosixPath("/opt") / folder.name / file.relative_to(folder).as_posix()
    return compile(tree, str(on_lambda), "exec", dont_inherit=True), names


def write(file: Path, code: CodeType) -> None:
    import marshal

    flags, source_hash = UNCHECKED_HASH.to_bytes(4, "little"), importlib.util.source_hash(file.read_bytes())
    target = Path(importlib.util.cache_from_source(str(file)))
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(importlib.util.MAGIC_NUMBER + flags + source_hash + marshal.dumps(code))


def main(folder: Path, packages: list[str]) -> None:
    files = [file for package in packages for file in sorted((folder / package).rglob("*.py"))]
    starred, there = emptied(folder, files), {path.name.split(".")[0] for path in folder.iterdir()}
    for file in files:
        code, names = compiled(folder, file, starred, there)
        if names:
            write(file, code)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
