"""Real time under the scheduler: the event loop sleeps until the next due action and not a moment less."""

import asyncio

from firmware_sim.schedule import Action, Scheduler, Timer


class RealTime(Scheduler):
    """Simulated seconds pass `speed` times as fast as real ones, counted from construction."""

    def __init__(self, loop: asyncio.AbstractEventLoop, speed: float) -> None:
        self._loop = loop
        self._speed = speed
        self._start = loop.time()
        self._handle: asyncio.TimerHandle | None = None
        self._armed_for = 0.0
        self._running = False
        super().__init__(lambda: (loop.time() - self._start) * speed)

    def at(self, due: float, action: Action) -> Timer:
        timer = super().at(due, action)
        if not self._running and (self._handle is None or due < self._armed_for):
            self._arm(due)
        return timer

    def stop(self) -> None:
        """Fire nothing any more."""
        self._running = True
        if self._handle is not None:
            self._handle.cancel()

    def _arm(self, due: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._armed_for = due
        self._handle = self._loop.call_at(self._start + due / self._speed, self._fire)

    def _fire(self) -> None:
        self._handle = None
        self._running = True
        try:
            self.run_due()
        finally:
            self._running = False
        due = self.next_due()
        if due is not None:
            self._arm(due)
