"""Every word of the screens exists in the three languages, and every code the server may send has words."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from devices.contract.reasons import SortReason
from devices.contract.sort_table import Roles
from devices.contract.status import DeviceStateName
from routing.data.faults import SENTENCES
from wms.access.rights import ROLES
from wms.boards.find_parcel import _TODO_BY_REASON
from wms.inbound.read_manifest_ceb505 import FIELDS
from wms.inbound.read_manifest_rows import ManifestRow
from wms.kit.refusal import REFUSALS
from wms.seed.plant_world import read_seed

ROOT = Path(__file__).parents[2]
WEB = ROOT / "wms" / "web"
LANGUAGES = ("en", "zh", "ru")
FOLDERS = ("console", "handheld", "shared")
WORDS: dict[str, dict[str, str]] = {
    one: json.loads((WEB / "locales" / f"{one}.json").read_text(encoding="utf-8")) for one in LANGUAGES
}
# Codes that only the screens themselves know.
CLIENT_REFUSALS = {"no_network", "unexpected"}
# Words that stand for codes; all others must be named in the code of the screens.
CODE_GROUPS = [
    *("finding", "category", "verdict", "because", "filter", "goods"),
    "refusal",
    "reason",
    "alarm",
    "todo",
    "state",
    "cause",
    "close",
    "role",
    "kind",
    "person",
    "row",
    "field",
    "message",
    "chute",
    "net",
    "nav",
    "plan",
    "planfault",
    "planwhy",
]


def sources() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in (WEB / folder).rglob("*.ts*"):
            if path.name != "api.gen.ts":
                yield path


def code_of(path: Path) -> str:
    """A source without comments: prose for programmers is not a word of the screens."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"(?m)(^|\s)//.*$", "", text)


def python_of(*folders: str) -> Iterator[ast.Call]:
    """All calls in our Python."""
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            if "node_modules" not in path.parts:
                yield from (one for one in ast.walk(ast.parse(path.read_bytes())) if isinstance(one, ast.Call))


def literals(function: str, *folders: str, position: int = 0, keyword: str = "") -> set[str]:
    """The string constants given to `function` at a position or by a keyword."""
    found = set()
    for call in python_of(*folders):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name != function:
            continue
        given = [one.value for one in call.keywords if one.arg == keyword]
        given += [call.args[position]] if len(call.args) > position else []
        found |= {one.value for value in given for one in ast.walk(value) if isinstance(one, ast.Constant)}
    return {one for one in found if isinstance(one, str) and re.fullmatch(r"[A-Za-z0-9_]+", one)}


def allowed(table: str, column: str) -> set[str]:
    """The values that a check constraint of the schema permits."""
    text = (ROOT / "wms" / table).read_text(encoding="utf-8")
    found = re.findall(rf'"{column} IN \(([^)]*)\)', text)
    assert found, f"no check on {column} in {table}"
    return {value for one in found for value in re.findall(r"'(\w+)'", one)}


