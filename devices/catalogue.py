"""Every wire language that Kouan can read and write, by name: what `python -m devices` and the tests walk over.

`document` names the pages its golden bytes were typed from; `unchecked` lists what no page settles and is therefore
configurable. Quality is bronze throughout: held by documents and laws, never yet by a machine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from devices.protocols import (
    and_scale,
    cas,
    cognex_dmcc,
    ct_line,
    cubiscan,
    datalogic_dm3610,
    dini_argeo,
    dws_template,
    honeywell_menu,
    json_lines,
    key_telegram,
    modbus_tcp,
    mt_sics,
    ohaus,
    osip,
    plain_serial,
    sartorius_sbi,
    sick_cola,
    sma,
    toledo_continuous,
    zebra_ssi,
    zpl_status,
)
from devices.protocols.scale_command import COMMAND_CAP

Kind = Literal["scale", "scanner", "dimensioner", "sorter", "probe", "printer", "ct"]
Quality = Literal["bronze", "silver", "gold"]


class BoundedDecoder(Protocol):
    """A decoder that says how much it holds back; its messages are of the language."""

    @property
    def pending(self) -> int: ...

    def feed(self, data: bytes) -> Sequence[object]: ...


@dataclass(frozen=True, slots=True)
class Side:
    """One direction of a language in its usual configuration, with a good frame; it holds back at most `cap` bytes."""

    decoder: Callable[[], BoundedDecoder]
    encode: Callable[[Any], bytes]
    cap: int
    example: bytes


@dataclass(frozen=True, slots=True)
class Language:
    """A wire language. `machine` is what the device says, `host` what it hears; None where it listens to nothing."""

    name: str
    kind: Kind
    use: str
    document: str
    unchecked: str
    machine: Side
    host: Side | None
    quality: Quality = "bronze"


_SCALES = (
    Language(
        "mt_sics",
        "scale",
        "Mettler-Toledo scales and indicators",
        "AL-IC manual, p. 72; T104 manual, p. 44; MT-SICS reference 11781363, 2.1.3.2",
        "answers to T and TA",
        Side(mt_sics.ResponseDecoder, mt_sics.encode_response, mt_sics.LINE_CAP, b"S S     100.00 kg\r\n"),
        Side(mt_sics.CommandDecoder, mt_sics.encode_command, mt_sics.LINE_CAP, b"SI\r\n"),
    ),
    Language(
        "toledo_continuous",
        "scale",
        "Toledo 8142, 8530, IND in continuous output; Kern FTC, Cardinal, Fairbanks",
        "Rockwell 57c428, p. 37; Kern FTC, p. 42; Wildcat e15609900a, p. 41",
        "fixed zeros and expanded display (refused), units beyond kg and g, whether a checksum follows",
        Side(
            toledo_continuous.ContinuousDecoder,
            toledo_continuous.encode,
            toledo_continuous.FRAME_CAP,
            b"\x02\x2c\x30\x20012345000000\r",
        ),
        Side(toledo_continuous.CommandDecoder, toledo_continuous.encode_command, COMMAND_CAP, b"P\r\n"),
    ),
    Language(
        "toledo_continuous_checked",
        "scale",
        "the same with its checksum switched on",
        "Rockwell 57c428, p. 37; checksum recomputed",
        "as toledo_continuous",
        Side(
            lambda: toledo_continuous.ContinuousDecoder(checksum=True),
            lambda frame: toledo_continuous.encode(frame, checksum=True),
            toledo_continuous.FRAME_CAP,
            b"\x02\x2c\x30\x20012345000000\r\x26",
        ),
        Side(toledo_continuous.CommandDecoder, toledo_continuous.encode_command, COMMAND_CAP, b"P\r\n"),
    ),
    Language(
        "sma",
        "scale",
        "the scale makers' common language SCP-0499: Sartorius/Minebea PR, Fairbanks, B-Tek and others",
        "Sartorius PR 5220, pp. 130-133; PR 5211, pp. 52-56",
        "text behind the labels of A, B, I and N",
        Side(sma.ResponseDecoder, sma.encode_response, sma.LINE_CAP, b"\n 1G       5.025kg \r"),
        Side(sma.CommandDecoder, sma.encode_command, COMMAND_CAP, b"\nW\r"),
    ),
    Language(
        "and_scale",
        "scale",
        "A&D AD-4403, AD-4404; CAS in its AND format",
        "AD-4404, p. 80; AD-4403, pp. 8-9",
        "the words of the host",
        Side(and_scale.WeighingDecoder, and_scale.encode, and_scale.LINE_CAP, b"ST,NT,+0012.34kg\r\n"),
        Side(and_scale.CommandDecoder, and_scale.encode_command, COMMAND_CAP, b"Q\r\n"),
    ),
    Language(
        "and_balance",
        "scale",
        "A&D EK-L and the balances in A&D standard format",
        "EK-L manual, p. 28",
        "the words of the host",
        Side(
            lambda: and_scale.WeighingDecoder(and_scale.EK_L),
            lambda weighing: and_scale.encode(weighing, and_scale.EK_L),
            and_scale.LINE_CAP,
            b"ST,+001234.5  g\r\n",
        ),
        Side(and_scale.CommandDecoder, and_scale.encode_command, COMMAND_CAP, b"Q\r\n"),
    ),
    Language(
        "cas",
        "scale",
        "CAS CI and NT indicators, 22 bytes unasked",
        "CI-600D, p. 74; CI-150A, p. 54; NT-200, p. 48",
        "how a negative weight is filled; no page for the host's commands",
        Side(cas.ReportDecoder, cas.encode, cas.SIZE, b"ST,GS,1\xc4,000013.5 kg\r\n"),
        None,
    ),
    Language(
        "dini_argeo",
        "scale",
        "Dini Argeo 3590, DFW and others, with the number of the legal record",
        "DFW manual (scribd 706025244); 3590EXP, pp. 65, 81",
        "lines framed by ESC ... STX and lines ended by CR alone are not spoken",
        Side(dini_argeo.ResponseDecoder, dini_argeo.encode_response, dini_argeo.LINE_CAP, b"ST,GS,   1.000,kg\r\n"),
        Side(dini_argeo.CommandDecoder, dini_argeo.encode_command, COMMAND_CAP, b"PID\r\n"),
    ),
    Language(
        "ohaus",
        "scale",
        "Ohaus Ranger",
        "Ranger manual, p. 36 (azmanual.top 257185)",
        "words besides P",
        Side(ohaus.WeighingDecoder, ohaus.encode, ohaus.LINE_CAP, b"-    1.25 kg ? NET\r\n"),
        Side(ohaus.CommandDecoder, ohaus.encode_command, COMMAND_CAP, b"P\r\n"),
    ),
    Language(
        "sartorius_sbi",
        "scale",
        "Sartorius balances, lines of 16 characters; 22 with an identifier by configuration",
        "GC803S, p. 57; Practum, p. 86; LE2202S, p. 51",
        "the unit of a moving weight",
        Side(sartorius_sbi.ReportDecoder, sartorius_sbi.encode, sartorius_sbi.LINE_CAP, b"+   123.56 g  \r\n"),
        Side(sartorius_sbi.CommandDecoder, sartorius_sbi.encode_command, COMMAND_CAP, b"\x1bP\r\n"),
    ),
)

_SCANNERS = (
    Language(
        "plain_serial",
        "scanner",
        "tunnels and fixed scanners that send text with an index: Datalogic, SICK, Cognex as configured",
        "Datalogic AV7000, pp. 183, 205-212; DS8100, p. 90; ISO/IEC 15424",
        "every string is the site's own",
        Side(
            lambda: plain_serial.ScanDecoder(plain_serial.ScannerFormat()),
            lambda message: plain_serial.encode(plain_serial.ScannerFormat(), message),
            plain_serial.FRAME_CAP,
            b"\x0217000000000000000042,]C0LX123456785CN\r\n",
        ),
        None,
    ),
    Language(
        "zebra_ssi",
        "scanner",
        "Zebra and Symbol scanners on a serial line, with acknowledgement and repetition",
        "SE-923 guide, p. 160; DS2208 guide, p. 110; checksums recomputed",
        "the opcodes (guide 72E-40451) and the types of code",
        Side(
            zebra_ssi.PacketDecoder,
            zebra_ssi.encode,
            zebra_ssi.PACKET_CAP,
            b"\x12\xf3\x00\x00\x03LX123456789CN\xfb\xe6",
        ),
        Side(
            lambda: zebra_ssi.PacketDecoder(zebra_ssi.HOST),
            zebra_ssi.encode,
            zebra_ssi.PACKET_CAP,
            b"\x04\xd0\x04\x00\xff\x28",
        ),
    ),
    Language(
        "honeywell_menu",
        "scanner",
        "Honeywell and Hand Held scanners: settings, queries, trigger by wire",
        "N3680 guide, p. 160; 2020-5 guide, p. 141; 1450g guide, p. 156",
        "the trigger commands; whether the mark follows the status on every model",
        Side(honeywell_menu.AnswerDecoder, honeywell_menu.encode_answers, honeywell_menu.CAP, b"CBRENA1\x06."),
        Side(honeywell_menu.CommandDecoder, honeywell_menu.encode_command, honeywell_menu.CAP, b"\x16M\r232BAD9."),
    ),
    Language(
        "cognex_dmcc",
        "scanner",
        "Cognex DataMan readers with extended responses",
        "docs.cognex.com, dmcc-main; manualslib 2077577, pp. 18-19",
        "base64 in one line",
        Side(cognex_dmcc.ResponseDecoder, cognex_dmcc.encode_response, cognex_dmcc.FRAME_CAP, b"||[0]ON\r\n"),
        Side(cognex_dmcc.CommandDecoder, cognex_dmcc.encode_command, cognex_dmcc.FRAME_CAP, b"||>trigger on\r\n"),
    ),
    Language(
        "sick_cola_a",
        "scanner",
        "SICK scanners in text",
        "LMS4000 manual, pp. 53, 70; TiM781 manual, p. 101",
        "the verb sMA; form of the error sFA",
        Side(sick_cola.ColaADecoder, sick_cola.encode_a, sick_cola.FRAME_CAP, b"\x02sRA SCdevicestate 1\x03"),
        Side(sick_cola.ColaADecoder, sick_cola.encode_a, sick_cola.FRAME_CAP, b"\x02sMN mTCgateon\x03"),
    ),
    Language(
        "sick_cola_b",
        "scanner",
        "SICK scanners in binary, with checksum",
        "LMS4000 manual, pp. 53, 70; TiM781 manual, p. 101; checksums recomputed",
        "the verb sMA; form of the error sFA",
        Side(
            sick_cola.ColaBDecoder,
            sick_cola.encode_b,
            sick_cola.FRAME_CAP,
            b"\x02\x02\x02\x02\x00\x00\x00\x13sRA SCdevicestate \x01\x1e",
        ),
        Side(
            sick_cola.ColaBDecoder,
            sick_cola.encode_b,
            sick_cola.FRAME_CAP,
            b"\x02\x02\x02\x02\x00\x00\x00\x11sEN LMDscandata \x01\x33",
        ),
    ),
)

_DIMENSIONERS = (
    Language(
        "cubiscan",
        "dimensioner",
        "Quantronix Cubiscan and the dimensioners that copy its 62 bytes",
        "CubiScan 125 manual, pp. 60-77; 325, pp. 54-67",
        "what stands in a length out of range",
        Side(
            cubiscan.ResponseDecoder,
            cubiscan.encode_response,
            cubiscan.FRAME_CAP,
            b"\x02MAC000000,L045.0,W032.5,H020.0,M,K002.35,D004.88,M,F5000,D\x03\r\n",
        ),
        Side(cubiscan.CommandDecoder, cubiscan.encode_command, COMMAND_CAP, b"\x02M\x03\r\n"),
    ),
    Language(
        "datalogic_dm3610",
        "dimensioner",
        "Datalogic DM3610 and DC3000, as their setup page composes it",
        "DM3610 reference manual, pp. 89-91, 96",
        "which bytes the check covers, how a heartbeat is framed; no CRC, no volume",
        Side(
            datalogic_dm3610.DimensionDecoder,
            datalogic_dm3610.encode,
            datalogic_dm3610.FRAME_CAP,
            b"\x02012.3;008.0;005.5\r\n",
        ),
        None,
    ),
    Language(
        "dws_text",
        "dimensioner",
        "machines that scan, weigh and measure and push a line of text a parcel",
        "none: makers differ, everything is the template",
        "everything",
        Side(
            dws_template.RecordDecoder,
            dws_template.encode,
            dws_template.RECORD_CAP,
            b"LX123456785CN,2.350,45.0,32.5,20.0,29250,2026-03-01 08:00:00,/img/1.jpg\r\n",
        ),
        None,
    ),
    Language(
        "dws_json",
        "dimensioner",
        "the same, one JSON object a parcel",
        "none: makers differ, everything is the template",
        "everything",
        Side(
            lambda: dws_template.RecordDecoder(dws_template.JSON),
            lambda record: dws_template.encode(record, dws_template.JSON),
            dws_template.RECORD_CAP,
            b'{"barcode": "LX123456785CN", "weight": 2.350, "length": 45.0, "width": 32.5, "height": 20.0}\n',
        ),
        None,
    ),
)

_SORTERS = (
    Language(
        "osip",
        "sorter",
        "sorter and conveyor controllers with fixed telegrams (openwms)",
        "OSIP specification, Telegrams (interface21-io.gitbook.io/osip)",
        "locations, error codes, acknowledgement",
        Side(osip.OsipDecoder, osip.encode, osip.LENGTH, b"###00160SPS01MFC__00001SYNQ20171123225959" + b"*" * 119),
        Side(osip.OsipDecoder, osip.encode, osip.LENGTH, b"###00160MFC__SPS0100002SYNC20171123225959" + b"*" * 119),
    ),
    Language(
        "key_telegram",
        "sorter",
        "sorter and conveyor controllers with readable telegrams (Gebhardt StoreWare)",
        "git.hxhub.de/xonics/IHK-Projekt, a description of the interface",
        "the functions and their keys; the form of the acknowledgement",
        Side(
            key_telegram.TelegramDecoder,
            key_telegram.encode,
            key_telegram.FRAME_CAP,
            b"/Seq:002/Send:CRA-01/Rec:WMS/Time:2025-05-06T10:30:05/Function:Arrival/HU:10000005/Src:IND-1//End/",
        ),
        Side(
            key_telegram.TelegramDecoder,
            key_telegram.encode,
            key_telegram.FRAME_CAP,
            b"/Seq:001/Send:StoreWare/Rec:CRA-01/Time:2025-05-06T10:30:00/Function:Tord/HU:10000005/Src:A1/Dest:B7//End/",
        ),
    ),
)

_OTHERS = (
    Language(
        "modbus_tcp",
        "probe",
        "PLCs and probes with registers: temperatures, and sorters through a mailbox",
        "MODBUS Messaging on TCP/IP V1.0b, 3.1.3; MODBUS Application Protocol V1.1b3, 6.3-6.12, 7",
        "functions beside 3, 4, 6 and 16; serial Modbus (RTU) is not spoken",
        Side(
            modbus_tcp.ResponseDecoder,
            modbus_tcp.encode_response,
            modbus_tcp.FRAME_CAP,
            bytes.fromhex("1501 0000 0009 11 03 06 02 2b 00 01 00 64"),
        ),
        Side(
            modbus_tcp.RequestDecoder,
            modbus_tcp.encode_request,
            modbus_tcp.FRAME_CAP,
            bytes.fromhex("1501 0000 0006 11 03 006b 0003"),
        ),
    ),
    Language(
        "json_lines",
        "probe",
        "gate cameras and probes with a network plug that push one flat JSON object a message",
        "none: makers differ, the keys are configuration",
        "everything",
        Side(
            json_lines.ObjectDecoder,
            json_lines.encode,
            json_lines.LINE_CAP,
            b'{"plate": "A123BC77", "country": "RUS", "confidence": 97}\n',
        ),
        None,
    ),
    Language(
        "ct_line",
        "ct",
        "CT and X-ray machines on a line: induction, files in a share, verdict, diverter",
        "none: ours, the least that machines have in common",
        "everything",
        Side(ct_line.MachineDecoder, ct_line.encode_machine, ct_line.LINE_CAP, b"DIV;t1;R*4C\r\n"),
        Side(ct_line.HostDecoder, ct_line.encode_host, ct_line.LINE_CAP, b"HBT;7*52\r\n"),
    ),
    Language(
        "zpl_status",
        "printer",
        "label printers that speak ZPL II: the question ~HS and its answer",
        "ZPL II Programming Guide 45541L-004, pp. 171-172",
        "silence while paper or ribbon is out (some models answer, some do not)",
        Side(
            zpl_status.StatusDecoder,
            zpl_status.encode,
            zpl_status.CAP,
            b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n",
        ),
        Side(zpl_status.CommandDecoder, zpl_status.encode_command, COMMAND_CAP, b"~HS\r\n"),
    ),
)

LANGUAGES: dict[str, Language] = {
    language.name: language for language in (*_SCALES, *_SCANNERS, *_DIMENSIONERS, *_SORTERS, *_OTHERS)
}
