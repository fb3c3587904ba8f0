"""`realstaging`: photos of a folder staged, or only uploaded; whatever interrupts it, the same command goes on."""

from pathlib import Path
from typing import Annotated, Any

import typer

from realstaging_client import commands
from realstaging_client.client import Client, Settings
from realstaging_client.manifest import Order
from realstaging_client.photos import BadArgumentError
from realstaging_client.session import GO_ON, Directory, Token, Url, carry_out, session

Paths = Annotated[list[Path], typer.Argument(help="Photos, and folders with photos.", show_default=False)]
Project = Annotated[str | None, typer.Option(help="Name or id; made if it is not there. Else: the folder's name.")]
Styles = Annotated[list[str] | None, typer.Option("--style", help="Up to four, each its own --style.")]
Room = Annotated[str | None, typer.Option(help="Else it is guessed from each file's name, where that says it.")]
Out = Annotated[Path, typer.Option(help="Where results go, and what the run remembers.")]

app = typer.Typer(
    help="Virtual staging: photos of empty rooms in, furnished rooms out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its traces may show what variables hold, tokens for one
    add_completion=False,
)


@app.command()
def stage(
    paths: Paths,
    *,
    project: Project = None,
    room: Room = None,
    style: Styles = None,
    variations: Annotated[int, typer.Option(min=1, max=4, help="Pictures of each style.")] = 1,
    prompt: Annotated[str | None, typer.Option(help="What else to say about it.")] = None,
    as_written: Annotated[
        bool,
        typer.Option(
            "--as-written", help="Send the prompt as it is. Walls and windows may change: you answer for that."
        ),
    ] = False,
    seed: Annotated[int | None, typer.Option(help="The same seed gives similar pictures.")] = None,
    model: Annotated[str | None, typer.Option(help="Another model than the usual one.")] = None,
    check: Annotated[
        str | None,
        typer.Option(help="What becomes of a picture that changed the room, never charged: report, reroll or refuse."),
    ] = None,
    mode: Annotated[str | None, typer.Option(help="staging, declutter or enhancement.")] = None,
    size: Annotated[str | None, typer.Option(help="source (the photo's own) or model (as it was made).")] = None,
    format: Annotated[str | None, typer.Option(help="jpg, webp or png.")] = None,
    out: Out = Path("staged"),
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try again what failed before.")] = False,
    url: Url = None,
    token: Token = None,
    directory: Directory = None,
) -> None:
    """Stage photos: upload them, follow their staging, download the results as NAME-STYLE.jpg."""
    given: dict[str, Any] = {"room_type": room, "styles": style, "prompt": prompt, "seed": seed, "model": model}
    given |= {"check": check, "mode": mode, "size": size, "format": format}
    settings = {name: value for name, value in given.items() if value} | (
        {"variations": variations} if variations > 1 else {}
    )
    if as_written:
        settings["keep_structure"] = False
    with session(url, token, directory, GO_ON) as client:
        rooms = _rooms(client, Settings(**settings))  # type: ignore[typeddict-item]
        order = Order(project or _project_of(paths), settings)
        carry_out(client, paths, order, out, [] if room else rooms, retry_failed=retry_failed)


@app.command()
def upload(
    paths: Paths,
    *,
    project: Project = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the run is remembered. Else: the first photo's folder.")
    ] = None,
    url: Url = None,
    token: Token = None,
    directory: Directory = None,
) -> None:
    """Upload photos without staging them, which costs nothing."""
    with session(url, token, directory, GO_ON) as client:
        folder = out or (paths[0] if paths[0].is_dir() else paths[0].parent)
        carry_out(client, paths, Order(project or _project_of(paths), None), folder, [])


def main() -> None:
    app()


def _rooms(client: Client, settings: Settings) -> list[str]:
    """The rooms on offer. Raises BadArgumentError when the settings name something that is not."""
    offer = client.capabilities()
    rooms, styles = [room.id for room in offer.room_types], [style.id for style in offer.styles]
    room = settings.get("room_type")
    if room and room not in rooms:
        raise BadArgumentError(f"There is no room {room!r}; choose one of: {', '.join(rooms)}")
    for style in settings.get("styles", []):
        if style not in styles:
            raise BadArgumentError(f"There is no style {style!r}; choose one of: {', '.join(styles)}")
    return rooms


def _project_of(paths: list[Path]) -> str:
    first = paths[0].resolve()
    return ((first if first.is_dir() else first.parent).name or "Photos")[:100]


commands.add_to(app)

if __name__ == "__main__":
    main()
