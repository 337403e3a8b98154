"""Where does a value come from? Whether what a tool call holds was said, was looked up, or was made up.

In come the messages so far and the arguments of a call; out comes, a leaf each, how it can be traced, or that it
cannot. Nothing is parsed that can be verified instead: for a date the question is not "which dates were said?" but
"could any words here mean this date?". Easy to get wrong: both errors cost. A value that was said in other words and
is not recognised becomes a needless question; one that was made up and happens to stand somewhere gets through.
"""

from .heard import Heard
from .leaf import Leaf, leaves
from .trace import trace

__all__ = ["Heard", "Leaf", "leaves", "trace"]
