"""How a task travels."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

TaskState = Literal["open", "leased", "done", "cancelled"]
LeaseSeconds = Annotated[int, Field(ge=300, le=900, description="how long the work is kept without a heartbeat")]
DEFAULT_LEASE_S = 600


class TaskRecord(BaseModel):
    """`leased_by` is a person's id; on an open task it is who held it last."""

    id: UUID
    site: str
    kind: str
    state: TaskState
    priority: int
    due_at: datetime | None
    location_id: UUID | None
    location: str | None = None
    zone: str | None
    path_order: int | None
    owner_id: UUID | None
    document_id: UUID | None
    subject_id: UUID | None
    by_hand: bool
    payload: dict[str, Any]
    assigned_to: UUID | None
    leased_by: UUID | None
    device: str | None
    lease_until: datetime | None
    leases: int
    result: dict[str, Any] | None
    created_at: datetime
    closed_at: datetime | None
    closed_by: UUID | None
