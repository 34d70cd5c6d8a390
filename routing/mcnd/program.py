"""A linear program that grows: rows and columns are added between solves, and the simplex goes on from where it
stood."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from ortools.math_opt.python import mathopt

from routing.compiled import Floats

INFINITE = float("inf")
LONGEST = timedelta(minutes=10)


class LinearProgramError(RuntimeError):
    """GLOP gave no optimum of a program that has one; numbers out of all proportion do that."""


class Program:
    """Minimise over columns >= 0; rows are ranges."""

    def __init__(self) -> None:
        self._model = mathopt.Model()
        self._solver = mathopt.IncrementalSolver(self._model, mathopt.SolverType.GLOP)
        self._rows: list[mathopt.LinearConstraint] = []
        self._columns: list[mathopt.Variable] = []
        self.cost = 0.0

    @property
    def rows(self) -> int:
        return len(self._rows)

    @property
    def columns(self) -> int:
        return len(self._columns)

    def add_row(self, lower: float, upper: float, entries: Sequence[tuple[int, float]] = ()) -> int:
        """Entries are (column, value); returns the row's number."""
        row = self._model.add_linear_constraint(lb=lower, ub=upper)
        for column, value in entries:
            row.set_coefficient(self._columns[column], value)
        self._rows.append(row)
        return len(self._rows) - 1

    def add_column(self, cost: float, entries: Sequence[tuple[int, float]], upper: float = INFINITE) -> int:
        """Entries are (row, value); returns the column's number."""
        column = self._model.add_variable(lb=0.0, ub=upper)
        self._model.objective.set_linear_coefficient(column, cost)
        for row, value in entries:
            self._rows[row].set_coefficient(column, value)
        self._columns.append(column)
        return len(self._columns) - 1

    def solve(self) -> tuple[Floats, Floats]:
        """Values of the columns and duals of the rows at the optimum."""
        result = self._solver.solve(params=mathopt.SolveParameters(threads=1, time_limit=LONGEST))
        if result.termination.reason != mathopt.TerminationReason.OPTIMAL:
            raise LinearProgramError(f"the linear program ended as {result.termination.reason.name}")
        self.cost = float(result.objective_value())
        return np.array(result.variable_values(self._columns)), np.array(result.dual_values(self._rows))
