"""One MQTT 3.1.1 CONNECT over a plain socket: is the broker on this port ours?

A port that accepts connections may belong to anybody. Only our broker knows the secret we made a moment ago.
"""

import socket

ACCEPTED = 0
_CONNACK = 0x20
_KEEP_ALIVE_S = 10


def greet(port: int, name: str, password: str, *, timeout_s: float = 2.0) -> int | None:
    """The return code of a clean-session CONNECT (0 accepted, 4 or 5 refused); None when no MQTT broker answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
            connection.sendall(connect_packet(name, password))
            answer = connection.recv(4)
            if len(answer) == 4 and answer[0] == _CONNACK:
                connection.sendall(b"\xe0\x00")  # DISCONNECT
                return answer[3]
    except OSError:
        return None
    return None


def connect_packet(name: str, password: str) -> bytes:
    """CONNECT with a client id of its own, clean session, user and password (3.1.1, section 3.1)."""
    flags = 0b1100_0010
    variable = _text("MQTT") + bytes([4, flags]) + _KEEP_ALIVE_S.to_bytes(2, "big")
    body = variable + _text(f"hello-{name}") + _text(name) + _text(password)
    return bytes([0x10]) + _length(len(body)) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def _length(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (128 if number else 0))
        if not number:
            return bytes(out)
