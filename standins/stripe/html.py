"""The look of the stand-in's pages: plain, and clearly not Stripe's."""

from html import escape

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; background: #f4f4f2; color: #222; margin: 0 }
header { background: #7a3b00; color: #fff; padding: .6rem 1rem; text-align: center }
main { max-width: 34rem; margin: 2rem auto; background: #fff; padding: 1.5rem 2rem; border-radius: .5rem }
h1 { font-size: 1.4rem; margin-top: 0 } h2 { font-size: 1.1rem }
table { width: 100%; border-collapse: collapse } td { padding: .3rem 0; border-bottom: 1px solid #ddd }
td:last-child { text-align: right }
form { margin: .8rem 0 } label { display: block; margin: .5rem 0 }
input, select, button { font: inherit; padding: .4rem .6rem }
button { background: #222; color: #fff; border: 0; border-radius: .3rem; cursor: pointer }
.refused { background: #fde8e8; padding: .6rem 1rem; border-radius: .3rem }
.note { color: #666; font-size: .9rem }
"""


def document(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        "<header>This is a stand-in for Stripe. No money moves here.</header>"
        f"<main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def money(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}${abs(cents) / 100:.2f}"


def rows(pairs: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in pairs)
    return f"<table>{cells}</table>"


def link(address: str | None, text: str) -> str:
    return f'<p><a href="{escape(address)}">{escape(text)}</a></p>' if address else ""


def refusal(message: str | None) -> str:
    return f'<p class="refused" role="alert">{escape(message)}</p>' if message else ""


def button(do: str, text: str, fields: str = "", **hidden: str) -> str:
    """A form of its own that says what to `do`."""
    given = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in {"do": do, **hidden}.items()
    )
    return f'<form method="post">{given}{fields}<button>{escape(text)}</button></form>'


CARD_FIELD = '<label>Card number <input name="number" value="4242 4242 4242 4242" autocomplete="off" required></label>'
CARD_NOTE = (
    '<p class="note">4242 4242 4242 4242 pays. 4000 0000 0000 0341 pays now and fails at renewals.'
    " 4000 0000 0000 0002 is declined. <code>delayed</code> is a bank transfer that takes days.</p>"
)
