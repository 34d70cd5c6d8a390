"""Become another program that dies with its starter: `python -I -S tether_exec.py SIGNAL PARENT_PID PROGRAM ARG…`.

Used where util-linux's `setpriv` is missing. Run by path and without `site`, it starts in about 15 ms. On systems without
PR_SET_PDEATHSIG (macOS) it only becomes the program; there the supervisor's warden is the one that cleans up.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Ask the kernel for `SIGNAL` at the parent's death, then exec; never returns."""
    signal_number, parent_pid, program = int(arguments[0]), int(arguments[1]), arguments[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        # The parent may have died between fork and prctl, and then no signal would ever come.
        if os.getppid() != parent_pid:
            sys.exit(0)
    os.execvp(program[0], program)  # noqa: S606 - becoming a fixed program without a shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
