"""Wire shapes of parties."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from wms.kit.names import Code, Names
from wms.standards.gs1 import check_key

Role = Literal["owner", "supplier", "customer", "carrier", "bank"]


def _is_gln(text: str) -> str:
    fault = check_key(text, "gln")
    if fault is not None:
        raise ValueError(fault.code)
    return text


PartyCode = Annotated[Code, Field(max_length=20)]
Gln = Annotated[str, Field(max_length=13), AfterValidator(_is_gln)]
Roles = Annotated[list[Role], Field(min_length=1, max_length=5), AfterValidator(lambda roles: sorted(set(roles)))]


class PartyRow(BaseModel):
    """`names` is empty and `gln` null where the reader may know a party by its code only."""

    id: UUID
    code: str
    names: dict[str, str]
    roles: list[str]
    gln: str | None


class AddParty(BaseModel):
    code: PartyCode
    names: Names
    roles: Roles
    gln: Gln | None = None


class PartyChange(BaseModel):
    """What is not given stays. The code of a party never changes: labels and files carry it."""

    names: Names | None = None
    roles: Roles | None = None
    gln: Gln | None = None
