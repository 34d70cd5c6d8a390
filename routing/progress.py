"""What a running search says about itself, about once a second."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """`seconds` since the start, search `iterations`, cost of the best plan and the bound proved so far, if any."""

    seconds: float
    iterations: int
    cost: int | None
    bound: int | None
    phase: str

    @property
    def gap(self) -> float | None:
        if self.cost is None or self.bound is None:
            return None
        return 0.0 if self.cost == 0 else (self.cost - self.bound) / self.cost
