"""Time as a heap of due actions: nothing ticks, whoever wants to act later says when.

Times are simulated seconds. `Scheduler` asks an injected clock what time it is; `VirtualTime` is a clock that jumps to
the next due action, so that an hour on the line takes a test milliseconds.
"""

import heapq
from collections.abc import Callable
from typing import Protocol

Action = Callable[[], None]


class Timer:
    """One due action; cancelling it is free, the heap forgets it when it comes up."""

    __slots__ = ("_action", "due")

    def __init__(self, due: float, action: Action) -> None:
        self.due = due
        self._action: Action | None = action

    @property
    def cancelled(self) -> bool:
        """Whether it will do nothing: cancelled, or fired already."""
        return self._action is None

    def cancel(self) -> None:
        """Do nothing when due."""
        self._action = None

    def fire(self) -> None:
        """Act now, once."""
        action, self._action = self._action, None
        if action is not None:
            action()


class Timers(Protocol):
    """What a model may know of time."""

    def now(self) -> float:
        """Simulated seconds since some start."""
        ...

    def at(self, due: float, action: Action) -> Timer:
        """Run `action` at `due`, at once when that has passed."""
        ...

    def after(self, delay_s: float, action: Action) -> Timer:
        """Run `action` `delay_s` from now."""
        ...


class Scheduler:
    """Due actions in order of time, first come first served within the same instant."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Timer]] = []
        self._count = 0

    def now(self) -> float:
        return self._clock()

    def at(self, due: float, action: Action) -> Timer:
        timer = Timer(due, action)
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, timer))
        return timer

    def after(self, delay_s: float, action: Action) -> Timer:
        return self.at(self.now() + delay_s, action)

    def next_due(self) -> float | None:
        """When the next action is due; None when nothing is."""
        while self._heap and self._heap[0][2].cancelled:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def run_due(self) -> None:
        """Run everything due by now. What these actions schedule for now waits for the next call."""
        limit, last = self.now(), self._count
        while self._heap and self._heap[0][0] <= limit and self._heap[0][1] <= last:
            heapq.heappop(self._heap)[2].fire()


class VirtualTime(Scheduler):
    """A scheduler whose clock stands still until someone moves it."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        super().__init__(lambda: self._now)

    def run_until(self, end: float) -> None:
        """Fire everything due up to `end` in order, each at its own time."""
        while (due := self.next_due()) is not None and due <= end:
            self._now = max(self._now, due)
            self.run_due()
        self._now = max(self._now, end)

    def run_for(self, duration_s: float) -> None:
        """Let that much time pass."""
        self.run_until(self._now + duration_s)
