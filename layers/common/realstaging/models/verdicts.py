"""The words of the picture check, shared by the method and the API. Only types: the command line imports them too."""

from typing import Literal

# What the picture was made for, and so which changes are wanted.
Mode = Literal["staging", "declutter", "enhancement"]
Verdict = Literal["pass", "review", "fail"]
Reason = Literal[
    "blank",
    "near_identical",
    "other_view",
    "reframed",
    "stretched",
    "lines_lost",
    "lines_added",
    "surfaces_changed",
]
