"""What the layers' build compiles imports later, and otherwise does what its source says."""

# ruff: noqa: E501 (sources in one line each)

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.template_reader import ROOT

OTHER = {
    "other/__init__.py": "from other.deep import *\n",
    "other/deep.py": "__all__ = ['thing']\nthing = 7\nhidden = 8\n",
}


def _said(tmp_path: Path, source: str, asked: str, *, files: dict[str, str] | None = None) -> str:
    """What a program says that imports the compiled package `one`; `loaded()` tells whether `other` is."""
    for name, text in {**OTHER, "one/__init__.py": source, **(files or {})}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    compiler = ROOT / "layers" / "late_imports.py"
    subprocess.run([sys.executable, str(compiler), str(tmp_path), "one", "other"], check=True)
    program = (
        f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nloaded = lambda: 'other' in sys.modules\nimport one\n"
    )
    done = subprocess.run([sys.executable, "-c", program + asked], capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr


USED_LATE = {
    "by a function": "from other import thing\ndef use():\n    return thing\n",
    "under another name": "from other import thing as found\ndef use():\n    return found\n",
    "as a module": "import other\ndef use():\n    return other.thing\n",
    "in a branch": "from other import thing\ndef use(some=True):\n    if some:\n        return thing\n",
    "by a condition": "from other import thing\ndef use():\n    return 7 if thing == 7 else 0\n",
    "in a loop": "from other import thing\ndef use():\n    for _ in range(3):\n        found = thing\n    return found\n",
    "by a function inside": "from other import thing\ndef use():\n    def inner():\n        return thing\n    return inner()\n",
    "by a lambda inside": "from other import thing\ndef use():\n    return (lambda: thing)()\n",
    "by a class inside": "from other import thing\ndef use():\n    class Inner:\n        mine = thing\n    return Inner.mine\n",
    "by its methods": "from other import thing\ndef use():\n    class In:\n        def it(self):\n            return thing\n    return In().it()\n",
    "by a comprehension": "from other import thing\ndef use():\n    return [thing for _ in range(1)][0]\n",
    "by a method": "from other import thing\nclass One:\n    def it(self):\n        return thing\ndef use():\n    return One().it()\n",
    "in a handler": "from other import thing\ndef use():\n    try:\n        1 / 0\n    except ZeroDivisionError:\n        return thing\n",
    "in a case": "from other import thing\ndef use():\n    match 1:\n        case 1:\n            return thing\n",
    "though it might be missing": "try:\n    from other import thing\n    has = True\nexcept ImportError:\n    has = False\ndef use():\n    return thing if has else 0\n",
    "after a branch with it": "from other import thing\ndef use(some=False):\n    if some:\n        print(thing)\n    return thing\n",
}


@pytest.mark.parametrize("source", USED_LATE.values(), ids=USED_LATE)
def test_what_only_functions_use_is_imported_when_they_do(source: str, tmp_path: Path) -> None:
    assert _said(tmp_path, source, "print(loaded(), one.use(), loaded())") == "False 7 True"


def test_an_exception_is_imported_before_it_is_caught(tmp_path: Path) -> None:
    files = {"other/__init__.py": "class Trouble(Exception): pass\n"}
    source = (
        "from other import Trouble\ndef use(act):\n    try:\n        act()\n    except Trouble:\n        return 7\n"
    )
    asked = "print(loaded())\ndef act():\n    import other\n    raise other.Trouble\nprint(one.use(act))"
    assert _said(tmp_path, source, asked, files=files) == "False\n7"


USED_AT_ONCE = {
    "by the module": "from other import thing\nmine = thing\n",
    "as a default": "from other import thing\ndef use(it=thing):\n    return it\n",
    "as an annotation": "from other import thing\ndef use(it: thing):\n    return it\n",
    "as an annotation in a text": "from other import thing\ndef use(it: 'list[thing]'):\n    return it\n",
    "by a class": "from other import thing\nclass One:\n    mine = thing\n",
    "as a decorator": "from other import thing\n@(lambda f: (thing, f)[1])\ndef use():\n    pass\n",
    "if it is bound again": "from other import thing\ndef use():\n    global thing\n    thing = 8\n",
    "if a function has its own": "from other import thing\ndef use(thing):\n    return thing\n",
    "by its dotted name": "import other.deep\ndef use():\n    return other.deep.thing\n",
    "for its effects": "import other\n",
    "if it may fail": "try:\n    from other import thing\nexcept ImportError:\n    thing = 0\ndef use():\n    return thing\n",
    "if it is missing": "try:\n    import other\n    from nowhere import thing\n    has = True\nexcept ImportError:\n    has = False\nassert not has\ndef use():\n    return thing\n",
    "if something else may be wrong with it": "try:\n    from other import thing\nexcept Exception:\n    pass\ndef use():\n    return thing\n",
    "if a branch imports it again": "from other import thing\nif thing:\n    from json import loads as thing\ndef use():\n    return thing\n",
    "if one of two branches imports it": "if True:\n    from other import thing\nelse:\n    from nowhere import thing\ndef use():\n    return thing\n",
    "if the module answers for its names": "from other import thing\nif True:\n    def __getattr__(name):\n        return thing\n",
    "if an answer was made for it": "from other import thing\ndef made():\n    return lambda name: thing\n__getattr__ = made()\n",
    "if all names are looked at": "from other import thing\ndef use():\n    return globals()['thing']\n",
}


@pytest.mark.parametrize("source", USED_AT_ONCE.values(), ids=USED_AT_ONCE)
def test_whatever_could_tell_the_difference_stays_where_it_was(source: str, tmp_path: Path) -> None:
    assert _said(tmp_path, source, "print(loaded())") == "True"


def test_a_module_still_has_the_names_it_imports(tmp_path: Path) -> None:
    source = "from other import thing\n"
    asked = "print(loaded())\nfrom one import thing\nprint(thing, one.thing, hasattr(one, 'nothing'))"
    assert _said(tmp_path, source, asked) == "False\n7 7 False"


def test_a_package_still_has_the_modules_it_imports_from(tmp_path: Path) -> None:
    source = "from .part import value\n"
    assert _said(tmp_path, source, "print(one.part.value)", files={"one/part.py": "value = 7\n"}) == "7"


def test_a_package_imports_its_own_modules_at_once(tmp_path: Path) -> None:
    source = "from one import part\ndef use():\n    return part.value\n"
    assert _said(tmp_path, source, "print(one.use())", files={"one/part.py": "value = 7\n"}) == "7"


def test_what_is_imported_whole_keeps_its_names(tmp_path: Path) -> None:
    files = {"one/part.py": "from other import thing\ndef use():\n    return thing\n"}
    assert _said(tmp_path, "from .part import *\n", "print(one.thing)", files=files) == "7"


def test_a_traceback_names_the_line_of_the_source(tmp_path: Path) -> None:
    source = "from other import thing\n\n\ndef use():\n    text = 'a'\n    return thing / 0\n"
    said = _said(tmp_path, source, "one.use()")
    assert "/one/__init__.py" in said
    assert ", line 6, in use" in said


def test_the_source_stays_as_it_was(tmp_path: Path) -> None:
    source = USED_LATE["by a function"]
    _said(tmp_path, source, "pass")
    assert (tmp_path / "one" / "__init__.py").read_text() == source
