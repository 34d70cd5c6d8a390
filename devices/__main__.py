"""The command `python -m devices`, for who installs machines and for the day when one says something odd.

    python -m devices decode toledo_continuous < recorded.bin        what each frame means, or why it is garbage
    python -m devices decode zebra_ssi --host --hex < dump.txt       the other direction, from hexadecimal text
    python -m devices guess < recorded.bin                           which languages explain the bytes best
    python -m devices languages                                      which there are
    python -m devices templates                                      which models a gateway can be configured for by name
    python -m devices probe /dev/ttyUSB0                             what speaks on a port: listens, then asks harmlessly
    python -m devices capture tcp:192.0.2.10:4001 FILE --seconds 60  record what a machine says
    python -m devices replay FILE --as cas                           explain a recording
    python -m devices replay FILE --to /dev/pts/3 --speed 10         say it again to somebody else

Exit codes: 0 when every byte is explained (or done), 1 when some are not, 2 when the question itself cannot be answered.
"""

import argparse
import sys
from pathlib import Path

from devices.catalogue import LANGUAGES, Side
from devices.drivers import templates
from devices.explain import describe, explain, guess
from devices.on_site import capture_file, explain_file, name_what_speaks, play_file
from devices.transports.address import BadLinkUrl
from devices.transports.link import LinkError
from devices.transports.recording import BadRecording

INPUT_CAP = 256 * 1024
_SHOWN_BYTES = 24


class QuestionError(Exception):
    """The input or the name cannot be used; the message says why."""


def main() -> int:
    args = _parser().parse_args()
    try:
        return _answer(args)
    except (QuestionError, BadLinkUrl, LinkError, BadRecording, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 1


def _answer(args: argparse.Namespace) -> int:
    match args.action:
        case "languages":
            return _languages()
        case "templates":
            return _templates()
        case "guess":
            return _guess(_stdin(as_hex=args.hex))
        case "probe":
            return name_what_speaks(args.link, args.listen)
        case "capture":
            return capture_file(args.link, args.file, args.seconds)
        case "replay" if args.to:
            return play_file(args.file, args.to, args.speed)
        case "replay":
            side, language = _side(args.name or "", host=False), LANGUAGES[args.name]
            return explain_file(args.file, side, language.host)
    return _decode(_side(args.name, host=args.host), _stdin(as_hex=args.hex))


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
    actions.add_parser("templates", help="list the models that a gateway can be configured for")
    _add_on_site(actions)
    return parser


def _add_on_site(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    probe = actions.add_parser("probe", help="name what speaks on a port")
    probe.add_argument("--listen", type=float, default=1.5, metavar="SECONDS", help="before anything is asked")
    capture = actions.add_parser("capture", help="record what a machine says")
    for action in (probe, capture):
        action.add_argument("link", metavar="LINK", help="a port's path, or a link as in the gateway's file")
    capture.add_argument("file", metavar="FILE", type=Path)
    capture.add_argument("--seconds", type=float, default=60.0)
    replay = actions.add_parser("replay", help="explain a recording, or say it again")
    replay.add_argument("file", metavar="FILE", type=Path)
    purpose = replay.add_mutually_exclusive_group(required=True)
    purpose.add_argument("--as", dest="name", metavar="NAME", help="explain it in this language")
    purpose.add_argument("--to", metavar="LINK", help="say it to this link")
    replay.add_argument("--speed", type=float, default=1.0, help="0: without any waiting")


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


def _templates() -> int:
    width = max(map(len, templates.names()))
    for found in map(templates.template, templates.names()):
        sys.stdout.write(f"{found.name:<{width}}  {found.keys['kind']:<15}  {found.model}\n")
    return 0


def _languages() -> int:
    width = max(map(len, LANGUAGES))
    for language in LANGUAGES.values():
        sys.stdout.write(f"{language.name:<{width}}  {language.kind:<11}  {language.quality}  {language.use}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
