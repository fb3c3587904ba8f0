"""Draws furniture into a picture of a room, quickly and visibly as a sample."""

from local.replicate.drawing.order import Order
from local.replicate.drawing.picture import draw

__all__ = ["Order", "draw"]
