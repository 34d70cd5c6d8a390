"""Asking for labels: one job a thing, with what it prints. The first label of a thing is free, another one needs a reason.

Two labels of one SSCC on two pallets are two truths. Articles are no such things: their labels are printed by the roll.
"""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from wms.access.audit import audit
from wms.kit.db import Tx
from wms.kit.names import Line
from wms.kit.refusal import Refusal
from wms.labels.draw import draw_label
from wms.labels.label_data import Subject, find_subjects
from wms.labels.tables import print_job
from wms.labels.templates import Template, find_template
from wms.labels.write_pdf import Page as PdfPage
from wms.labels.write_pdf import write_pdf
from wms.labels.write_zpl import write_zpl

PDF = "pdf"  # the printer of labels that a person prints from a document
_ONCE = ("location", "unit", "parcel")
_PDF_DOTS_PER_MM = 12
MOST_AT_ONCE = 500
MOST_PDF_PAGES = 100


class PrintLabels(BaseModel):
    """`printer` is the address of a device."""

    template_id: UUID
    subjects: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)
    printer: str = Field(min_length=1, max_length=140, pattern=r"^[\w./:-]+$")
    copies: int = Field(default=1, ge=1, le=10)
    reason: Line | None = Field(default=None, description="why a label is printed again")


class PdfLabels(BaseModel):
    template_id: UUID
    subjects: list[UUID] = Field(min_length=1, max_length=MOST_PDF_PAGES)
    reason: Line | None = Field(default=None, description="why a label is printed again")


class PrintJob(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    purpose: str
    subject_id: UUID
    subject: str
    site: str | None
    template_id: UUID
    template_version: int
    printer: str
    copies: int
    reprint_reason: str | None
    state: str
    attempts: int
    next_at: datetime | None
    failure: str | None
    requested_at: datetime
    requested_by: str
    ended_at: datetime | None


class JobsQueued(BaseModel):
    jobs: list[UUID]
    reprints: int


async def print_labels(tx: Tx, command: PrintLabels) -> JobsQueued:
    """Refuses `not_found`, `reprint_reason_missing`, `bad_barcode`; all labels are queued or none."""
    template = await find_template(tx.conn, command.template_id)
    subjects = await find_subjects(tx.conn, tx.actor, template.purpose, list(dict.fromkeys(command.subjects)))
    again = await _printed_before(tx, template.purpose, subjects, command.reason)
    ended = command.printer == PDF
    # Drawing hundreds of labels takes a second of CPU: in a thread, so that scans are answered meanwhile.
    printed = [""] * len(subjects) if ended else await asyncio.to_thread(_render, template, subjects, command.copies)
    rows: list[dict[str, Any]] = []
    for one, zpl in zip(subjects, printed, strict=True):
        rows.append(
            {
                "id": tx.new_id(),
                "purpose": template.purpose,
                "subject_id": one.id,
                "subject": one.called,
                "site": one.site,
                "owner_id": one.owner_id,
                "template_id": template.id,
                "template_version": template.version,
                "printer": command.printer,
                "copies": command.copies,
                "zpl": zpl,
                "reprint_reason": command.reason if one.id in again else None,
                "state": "sent" if ended else "queued",
                "attempts": 0,
                "next_at": None if ended else tx.now,
                "requested_at": tx.now,
                "requested_by": tx.actor.name,
                "ended_at": tx.now if ended else None,
            }
        )
    await tx.conn.execute(print_job.insert(), rows)
    if again:
        called = [one.called for one in subjects if one.id in again]
        await audit(tx, "label.reprint", called[0], reason=command.reason, labels=called[:100], printer=command.printer)
    return JobsQueued(jobs=[row["id"] for row in rows], reprints=len(again))


def render_pdf(template: Template, subjects: list[Subject]) -> bytes:
    """A page a label. Refuses `bad_barcode`."""
    return write_pdf(
        [
            PdfPage(template.width_mm, template.height_mm, draw_label(template, one.data, _PDF_DOTS_PER_MM))
            for one in subjects
        ]
    )


def _render(template: Template, subjects: list[Subject], copies: int) -> list[str]:
    return [write_zpl(template, one.data, copies=copies) for one in subjects]


async def _printed_before(tx: Tx, purpose: str, subjects: list[Subject], reason: str | None) -> set[UUID]:
    if purpose not in _ONCE:
        return set()
    # Two people may ask for the first label at once: the second waits here and then needs a reason.
    await tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"label/{purpose}", 3))))
    query = sa.select(print_job.c.subject_id).where(
        print_job.c.purpose == purpose,
        print_job.c.subject_id.in_([one.id for one in subjects]),
        print_job.c.state != "failed",
    )
    again = set(await tx.conn.scalars(query))
    if again and reason is None:
        first = next(one for one in subjects if one.id in again)
        raise Refusal("reprint_reason_missing", field="reason", subject=first.called)
    return again
