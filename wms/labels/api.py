"""Labels over HTTP: templates with preview, printing, and the queue that printers work off."""

import asyncio
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from wms.access.api import Who
from wms.kit.actor import Actor
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.names import Line
from wms.kit.page import After, Limit, Page
from wms.kit.refusal import Refusal
from wms.labels.draw import draw_label, to_png
from wms.labels.elements import FIELDS, Label, Purpose
from wms.labels.end_print_job import EndPrintJob, RetryPrintJob, print_job_done, print_job_failed, retry_print_job
from wms.labels.find_print_jobs import PrintJobWithLabel, find_print_jobs
from wms.labels.label_data import find_subjects
from wms.labels.print_labels import PDF, JobsQueued, PdfLabels, PrintJob, PrintLabels, print_labels, render_pdf
from wms.labels.templates import (
    AddTemplate,
    ChangeTemplate,
    Template,
    TemplateChange,
    add_template,
    change_template,
    check_fields,
    find_template,
    find_templates,
)
from wms.labels.write_pdf import Page as PdfPage
from wms.labels.write_pdf import write_pdf
from wms.labels.write_zpl import write_zpl

router = APIRouter(prefix="/api/v1", tags=["labels"], responses=ERRORS)
_SCREEN_DOTS_PER_MM = 8
_PAPER_DOTS_PER_MM = 12
_TYPES = {"png": "image/png", "pdf": "application/pdf", "zpl": "text/plain; charset=utf-8"}
Short = Annotated[str, Field(max_length=500)]


class PreviewLabel(Label):
    """A template that need not be saved yet, with a thing of ours or with given data."""

    purpose: Purpose
    subject_id: UUID | None = None
    data: dict[str, Short] = Field(default={}, max_length=60)
    format: Literal["png", "pdf", "zpl"] = "png"


class Failure(BaseModel):
    failure: Line


@router.get("/label-templates")
async def get_templates(
    held: Held, who: Who, purpose: Purpose | None = None, after: After = None, limit: Limit = 100
) -> Page[Template]:
    who.need("label.print")
    async with held.db.read() as conn:
        return await find_templates(conn, purpose=purpose, after=after, limit=limit)


@router.get("/label-templates/fields")
async def get_fields(who: Who) -> dict[Purpose, list[str]]:
    """What a template of each purpose may print."""
    who.need("label.print")
    return {
        "location": _fields("location"),
        "unit": _fields("unit"),
        "parcel": _fields("parcel"),
        "item": _fields("item"),
    }


@router.get("/label-templates/{id}")
async def get_template(id: UUID, held: Held, who: Who) -> Template:
    who.need("label.print")
    async with held.db.read() as conn:
        return await find_template(conn, id)


@router.post("/label-templates", status_code=201)
async def post_template(command: AddTemplate, held: Held, who: Who, key: IdempotencyKey = None) -> Template:
    _need_write(who)
    return await held.db.run(add_template, command, actor=who, key=key)


@router.put("/label-templates/{id}")
async def put_template(id: UUID, change: TemplateChange, held: Held, who: Who, key: IdempotencyKey = None) -> Template:
    _need_write(who)
    command = ChangeTemplate(template_id=id, **change.model_dump())
    return await held.db.run(change_template, command, actor=who, key=key)


@router.post(
    "/label-templates/preview",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in _TYPES.values()}}},
)
async def post_preview(label: PreviewLabel, held: Held, who: Who) -> Response:
    """How a label would look; nothing is printed or kept."""
    who.need("label.print")
    check_fields(label.purpose, label)
    data = dict(label.data)
    if label.subject_id is not None:
        async with held.db.read() as conn:
            (subject,) = await find_subjects(conn, who, label.purpose, [label.subject_id])
        data = subject.data | data
    body = await asyncio.to_thread(_render, label, data)
    return Response(body, media_type=_TYPES[label.format])


@router.post("/print-jobs", status_code=202)
async def post_print_jobs(command: PrintLabels, held: Held, who: Who, key: IdempotencyKey = None) -> JobsQueued:
    """Queue labels of things. What was printed before needs a reason."""
    who.need("label.print")
    return await held.db.run(print_labels, command, actor=who, key=key)


@router.post("/labels/pdf", response_class=Response, responses={200: {"content": {"application/pdf": {}}}})
async def post_pdf(command: PdfLabels, held: Held, who: Who) -> Response:
    """Labels as a document to print from; it counts as printing them."""
    who.need("label.print")
    async with held.db.read() as conn:
        template = await find_template(conn, command.template_id)
        subjects = await find_subjects(conn, who, template.purpose, list(dict.fromkeys(command.subjects)))
    body = await asyncio.to_thread(render_pdf, template, subjects)
    printed = PrintLabels(printer=PDF, **command.model_dump())
    await held.db.run(print_labels, printed, actor=who)
    return Response(body, media_type=_TYPES["pdf"])


@router.get("/print-jobs")
async def get_print_jobs(
    held: Held,
    who: Who,
    printer: Annotated[str | None, Query(max_length=140)] = None,
    state: Literal["queued", "retry", "sent", "failed"] | None = None,
    due: Annotated[bool, Query(description="only what the printer should print now")] = False,
    after: UUID | None = None,
    limit: Limit = 50,
) -> Page[PrintJobWithLabel]:
    """Print jobs in their order. A printer's agent asks with `due`, prints, and says done or failed for each."""
    who.need("label.print")
    now = held.db.clock() if due else None
    async with held.db.read() as conn:
        return await find_print_jobs(conn, who, printer=printer, state=state, due_at=now, after=after, limit=limit)


@router.post("/print-jobs/{id}/done")
async def post_done(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> PrintJob:
    who.need("label.print")
    return await held.db.run(print_job_done, EndPrintJob(job_id=id), actor=who, key=key)


@router.post("/print-jobs/{id}/failed")
async def post_failed(id: UUID, body: Failure, held: Held, who: Who, key: IdempotencyKey = None) -> PrintJob:
    """The printer did not print; it is tried again after a pause that grows."""
    who.need("label.print")
    return await held.db.run(print_job_failed, EndPrintJob(job_id=id, failure=body.failure), actor=who, key=key)


@router.post("/print-jobs/{id}/retry")
async def post_retry(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> PrintJob:
    """Try now, also what was given up: the printer is back."""
    who.need("label.print")
    return await held.db.run(retry_print_job, RetryPrintJob(job_id=id), actor=who, key=key)


def _fields(purpose: Purpose) -> list[str]:
    return sorted(FIELDS[purpose])


def _need_write(who: Actor) -> None:
    who.need("label.write")
    if who.owners is not None:  # templates are the warehouse's, for the goods of all owners
        raise Refusal("not_allowed", right="label.write")


def _render(label: PreviewLabel, data: dict[str, str]) -> bytes:
    if label.format == "zpl":
        return write_zpl(label, data).encode()
    if label.format == "png":
        return to_png(draw_label(label, data, _SCREEN_DOTS_PER_MM))
    dots = draw_label(label, data, _PAPER_DOTS_PER_MM)
    return write_pdf([PdfPage(label.width_mm, label.height_mm, dots)])
