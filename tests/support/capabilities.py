"""Which tests hold which capability: read from their docstrings, where a law says its rows (`Row 14: …`)."""

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
_ROWS = re.compile(r"[Rr]ows? ((?:\d+(?:, | and )?)+)")

CAPABILITIES = {
    1: "announced and blind receipts",
    2: "short, over and damaged receipts with tolerance",
    3: "receiving in steps: dock, check, put away",
    4: "samples, and quarantine of the whole lot",
    5: "what a place refuses to hold",
    6: "put-away strategies",
    7: "first expired, first in, last in, closest",
    8: "a serial is one thing",
    9: "owners' goods never merge",
    10: "tenants find nothing of each other",
    11: "units in units, one scan, SSCC",
    12: "split, merge, repack, re-label",
    13: "packaging levels and catch weight",
    14: "reservations that are hard",
    15: "waves, batches, clusters, zones",
    16: "release by cut-off",
    17: "the walk through the house",
    18: "short picks and other lots",
    19: "packing by weight",
    20: "loading, seal, departure, delivery",
    21: "cross-dock",
    22: "replenishment",
    23: "cycle counts",
    24: "stocktake while work goes on",
    25: "between sites, in transit, claims",
    26: "kits and services",
    27: "returns to what they were",
    28: "holds and recalls",
    29: "scrap under an authority's number",
    30: "never negative",
    31: "an immutable journal and its proof",
    32: "late entries rewrite nothing",
    33: "stock as it was",
    34: "customs status keeps goods apart",
    35: "the bonded account line is what lies there",
    49: "a queue of offline scans (the server's side)",
    50: "a command repeated is one effect",
    52: "two people never get the same work",
    53: "an import holds up no scan",
    54: "import and export in bulk",
    55: "labels",
    56: "cold chain",
    57: "dangerous goods apart",
    61: "what may be promised over all sites",
    62: "three languages",
    63: "rights by role, site and owner; four eyes",
    64: "the audit trail",
    65: "badges and PINs",
    66: "the whole API under hostile requests",
    67: "webhooks and the feed",
}


def laws_by_row() -> dict[int, list[str]]:
    """`file::test` by row of the list above, in order."""
    found: dict[int, set[str]] = defaultdict(set)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
                for rows in _ROWS.findall(ast.get_docstring(node) or ""):
                    for row in re.findall(r"\d+", rows):
                        found[int(row)].add(f"{file.relative_to(ROOT).as_posix()}::{node.name}")
    return {row: sorted(found[row]) for row in CAPABILITIES}


def page() -> str:
    """docs/capabilities.md."""
    lines = [
        "# What the warehouse can do, and the tests that hold it",
        "",
        "Made from the docstrings of the tests (`python -m tests.support.capabilities`); numbers are those of our list of",
        "capabilities. What is weaker than one might expect stands in the documents of each part.",
        "",
        "| # | capability | held by |",
        "|---|---|---|",
    ]
    for row, tests in laws_by_row().items():
        names = "<br>".join(f"`{test.split('::')[1]}`" for test in tests)
        lines.append(f"| {row} | {CAPABILITIES[row]} | {names} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "capabilities.md").write_text(page(), encoding="utf-8")
