"""HTML from text, and the few marks that descriptions use: `code`, **strong**, paragraphs."""

import html
import json
import re
from typing import Any


def el(name: str, *inside: str, **attributes: str) -> str:
    """An element. What is inside is HTML already; attributes are not yet."""
    given = "".join(f' {key.rstrip("_")}="{html.escape(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>{''.join(inside)}</{name}>"


def text(words: str) -> str:
    made = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(words, quote=False))
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", made)


def paragraphs(words: str) -> str:
    return "\n".join(el("p", text(each.strip())) for each in words.split("\n\n") if each.strip())


def code(words: str) -> str:
    return el("code", html.escape(words, quote=False))


def block(words: str) -> str:
    # Who reads with the keyboard must be able to scroll it.
    return el("pre", el("code", html.escape(words, quote=False)), tabindex="0")


def example(label: str, value: Any, *, opened: bool = False) -> str:
    shown = json.dumps(value, indent=2, ensure_ascii=False)
    return folded(label, block(shown), opened=opened)


def folded(label: str, inside: str, *, opened: bool = False) -> str:
    return f"<details{' open' if opened else ''}><summary>{text(label)}</summary>{inside}</details>"


def link(target: str, inside: str, **attributes: str) -> str:
    return el("a", inside, href=f"#{target}", **attributes)
