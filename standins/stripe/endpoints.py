"""What one endpoint is: method, path, the parameters it takes, and who answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from standins.stripe import errors
from standins.stripe.objects import Thing
from standins.stripe.parameters import Shape, read, span, text, whole

PAGED: dict[str, Shape] = {"limit": whole, "starting_after": text, "ending_before": text}
DATED: dict[str, Shape] = {**PAGED, "created": span}


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    answer: Callable[..., Thing]  # (account, given), and id when the path has one
    takes: dict[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()

    def read(self, tree: dict[str, Any]) -> Thing:
        given: Thing = read({**self.takes, "expand": [text]}, tree)
        for name in self.needs:
            if not given.get(name):
                raise errors.required(name)
        return given
