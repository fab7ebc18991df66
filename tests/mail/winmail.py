"""Writes winmail.dat files for tests (MS-OXTNEF)."""

import struct


def winmail(files: list[tuple[str, bytes]], body: str = "", html: str = "", rich: bytes = b"") -> bytes:
    """Wrap files, and a text, HTML or compressed rich text, as Outlook does."""
    out = b"\x78\x9f\x3e\x22\x01\x00" + _object(1, 0x9007, 6, struct.pack("<II", 1252, 0))
    if body:
        out += _object(1, 0x800C, 2, body.encode("cp1252") + b"\0")
    if html:
        out += _object(1, 0x9003, 6, _properties({0x1013: (0x0102, html.encode())}))
    if rich:
        out += _object(1, 0x9003, 6, _properties({0x1009: (0x0102, rich)}))
    for name, data in files:
        out += _object(2, 0x9002, 6, b"\0" * 14)
        out += _object(2, 0x8010, 1, name.encode("cp1252", "replace")[:8] + b"\0")
        out += _object(2, 0x800F, 6, data)
        named = {0x3707: (0x001F, name.encode("utf-16-le") + b"\0\0"), 0x370E: (0x001E, b"application/pdf\0")}
        out += _object(2, 0x9005, 6, _properties(named))
    return out


def _object(level: int, name: int, kind: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def _properties(values: dict[int, tuple[int, bytes]]) -> bytes:
    out = struct.pack("<I", len(values) + 1) + struct.pack("<HHI", 0x0003, 0x3705, 1)
    for name, (kind, data) in values.items():
        out += struct.pack("<HHII", kind, name, 1, len(data)) + data + b"\0" * (-len(data) % 4)
    return out
