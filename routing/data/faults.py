"""What is wrong with a file: file, row, column, a code with parameters; a sentence for who uses the library directly."""

from dataclasses import dataclass, field
from typing import Any

MOST_FAULTS = 20

SENTENCES: dict[str, str] = {
    "file_unreadable": "the file cannot be opened or is damaged; check the path, or save it again as CSV or XLSX.",
    "file_too_large": "the file has more than {limit} bytes; split it by corridor or week.",
    "wrong_encoding": "the file is neither UTF-8 nor GB18030; save it as UTF-8.",
    "missing_columns": "these columns are missing: {columns}; add them to the first row.",
    "no_rows": "there is no row below the header; add at least one.",
    "too_many_rows": "there are more than {limit} rows; split the file by corridor or week.",
    "not_an_object": "this is no object with the fields of a shipment; see docs/planning.md for an example.",
    "missing": "a value is needed.",
    "too_long": "the text has more than {limit} characters; shorten it.",
    "not_a_number": "{value} is no number; write digits and at most one decimal point.",
    "too_precise": "{value} has more than {places} decimal places; round it.",
    "out_of_range": "{value} lies outside {low} to {high}.",
    "negative": "{value} is negative; a price, weight or time cannot be.",
    "not_a_time": "{value} is no time; write 2026-05-01 08:00, or 2026-05-01T08:00+08:00 with its zone.",
    "not_a_date": "{value} is no date; write 2026-05-01.",
    "not_a_clock": "{value} is no time of day; write 08:00.",
    "not_a_choice": "{value} is not one of {choices}.",
    "unknown_hub": "hub {value} is not in the network; correct the code or add the hub.",
    "unknown_unit": "unit {value} is not in the network; correct the code or add the unit.",
    "unknown_zone": "{value} is no time zone; write one such as Asia/Shanghai.",
    "bad_weekdays": "{value} are no weekdays; write digits from 1 (Monday) to 7, such as 135.",
    "bad_stretches": "{value} is no stretch of a train; write 1, or 1-3 for the first to the third.",
    "same_hub": "it starts and ends at {value}; correct one of the two.",
    "name_repeated": "{value} is used in row {first_row} already; give every row its own.",
    "arrives_before_departure": "arrival {arrive} is not after departure {depart}; correct the day or the hour.",
    "due_before_ready": "due {due} lies before ready {ready}; correct one of the two.",
    "too_large_for_any_unit": "{weight_kg} kg and {volume_m3} m³ fit on no departure even with all its units; split it.",
    "one_currency": "{value} is not {currency}, in which the rows above are priced; use one currency.",
    "train_slots_differ": "train {value} has {slots} units here and {other} in row {first_row}; a train has one number.",
    "horizon_too_long": "the goods are ready and due over {days} days; at most {limit} are planned at once.",
    "too_many": "this gives {value} {field}; at most {high} are planned at once.",
    "no_departures": "no service runs between the first ready and the last due time; check dates and validity.",
}


@dataclass(frozen=True, slots=True)
class DataFault:
    """`row` counts as a table program does, the header being 1; in JSON the first shipment is 1. 0 is the whole file."""

    code: str
    file: str
    row: int = 0
    column: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    def sentence(self) -> str:
        place = f", row {self.row}" if self.row else ""
        place += f", column {self.column}" if self.column else ""
        return f"{self.file}{place}: " + SENTENCES[self.code].format(**self.params)


class DataFaults(ValueError):
    """Files that cannot be planned with; nothing was. At most the first MOST_FAULTS are told."""

    def __init__(self, faults: list[DataFault]) -> None:
        self.faults = faults[:MOST_FAULTS]
        super().__init__("\n".join(fault.sentence() for fault in self.faults))


def stop_at(code: str, file: str, row: int = 0, column: str = "", **params: Any) -> DataFaults:
    """One fault that ends reading."""
    return DataFaults([DataFault(code, file, row, column, params)])
