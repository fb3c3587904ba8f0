"""The reference as one page: no scripts, no fonts, nothing from anywhere, readable on a phone."""

from pathlib import Path
from typing import Any

from tools.reference.markup import code, el, example, link, paragraphs, text
from tools.reference.page_operations import operation
from tools.reference.page_schemas import field, fields, object_of

Json = dict[str, Any]
STYLE = (Path(__file__).parent / "page.css").read_text()
CHAPTERS = {"sockets": "WebSocket", "headers": "Headers", "errors": "Errors", "objects": "Objects"}


def page(whole: Json) -> str:
    title = whole["info"]["title"]
    head = "\n".join(
        [
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            el("title", text(title)),
            f"<style>{STYLE}</style>",
        ]
    )
    main = el("main", _intro(whole), *_chapters(whole))
    body = f"<body>\n{_menu(whole)}\n{main}\n</body>"
    return f'<!doctype html>\n<html lang="en">\n<head>\n{head}\n</head>\n{body}\n</html>\n'


def _intro(whole: Json) -> str:
    info = whole["info"]
    version = el("span", text(info["version"]), class_="badge")
    source = el("p", "As a document: ", el("a", code("GET /v1/openapi.json"), href="v1/openapi.json"))
    return el(
        "header",
        el("h1", text(info["title"]), " ", version),
        el("p", text(info["summary"]), class_="lead"),
        paragraphs(info["description"]),
        source,
        id="top",
    )


def _operations(whole: Json, tag: str) -> list[tuple[str, str, Json]]:
    return [
        (method, path, spec)
        for path, methods in whole["paths"].items()
        for method, spec in methods.items()
        if tag in spec["tags"]
    ]


def _menu(whole: Json) -> str:
    groups = []
    for tag in whole["tags"]:
        rows = [
            el(
                "li",
                link(
                    spec["operationId"], el("span", method.upper(), class_=f"method {method}") + text(spec["summary"])
                ),
            )
            for method, _, spec in _operations(whole, tag["name"])
        ]
        groups.append(el("li", link(tag["name"].lower(), tag["name"]), el("ul", *rows)))
    groups += [el("li", link(id, name)) for id, name in CHAPTERS.items()]
    inside = el("summary", "Contents") + el("ul", *groups)
    # Closed, so that a phone shows the page first; wide windows show it all the same.
    return el("nav", el("details", inside), aria_label="Contents").replace("aria_label", "aria-label")


def _chapters(whole: Json) -> list[str]:
    made = [
        el(
            "section",
            el("h2", tag["name"]),
            el("p", text(tag["description"])),
            *(operation(*each, whole) for each in _operations(whole, tag["name"])),
            id=tag["name"].lower(),
        )
        for tag in whole["tags"]
    ]
    parts = {"sockets": _sockets, "headers": _headers, "errors": _errors, "objects": _objects}
    return made + [el("section", el("h2", name), parts[id](whole), id=id) for id, name in CHAPTERS.items()]


def _sockets(whole: Json) -> str:
    spec = whole["x-websocket"]
    sent = [el("article", el("h3", "You send ", code(name)), fields(each)) for name, each in spec["send"].items()]
    heard = [
        el("article", el("h3", "You hear ", code(name)), el("p", text(each["description"])), fields(each))
        for name, each in spec["receive"].items()
    ]
    return el("p", text(spec["description"]), " ", link(spec["ticket"], "Get a ticket.")) + "".join(heard + sent)


def _headers(whole: Json) -> str:
    headers = whole["components"]["headers"].items()
    rows = [
        field(name, {**each["schema"], "description": each["description"]}).replace("<li>", f'<li id="header-{name}">')
        for name, each in headers
    ]
    return el("ul", *rows, class_="fields")


def _errors(whole: Json) -> str:
    made = []
    for name, each in whole["components"]["examples"].items():
        value = each["value"]
        title = el("h3", el("span", str(value["status"]), class_=f"status s{value['status'] // 100}"), " ", code(name))
        again = " It may succeed later." if value["retryable"] else ""
        made.append(
            el(
                "article",
                title,
                el("p", text(f"{value['title']}.{again}")),
                example("Example", value),
                id=f"error-{name}",
            )
        )
    return "".join(made)


def _objects(whole: Json) -> str:
    return "".join(object_of(name, schema) for name, schema in whole["components"]["schemas"].items())
