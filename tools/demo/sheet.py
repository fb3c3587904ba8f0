"""The before-and-after sheet: one page beside its pictures, to look at, to print or to send as a folder."""

from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from realstaging_client.progress import Shot
from tools.demo.choices import rooms, styles
from tools.demo.results import Pair

PAGE = Template(Path(__file__).with_name("sheet.html").read_text())

PAIR = Template("""\
    <article>
      <div class="pair">
        <figure class="side before">
          <img src="$before" alt="$room before: the photo" width="$width" height="$height">
          <figcaption>Before</figcaption>
        </figure>
        <figure class="side after">
          <img src="$after" alt="$room after: virtually staged, $style" width="$width" height="$height">
          <figcaption>Virtually staged</figcaption>
        </figure>
        <input type="range" min="0" max="100" step="0.5" value="50" aria-label="$room, $name: how much of it is before">
      </div>
      <div class="text">
        <h2>$room</h2>
        <p class="facts"><b>Virtually staged</b> · $style · $seconds s</p>
        <p class="facts">$model · $name</p>
      </div>
    </article>""")

FAILED = Template("""\
    <article class="failed">
      <div class="text">
        <h2>$room</h2>
        <p class="facts"><b>$title</b> $detail</p>
        <p class="facts">$name</p>
      </div>
    </article>""")


def write(shots: list[Shot], pairs: dict[str, Pair], style: str, at: datetime, folder: Path, *, note: str = "") -> Path:
    """`index.html` in the folder that holds the pictures."""
    staged = len(pairs)
    parts = [f"{staged} {'photo' if staged == 1 else 'photos'}", styles().get(style, style), f"{at:%-d %B %Y}"]
    text = PAGE.substitute(
        title="Before and after",
        subtitle=escape(" · ".join(parts)),
        note=escape(note),
        cards="\n".join(_card(shot, pairs.get(shot.photo.name)) for shot in shots),
    )
    page = folder / "index.html"
    page.write_text(text, encoding="utf-8")
    return page


def _card(shot: Shot, pair: Pair | None) -> str:
    room = escape(_room(shot))
    name = escape(shot.photo.path.name)
    if pair is None:
        reason = shot.reason
        title, detail = (reason.title, reason.detail) if reason else ("Not staged", "")
        return FAILED.substitute(room=room, name=name, title=escape(title.rstrip(".") + "."), detail=escape(detail))
    (job,) = shot.jobs.values()
    return PAIR.substitute(
        room=room,
        name=name,
        before=quote(pair.before.name),
        after=quote(pair.after.path.name),
        width=pair.after.width,
        height=pair.after.height,
        style=escape(styles().get(job.style or "", job.style or "")),
        model=escape(job.model),
        seconds=f"{shot.seconds or 0:.1f}",
    )


def _room(shot: Shot) -> str:
    room = shot.photo.room_type
    return rooms()[room] if room else shot.photo.path.stem
