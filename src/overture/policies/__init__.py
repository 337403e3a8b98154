"""Which move next: policies decide, `steer` makes a model follow them. See `base` for what a policy is."""

from .base import LEAVE, Decision, First, Policy
from .named import make
from .steer import Steered, Steering, steer

__all__ = ["LEAVE", "Decision", "First", "Policy", "Steered", "Steering", "make", "steer"]
