"""How far the run is, on a terminal."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from firmware_sim.truth import Tally


class ProgressBar:
    """A bar on standard error; drawn only when told, so that it costs no thread of its own."""

    def __init__(self, total: int | None) -> None:
        self._bar = Progress(
            TextColumn("inducted {task.fields[inducted]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("sorted {task.fields[sorted]}  exceptions {task.fields[exceptions]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            auto_refresh=False,
        )
        self._task = self._bar.add_task("", total=total, inducted=0, sorted=0, exceptions=0)
        self._bar.start()

    def show(self, tally: Tally) -> None:
        """Draw the bar as things stand."""
        self._bar.update(
            self._task,
            completed=tally.finished,
            inducted=tally.inducted,
            sorted=tally.sorted,
            exceptions=tally.exceptions,
            refresh=True,
        )

    def close(self) -> None:
        """Leave the last state on the terminal."""
        self._bar.stop()
