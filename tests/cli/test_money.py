"""A MODEL as a command loads it. In comes a word, in a process that has imported nothing yet; out comes the model."""

from __future__ import annotations

import subprocess
import sys


def test_a_scripted_yardstick_is_found_by_its_name_whatever_was_imported_before():
    code = "from overture.cli.money import gated; print(gated('scripted:guesser', 1).name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("scripted:guesser\n", "")
