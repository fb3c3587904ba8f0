"""What the layer's build compiles ahead is used at the start, and makes the same classes and patterns."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.template_reader import ROOT

RECORD = """
import sys
from layers.precompile import Recorder
recorder = Recorder()
recorder.start()
{source}
recorder.write(sys.argv[1])
"""
# `compiled`: the texts and patterns that Python was asked to compile after all.
USE = """
import json, re, sys
from realstaging import precompiled
precompiled.use(sys.argv[1])
compiled = []
sys.addaudithook(lambda name, about: name == "compile" and about[0] and compiled.append(str(about[0])[:200]))
ordinary = re._compiler._code
re._compiler._code = lambda parsed, flags: (compiled.append("a pattern"), ordinary(parsed, flags))[1]
{source}
print(json.dumps({asked}, default=str))
"""
CLASSES = """
import collections, dataclasses, re, typing
@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Point:
    x: int
    y: "int" = 2
    tags: list[str] = dataclasses.field(default_factory=list, compare=False)
Pair = collections.namedtuple("Pair", "left right", defaults=(None,))
class Row(typing.TypedDict):
    id: "str"
WORD = re.compile(r"(?P<first>\\w)(\\w*)", re.IGNORECASE | re.ASCII)
BYTES = re.compile(rb"[\\x00-\\x1f]+")
"""
ASKED = """[
    repr(Point(1)), Point(1) < Point(2, 0), Point(1) == Point(1, 2, ["a"]), hash(Point(1)) == hash(Point(1, 2)),
    [field.name for field in dataclasses.fields(Point)], repr(Pair(1)), Pair(1)._asdict(),
    typing.get_type_hints(Row)["id"].__name__, WORD.fullmatch("Ab").groupdict(), WORD.flags, WORD.groups,
    WORD.fullmatch("\\xe9") is None, BYTES.sub(b"", b"a\\x01b").decode(), WORD.pattern,
]"""


def _run(program: str, file: Path, *, function: str = "jobs_api") -> Any:
    path = os.pathsep.join(map(str, (ROOT, ROOT / "layers/common", ROOT / "functions" / function)))
    known = {"PATH": os.defpath, "PYTHONPATH": path, "STAGE": "local", "AWS_DEFAULT_REGION": "eu-central-1"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(file)], cwd=ROOT, env=known, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout else None


@pytest.fixture
def file(tmp_path: Path) -> Path:
    _run(RECORD.format(source=CLASSES), tmp_path / "precompiled.bin")
    return tmp_path / "precompiled.bin"


def test_classes_and_patterns_are_the_same_and_nothing_is_compiled(file: Path, tmp_path: Path) -> None:
    program = USE.format(source=CLASSES, asked=f"[{ASKED}, compiled]")
    with_it, compiled = _run(program, file)
    without, others = _run(program, tmp_path / "missing.bin")
    assert with_it == without
    assert compiled == []
    assert len(others) >= 5, "the test sees what is compiled"


def test_what_was_not_met_is_compiled_as_ever(file: Path) -> None:
    source = CLASSES.replace("x: int", "x: int\n    other: str = ''").replace("\\w*", "\\w+").replace("left", "one")
    said, compiled = _run(USE.format(source=source, asked=f"[{ASKED}, compiled]"), file)
    assert said[0] == "Point(x=1, other='', y=2, tags=[])"
    assert said[5] == "Pair(one=1, right=None)"
    assert compiled.count("a pattern") == 1


def test_a_file_of_another_python_is_not_used(file: Path) -> None:
    file.write_bytes(b"\x00\x00" + file.read_bytes()[2:])
    said, compiled = _run(USE.format(source=CLASSES, asked=f"[{ASKED}, compiled]"), file)
    assert said[0] == "Point(x=1, y=2, tags=[])"
    assert compiled.count("a pattern") >= 2


def test_an_error_in_a_pattern_or_class_is_told_as_ever(file: Path) -> None:
    source = f"""{CLASSES}
told = []
for wrong in (lambda: re.compile("(", 0), lambda: dataclasses.make_dataclass("One", ["class"]), lambda: re.compile(1)):
    try:
        wrong()
    except Exception as error:
        told.append(type(error).__name__)
"""
    assert _run(USE.format(source=source, asked="told"), file) == ["PatternError", "TypeError", "TypeError"]


def test_a_function_compiles_next_to_nothing_at_its_start(tmp_path: Path) -> None:
    file = tmp_path / "precompiled.bin"
    subprocess.run(
        [sys.executable, str(ROOT / "layers/precompile.py"), str(file)],
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT / "layers/common")},
        check=True,
    )
    source = """
import os
from realstaging import config
config.required = lambda name: os.environ.get(name, "https://example.com/1/name")
import handler
"""
    program = USE.format(source=source, asked="len(compiled)")
    # What is left: a few libraries execute texts of their own.
    assert _run(program, file) < _run(program, tmp_path / "missing.bin") / 5
