"""Draws furniture into a picture of a room, quickly and visibly as a sample."""

from standins.replicate.drawing.order import Order
from standins.replicate.drawing.picture import draw

__all__ = ["Order", "draw"]
