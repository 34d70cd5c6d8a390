"""Wire shapes of trade items."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, model_validator

from wms.catalog.rules import BASE_LEVEL
from wms.kit.names import Code, Names
from wms.standards.gs1 import check_key, gtin_14

_INT32 = 2_147_483_647
Sku = Annotated[Code, Field(max_length=60)]
Alias = Annotated[Code, Field(max_length=120)]
Grams = Annotated[int, Field(ge=0, le=_INT32)]
Millimetres = Annotated[int, Field(gt=0, le=100_000)]
Temperature = Literal["ambient", "chilled", "frozen"]
Tracking = Literal["none", "lot", "serial"]
Abc = Literal["A", "B", "C"]
BaseUnit = Annotated[str, Field(pattern=r"^[A-Z0-9]{2,3}$", description="UN/ECE Rec. 20: C62, KGM, LTR")]
ShelfLife = Annotated[int, Field(ge=1, le=36_500)]
RemainingDays = Annotated[int, Field(ge=0, le=36_500)]
DangerousClass = Annotated[str, Field(pattern=r"^[1-9](\.[1-6])?$")]
UnNumber = Annotated[str, Field(pattern=r"^[0-9]{4}$")]
HsCode = Annotated[str, Field(pattern=r"^[0-9]{6,10}$")]


def _gtin(text: str) -> str:
    fault = check_key(text, "gtin")
    if fault is not None:
        raise ValueError(fault.code)
    return gtin_14(text)


def _without_zeros(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


Gtin = Annotated[str, Field(max_length=14), AfterValidator(_gtin)]
BaseQuantity = Annotated[
    Decimal,
    Field(gt=0, max_digits=18, decimal_places=6, allow_inf_nan=False),
    PlainSerializer(_without_zeros, return_type=str, when_used="json"),
]


class Packaging(BaseModel):
    """One `level` (case, layer, pallet …) holds `base_quantity` of the base unit."""

    model_config = ConfigDict(from_attributes=True)

    level: str = Field(pattern=r"^[a-z][a-z0-9_]{0,11}$")
    base_quantity: BaseQuantity
    gtin: Gtin | None = None
    weight_g: Grams | None = None
    length_mm: Millimetres | None = None
    width_mm: Millimetres | None = None
    height_mm: Millimetres | None = None


def _levels_once(levels: list[Packaging]) -> list[Packaging]:
    names = [one.level for one in levels]
    if len(set(names)) != len(names) or BASE_LEVEL in names:
        raise ValueError("repeated_level")
    return sorted(levels, key=lambda one: (one.base_quantity, one.level))


Packagings = Annotated[list[Packaging], Field(max_length=10), AfterValidator(_levels_once)]
Aliases = Annotated[list[Alias], Field(max_length=50), AfterValidator(lambda codes: sorted(set(codes)))]


class ItemFacts(BaseModel):
    """What is known of an article beside its number. `weight_g` and sizes are of one base unit."""

    gtin: Gtin | None = None
    names: Names
    base_unit: BaseUnit = "C62"
    tracking: Tracking = "none"
    catch_weight: bool = False
    shelf_life_days: ShelfLife | None = None
    min_remaining_days: RemainingDays | None = None
    temperature: Temperature = "ambient"
    dangerous_class: DangerousClass | None = None
    un_number: UnNumber | None = None
    hs_code: HsCode | None = None
    weight_g: Grams | None = None
    length_mm: Millimetres | None = None
    width_mm: Millimetres | None = None
    height_mm: Millimetres | None = None
    abc: Abc | None = None


class AddItem(ItemFacts):
    """`owner_id` null: an article that several owners keep."""

    owner_id: UUID | None = None
    sku: Sku
    packaging: Packagings = []
    aliases: Aliases = []


_REQUIRED = ("names", "base_unit", "tracking", "catch_weight", "temperature", "packaging", "aliases")


class ItemChange(ItemFacts):
    """What is not given stays; null empties what may be empty. Packaging and aliases are replaced as a whole."""

    names: Names | None = None  # type: ignore[assignment] # a change may leave it out
    packaging: Packagings | None = None
    aliases: Aliases | None = None

    @model_validator(mode="after")
    def _needed_stays(self) -> Self:
        for name in _REQUIRED:
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be emptied")
        return self


class ItemRow(ItemFacts):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    owner_id: UUID | None
    sku: str
    names: dict[str, str]
    active: bool
    created_at: datetime


class ItemView(ItemRow):
    """An article with its packaging levels, smallest first, and the codes that people call it by."""

    packaging: list[Packaging]
    aliases: list[str]
