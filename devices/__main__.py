"""The command: `python -m devices decode NAME`, `guess` and `languages`, for the day when a machine says something odd.

    python -m devices decode toledo_continuous < recorded.bin        what each frame means, or why it is garbage
    python -m devices decode zebra_ssi --host --hex < dump.txt       the other direction, from hexadecimal text
    python -m devices guess < recorded.bin                           which languages explain the bytes best
    python -m devices languages                                      which there are

Exit codes: 0 when every byte is explained, 1 when some are not, 2 when the question itself cannot be answered.
"""

import argparse
import sys

from devices.catalogue import LANGUAGES, Side
from devices.explain import describe, explain, guess

INPUT_CAP = 256 * 1024
_SHOWN_BYTES = 24


class QuestionError(Exception):
    """The input or the name cannot be used; the message says why."""


def main() -> int:
    args = _parser().parse_args()
    try:
        if args.action == "languages":
            return _languages()
        if args.action == "guess":
            return _guess(_stdin(as_hex=args.hex))
        return _decode(_side(args.name, host=args.host), _stdin(as_hex=args.hex))
    except QuestionError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="devices", description="What bytes mean in the languages of machines.")
    actions = parser.add_subparsers(dest="action", required=True)
    decode = actions.add_parser("decode", help="explain each frame of the bytes on standard input")
    decode.add_argument("name", metavar="NAME", help="a wire language, see `languages`")
    decode.add_argument("--host", action="store_true", help="the bytes are what the host sent, not the machine")
    guessing = actions.add_parser("guess", help="name the languages that explain the bytes on standard input best")
    for action in (decode, guessing):
        action.add_argument("--hex", action="store_true", help="the input is hexadecimal text")
    actions.add_parser("languages", help="list the wire languages")
    return parser


def _side(name: str, *, host: bool) -> Side:
    language = LANGUAGES.get(name)
    if language is None:
        raise QuestionError(f"no language {name!r}; there are: {', '.join(LANGUAGES)}")
    side = language.host if host else language.machine
    if side is None:
        raise QuestionError(f"in {name} the host says nothing")
    return side


def _stdin(*, as_hex: bool) -> bytes:
    cap = INPUT_CAP * 3 if as_hex else INPUT_CAP
    data = sys.stdin.buffer.read(cap + 1)
    if len(data) > cap:
        raise QuestionError(f"more than {cap} bytes of input")
    if not as_hex:
        return data
    try:
        return bytes.fromhex(data.decode("ascii"))
    except ValueError as error:
        raise QuestionError(f"not hexadecimal text: {error}") from error


def _decode(side: Side, data: bytes) -> int:
    findings = explain(side, data)
    for finding in findings:
        more = " ..." if len(finding.data) > _SHOWN_BYTES else ""
        sys.stdout.write(f"{finding.offset:06x}  {finding.data[:_SHOWN_BYTES].hex(' ')}{more}\n")
        sys.stdout.write(f"        {describe(finding.meaning)}\n")
    good = sum(finding.good for finding in findings)
    sys.stdout.write(f"frames {good}, garbage {len(findings) - good}, bytes {len(data)}\n")
    return 0 if good == len(findings) > 0 else 1


def _guess(data: bytes) -> int:
    scores = guess(data)
    for score in scores:
        share = f"{score.explained} of {len(data)} bytes, frames {score.frames}"
        sys.stdout.write(f"{score.language.name} ({score.speaker}): {share}\n")
    if not scores:
        sys.stdout.write("no language explains any of these bytes\n")
    return 0 if scores and scores[0].explained == len(data) else 1


def _languages() -> int:
    width = max(map(len, LANGUAGES))
    for language in LANGUAGES.values():
        sys.stdout.write(f"{language.name:<{width}}  {language.kind:<11}  {language.quality}  {language.use}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
