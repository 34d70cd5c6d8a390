"""Texts that people read, and codes that people type: shapes shared by every slice that names things."""

from typing import Annotated

from pydantic import Field, StringConstraints

_NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]*$"

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=_NO_CONTROLS)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
# A name by language: {"zh": …, "en": …, "ru": …}. Any language may be added; screens fall back to one that is there.
Names = Annotated[dict[Language, Line], Field(min_length=1, max_length=12)]
Code = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[^\s\x00-\x20\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")
]
