"""What a label is made of: texts, barcodes and boxes, placed in millimetres from its upper left corner. Data, not code."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Purpose = Literal["location", "unit", "parcel", "item"]
Symbology = Literal["code128", "gs1_128", "datamatrix", "gs1_datamatrix", "qr"]
LINEAR = frozenset({"code128", "gs1_128"})
GS1 = frozenset({"gs1_128", "gs1_datamatrix"})
_Place = Annotated[float, Field(ge=0, le=300)]
_Content = Annotated[str, Field(min_length=1, max_length=500)]
_FIELD = re.compile(r"\{([a-z][a-z0-9_]{0,30})\}")
_EMPTY_AI = re.compile(r"\([0-9]{2,4}\)(?=\(|$)")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

# What a template of each purpose may print: {name}.
FIELDS: Mapping[str, frozenset[str]] = {
    "location": frozenset({"name", "site", "zone", "aisle", "bay", "level", "position", "kind"}),
    "unit": frozenset(
        {"sscc", "label", "kind", "site", "location", "weight_kg", "owner", "sku", "gtin", "name_zh", "name_en"}
        | {"name_ru", "lot", "best_before", "expires", "best_before_yymmdd", "expires_yymmdd", "quantity", "count"}
    ),
    "parcel": frozenset({"waybill_no", "destination", "service", "carrier", "site", "pieces", "weight_kg", "goods"}),
    "item": frozenset({"sku", "gtin", "name_zh", "name_en", "name_ru", "owner", "base_unit"}),
}


class Text(BaseModel):
    """`height_mm` is the height of the letters; a text wider than `width_mm` is set smaller until it fits."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["text"] = "text"
    x_mm: _Place
    y_mm: _Place
    height_mm: float = Field(default=4, ge=1, le=100)
    width_mm: float | None = Field(default=None, gt=0, le=300)
    bold: bool = False
    text: _Content


class Barcode(BaseModel):
    """`module_mm` is the narrowest bar, or one square of a matrix. GS1 content is written with brackets: (00){sscc}."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["barcode"] = "barcode"
    x_mm: _Place
    y_mm: _Place
    symbology: Symbology
    module_mm: float = Field(default=0.375, ge=0.1, le=3)
    height_mm: float = Field(
        default=20, ge=3, le=200, description="of a linear code; a matrix is as high as it is wide"
    )
    text: _Content


class Box(BaseModel):
    """A frame, or with the thickness of its height a line."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["box"] = "box"
    x_mm: _Place
    y_mm: _Place
    width_mm: float = Field(gt=0, le=300)
    height_mm: float = Field(gt=0, le=300)
    thickness_mm: float = Field(default=0.4, gt=0, le=20)


Element = Annotated[Text | Barcode | Box, Field(discriminator="kind")]


class Label(BaseModel):
    """A label's size and what stands on it."""

    width_mm: int = Field(ge=10, le=200)
    height_mm: int = Field(ge=10, le=300)
    elements: list[Element] = Field(min_length=1, max_length=60)


def fields_of(label: Label) -> set[str]:
    """The names of all fields that a label prints."""
    texts = (one.text for one in label.elements if not isinstance(one, Box))
    return {name for text in texts for name in _FIELD.findall(text)}


def fill(element: Text | Barcode, data: Mapping[str, str]) -> str:
    """The content of an element with its fields put in; a field without a value is empty.

    Values are data and not templates: braces in them stay braces. In GS1 content an identifier without a value is left out.
    """
    text = _FIELD.sub(lambda field: _CONTROLS.sub(" ", data.get(field.group(1), "")), element.text)
    if isinstance(element, Barcode) and element.symbology in GS1:
        text = _EMPTY_AI.sub("", text)
    return text
