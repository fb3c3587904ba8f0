"""What each setting means: the sentence below its field in config.py, which Python itself drops."""

import ast
import functools

from realstaging.config import HERE


def meaning(section: str, field: str) -> str:
    """`meaning("Jobs", "max_attempts")`."""
    return _sentences()[f"{section}.{field}"]


@functools.cache
def _sentences() -> dict[str, str]:
    """Read from the source, on first use: a few administrators' requests need them, and no cold start."""
    found: dict[str, str] = {}
    for section in ast.parse((HERE / "config.py").read_text()).body:
        if isinstance(section, ast.ClassDef):
            for field, text in zip(section.body, section.body[1:], strict=False):
                match field, text:
                    case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                        found[f"{section.name}.{name}"] = " ".join(said.split())
    return found
