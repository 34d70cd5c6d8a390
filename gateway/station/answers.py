"""The last answer of each item, kept in the transaction of its decision.

A restart must not answer a pass a second time and differently; what is read back here is what the controller was told or
would have been told.
"""

import sqlite3

from devices.contract.reasons import SortReason
from gateway.outbox import Statement
from gateway.station.items import Answer


def remember(line: str, answer: Answer, at_ms: int) -> Statement:
    sql = "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)"
    return Statement(sql, (line, answer.tid, answer.pass_no, answer.occasion, answer.chute, answer.reason.value, at_ms))


def forget(line: str, tid: str) -> Statement:
    return Statement("DELETE FROM answer WHERE line = ? AND tid = ?", (line, tid))


def recall(db: sqlite3.Connection, line: str, since_ms: int) -> list[tuple[Answer, int]]:
    """The answers of a line since then with their time, oldest first."""
    sql = "SELECT tid, pass_no, occasion, chute, reason, at_ms FROM answer WHERE line = ? AND at_ms >= ? ORDER BY at_ms"
    return [
        (Answer(tid, pass_no, occasion, chute, SortReason(reason)), at_ms)
        for tid, pass_no, occasion, chute, reason, at_ms in db.execute(sql, (line, since_ms))
    ]


def recall_closed(db: sqlite3.Connection, line: str) -> list[str]:
    """Chutes closed by command."""
    return [row[0] for row in db.execute("SELECT chute FROM closed_chute WHERE line = ?", (line,))]


def closing(line: str, chute: str, closed: bool) -> Statement:
    if closed:
        return Statement("INSERT OR IGNORE INTO closed_chute VALUES (?, ?)", (line, chute))
    return Statement("DELETE FROM closed_chute WHERE line = ? AND chute = ?", (line, chute))