def params(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def words_of(group: str) -> set[str]:
    return {key.removeprefix(f"{group}.") for key in WORDS["en"] if key.startswith(f"{group}.")}


def test_the_three_languages_say_the_same_things():
    """Row 62: a key that one language lacks would show a bare code to a person who reads that language."""
    for language in LANGUAGES:
        assert WORDS[language].keys() == WORDS["en"].keys(), language
        assert all(text.strip() for text in WORDS[language].values()), language


def test_the_three_languages_fill_in_the_same_parameters():
    """A parameter lost in translation hides which parcel, row or chute is meant."""
    for key, text in WORDS["en"].items():
        for language in LANGUAGES:
            assert params(WORDS[language][key]) == params(text), f"{key} in {language}"


def test_each_language_is_written_in_its_own_script():
    """An untranslated sentence looks finished to everyone who does not read it."""
    same_everywhere = {"unit.kg", "unit.ms"}
    for key, text in WORDS["zh"].items():
        assert key in same_everywhere or re.search("[一-鿿]", text) or text.startswith("{"), key
    for key, text in WORDS["ru"].items():
        assert re.search("[а-яё]", text.lower()), key
    for key, text in WORDS["en"].items():
        assert not re.search("[а-яё一-鿿]", text.lower()), key


def test_every_word_the_code_asks_for_exists():
    """`t("…")` of a key that nobody wrote shows the key."""
    for path in sources():
        for key in re.findall(r'\bt\(\s*"([^"]+)"', code_of(path)):
            assert key in WORDS["en"], f"{key} in {path.name}"


def test_no_word_is_left_over():
    """A word that no screen shows is translated for nobody, and hides that a screen lost it."""
    text = "\n".join(code_of(path) for path in sources())
    for key in WORDS["en"]:
        known = key.split(".")[0] in CODE_GROUPS or f'"{key}"' in text
        assert known or key.startswith("hand.camera_"), f"{key} is not used"


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("refusal", set(REFUSALS) | CLIENT_REFUSALS),
        ("reason", {one.value for one in SortReason}),
        (
            "todo",
            set(_TODO_BY_REASON.values())
            | {
                "bring_to_inspection",
                "ask_shift_leader",
                "induct",
                "wait",
                "nothing",
                "bring_to_staging",
                "let_it_fill",
            },
        ),
        ("state", allowed("parcels/tables.py", "state") | set(get_args(DeviceStateName))),
        ("chute", allowed("equipment/tables.py", "state") | {"spare", "no_bag", "bag"}),
        ("close", allowed("parcels/tables.py", "close_reason")),
        ("cause", literals("_move", "wms/sorting", position=3) | literals("Move", "wms", position=3, keyword="cause")),
        ("role", set(Roles.model_fields)),
        ("person", set(ROLES)),
        (
            "kind",
            {site[name] for site in read_seed("sites.json") for name in ("kind", "regime")}
            | allowed("sites/tables.py", "kind")
            | {"osip_sorter", "tunnel_scanner", "mt_sics_scale", "streaming_scale"},
        ),
        ("field", set(ManifestRow.__slots__) - {"row_no"} | {"weight_kg"}),
        (
            "alarm",
            literals("alarm", "gateway")
            | literals("_warn", "gateway")
            | literals("RaisedAlarm", "wms")
            | literals("raise_alarm", "wms", position=2)
            | {"sorter_state", "sorter_error", "telegram_not_understood"},
        ),
        ("plan", literals("tell", "wms/command", position=1) & words_of("plan") | {"fault", "file_fault"}),
        ("planfault", set(SENTENCES)),
        (
            "planwhy",
            (literals("Said", "routing/data") - {"left_"})
            | {f"left_{code}" for code in literals("Reason", "routing") | {"dearer_alone"}},
        ),
        ("message", literals("Rejected", "devices/contract", "wms/workers")),
    ],
)
def test_every_code_has_words(group: str, codes: set[str]):
    """The server sends codes, never prose: a code without words is a message nobody understands."""
    assert codes, f"nothing found for {group}"
    assert words_of(group) == codes


def test_every_complaint_about_a_manifest_has_words():
    """A partner who sends a wrong file must be told what to mend in each row."""
    codes = literals("ManifestRefused", "wms/inbound") | literals("RowError", "wms/inbound", position=2)
    codes |= literals("FileRefused", "wms/imports") | literals("RowError", "wms/imports", position=2)
    codes |= literals("CellProblem", "wms/imports", position=1)
    codes |= literals("_complain", "wms/inbound", position=1)
    codes |= literals("_pattern", "wms/inbound", position=4)
    codes |= {f"{how}_{what}" for how in ("missing", "bad") for what in ("destination", "service")}
    codes |= {"unknown_field", "repeated_field", "bad_field", "not_a_new_waybill"}
    codes -= {"bad_", "missing_"}  # the constant halves of `missing_{column}`
    assert words_of("row") == codes
    assert len(FIELDS) > 10


def test_an_error_promises_only_parameters_that_the_server_gives():
    """`{limit}` without a value would show a gap exactly where the reader needs the number."""
    given: dict[str, set[str]] = {}
    for call in python_of("wms"):
        name = getattr(call.func, "id", "")
        if name == "Refusal" and call.args and isinstance(call.args[0], ast.Constant):
            keywords = {one.arg for one in call.keywords if one.arg}
            given.setdefault(str(call.args[0].value), set()).update(keywords)
    for code, keywords in given.items():
        asked = params(WORDS["en"][f"refusal.{code}"])
        assert asked <= keywords | {"field"}, f"{code} asks for {asked - keywords}"


def test_no_word_stands_in_the_code():
    """Text outside the locales stays in one language for ever. Brand, language names and codes may stand."""
    may_stand = {"Kouan 口岸", "中文", "English", "Русский", "SSCC", "MOW"}
    for path in sources():
        code = code_of(path)
        for word in may_stand:
            code = code.replace(word, "")
        assert not re.search("[а-яёА-ЯЁ一-鿿]", code), path.name
        for text in re.findall(r"(?<=[a-z\"}/])>([^<>{}=;()]*[A-Za-z]{2,}[^<>{}=;()]*)</", code):
            pytest.fail(f"{path.name}: {text.strip()!r} is not in the locales")
        for text in re.findall(r'(?:placeholder|title|aria-label|alt)="([^"]+)"', code):
            pytest.fail(f"{path.name}: {text!r} is not in the locales")
