"""Pages of a list. A cursor is opaque to its reader: where the page before ended."""

from collections.abc import Callable
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from wms.kit.refusal import Refusal

Item = TypeVar("Item")

After = Annotated[str | None, Query(max_length=200, description="the `next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500)]


class Page(BaseModel, Generic[Item]):
    """`next` is null on the last page."""

    items: list[Item]
    next: str | None = None


def page_of(found: list[Item], limit: int, cursor_of: Callable[[Item], str]) -> Page[Item]:
    """A page from `limit + 1` found items: the one too many tells that there is a next page."""
    if len(found) <= limit:
        return Page[Item](items=found)
    return Page[Item](items=found[:limit], next=cursor_of(found[limit - 1]))


def read_id(after: str) -> UUID:
    """The cursor of a list in id order. Refuses `invalid_request`."""
    try:
        return UUID(after)
    except ValueError:
        raise Refusal("invalid_request", field="after") from None
