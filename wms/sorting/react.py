"""What sorting does when the inbox brings events of a line."""

from collections.abc import Sequence

from devices.contract.topics import DeviceAddress
from wms.kit.db import Tx
from wms.sorting.follow_line import Report
from wms.sorting.load_book import load_book
from wms.sorting.save_book import save_book


async def take_reports(tx: Tx, dev: str, reports: Sequence[Report], company_prefix: str) -> bool:
    """Fold reports of one device into its line's records. False when no such line is known here."""
    book = await load_book(tx, DeviceAddress.parse(dev).line_path, reports)
    if book is None:
        return False
    for report in reports:
        book.take(report)
    await save_book(tx, book, company_prefix)
    return True
