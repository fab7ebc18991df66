"""Writes Outlook .msg files for tests: a compound file (MS-CFB) with the few MAPI properties that are asked for."""

import struct

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
Tree = dict[str, "bytes | Tree"]


def outlook_item(subject: str, headers: str, files: list[tuple[str, bytes]]) -> bytes:
    """Make a .msg of a mail with these transport headers and files."""
    root: Tree = _stored(32, {0x0037: subject, 0x007D: headers})
    for number, (name, data) in enumerate(files):
        root[f"__attach_version1.0_#{number:08X}"] = _stored(8, {0x3707: name, 0x3701: data})
    return _compound(root)


def _stored(header: int, values: dict[int, str | bytes]) -> Tree:
    entries, found = b"", Tree()
    for name, value in values.items():
        kind, data = (0x001F, value.encode("utf-16-le")) if isinstance(value, str) else (0x0102, value)
        entries += struct.pack("<HHIII", kind, name, 6, len(data), 0)
        found[f"__substg1.0_{name:04X}{kind:04X}"] = data
    found["__properties_version1.0"] = b"\0" * header + entries
    return found


def _compound(tree: Tree) -> bytes:
    """Lay a tree of streams out in sectors of 512 octets, all streams in the small-sector area."""
    small, small_fat, entries = bytearray(), [], []

    def add(name: str, kind: int) -> int:
        entries.append([name, kind, _FREE, _FREE, _END, 0])
        return len(entries) - 1

    def fill(children: Tree, parent: int) -> None:
        before = None
        for name, value in children.items():
            at = add(name, 1 if isinstance(value, dict) else 2)
            if before is None:
                entries[parent][3] = at
            else:
                entries[before][2] = at
            before = at
            if isinstance(value, dict):
                fill(value, at)
            else:
                _put(entries[at], value)

    def _put(entry: list, data: bytes) -> None:
        count = -(-len(data) // 64)
        if count:
            entry[4] = len(small_fat)
            small_fat.extend([*range(len(small_fat) + 1, len(small_fat) + count), _END])
            small.extend(data.ljust(count * 64, b"\0"))
        entry[5] = len(data)

    root = add("Root Entry", 5)
    fill(tree, root)
    areas = [bytes(small), b"".join(struct.pack("<I", one) for one in small_fat), b""]
    areas[2] = b"".join(_entry(*entry) for entry in entries)
    starts, fat, sectors = [], [], b""
    for area in areas:
        count = -(-len(area) // 512)
        starts.append(len(fat) if count else _END)
        fat.extend([*range(len(fat) + 1, len(fat) + count), _END] if count else [])
        sectors += area.ljust(count * 512, b"\xff" if area is areas[1] else b"\0")
    entries[root][4:] = [starts[0], len(small)]
    fixed = b"".join(_entry(*entry) for entry in entries)
    sectors = sectors[: starts[2] * 512] + fixed.ljust(len(sectors) - starts[2] * 512, b"\0")
    tables = -(-(len(fat) + 2) // 128)
    first = len(fat)
    fat.extend([_FAT] * tables)
    fat_bytes = b"".join(struct.pack("<I", one) for one in fat).ljust(tables * 512, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, tables, starts[2], 0, 4096, starts[1], -(-len(areas[1]) // 512), _END, 0)
    head += b"".join(struct.pack("<I", first + number) for number in range(tables))
    return head.ljust(512, b"\xff") + sectors + fat_bytes


def _entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    coded = name.encode("utf-16-le")
    data = coded.ljust(64, b"\0") + struct.pack("<HBBIII", len(coded) + 2, kind, 1, _FREE, right, child)
    return data + b"\0" * 36 + struct.pack("<IQ", start, size)
