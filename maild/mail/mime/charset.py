"""From bytes to text: the declared charset, then UTF-8, then windows-1252, then latin-1 (law R8).

Nothing here raises, and no byte is lost: what a charset cannot read is read as windows-1252, byte for byte. A text
declared in a single-byte charset that is in truth UTF-8 is read as UTF-8: such a text is one by chance only once in
many millions.
"""

from __future__ import annotations

import codecs
import pkgutil
import re
from encodings import __path__ as _codecs_path
from encodings import aliases, normalize_encoding

_ALIASES = {
    "latin-1": "cp1252", "latin1": "cp1252", "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "iso_8859-1": "cp1252",
    "l1": "cp1252", "cp819": "cp1252", "us-ascii": "ascii", "ansi_x3.4-1968": "ascii", "ansi_x3.110-1983": "cp1252",
    "x-ansi": "cp1252", "ansi": "cp1252", "8859_1": "cp1252", "iso-8859-1-windows-3.1-latin-1": "cp1252",
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "x-gbk": "gb18030",
    "chinesesimplified": "gb18030", "gb2312_charset": "gb18030", "csgb2312": "gb18030", "euc-cn": "gb18030",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "ms_kanji": "cp932", "csshiftjis": "cp932", "x-ms-cp932": "cp932",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "ksc5601": "cp949", "euc-kr": "cp949", "euckr": "cp949",
    "korean": "cp949", "cseuckr": "cp949", "ks_c_5601-1989": "cp949", "windows-949": "cp949", "x-windows-949": "cp949",
    "big5": "big5hkscs", "x-x-big5": "big5hkscs", "cn-big5": "big5hkscs", "csbig5": "big5hkscs", "big-5": "big5hkscs",
    "iso-8859-8-i": "iso8859_8", "iso-8859-8-e": "iso8859_8", "iso-8859-6-i": "iso8859_6", "visual": "iso8859_8",
    "iso-8859-9": "cp1254", "iso8859-9": "cp1254", "tis-620": "cp874", "tis620": "cp874", "iso-8859-11": "cp874",
    "windows-874": "cp874", "macintosh": "mac_roman", "x-mac-roman": "mac_roman", "mac": "mac_roman",
    "x-mac-ce": "mac_latin2", "x-mac-cyrillic": "mac_cyrillic", "x-mac-greek": "mac_greek",
    "x-mac-turkish": "mac_turkish", "unicode-1-1-utf-7": "utf_7", "x-unicode-2-0-utf-7": "utf_7",
    "unicode-1-1-utf-8": "utf-8", "utf8": "utf-8", "utf8mb4": "utf-8", "utf": "utf-8", "unicode": "utf-8",
    "utf-8-sig": "utf-8", "x-user-defined": "cp1252", "cp-850": "cp850", "x-cp1252": "cp1252", "cp-1252": "cp1252",
    "iso-2022-kr": "iso2022_kr", "iso-2022-cn": "hz", "hz-gb-2312": "hz", "koi8-ru": "koi8_u", "koi": "koi8_r",
    "x-euc-jp": "euc_jp", "x-euc": "euc_jp", "cseucpkdfmtjapanese": "euc_jp", "windows-1252": "cp1252",
}  # fmt: skip
"""Names that the registry of codecs lacks, and those whose writers mean Microsoft's larger set (WHATWG Encoding)."""
_UNSAFE = frozenset({
    "idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem", "palmos", "charmap",
})  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,39}")
_FAMILY = re.compile(r"(?i)(utf-?8|(?:windows|cp)-?(?:125\d|932|949|950|936|874)|iso-?8859-?\d{1,2}|iso-?2022-?jp)")
_MULTIBYTE = frozenset({"gb18030", "cp932", "cp949", "big5hkscs", "euc_jp", "cp950", "euc_jis_2004", "johab"})
_JAPANESE = frozenset({"iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_3", "iso2022_jp_ext"})
_STATEFUL = frozenset({*_JAPANESE, "iso2022_kr", "hz", "utf_7", "utf_16", "utf_16_le", "utf_16_be", "utf_32",
                       "utf_32_le", "utf_32_be"})  # fmt: skip
_WESTERN = frozenset({None, "ascii", "utf_8", "cp1252", "latin_1", "iso8859_1", "iso8859_15"})
_LONGEST_ACCENTS = 6
_KANA = re.compile(rb"[\x82\x83]")
"""Where the kana of Shift-JIS begin, and in windows-1252 signs that hardly anybody writes."""
_HIGH = re.compile(rb"[\x80-\xff]+")
_CODECS = {*aliases.aliases, *aliases.aliases.values(), *(one.name for one in pkgutil.iter_modules(_codecs_path))}
"""Every name the standard library has a codec for: it would look for each other one among the files of its disk."""
_MOST_REMEMBERED = 100
_known: dict[str, str | None] = {}


def codec(name: str | None) -> str | None:
    """Return the codec that a charset name means, or None when it means nothing that is text."""
    if not name:
        return None
    if len(name) > _MOST_REMEMBERED:
        return _look_up(name)
    if name not in _known:
        if len(_known) > 500:
            _known.clear()
        _known[name] = _look_up(name)
    return _known[name]


def _look_up(name: str) -> str | None:
    word = name.strip().strip("\"'<>;,").strip().lower().replace(" ", "-")
    if word not in _ALIASES and (not _NAME.fullmatch(word) or not _is_text(word)):
        match = _FAMILY.match(word)
        if match is None:
            return None
        word = match[0]
    word = _ALIASES.get(word, word)
    return codecs.lookup(word).name.replace("-", "_") if _is_text(word) else None


def _is_text(word: str) -> bool:
    plain = normalize_encoding(word)
    if plain not in _CODECS and plain.replace(".", "_") not in _CODECS:
        return False
    try:
        info = codecs.lookup(word)
    except (LookupError, ValueError):
        return False
    return bool(info._is_text_encoding) and info.name.replace("-", "_") not in _UNSAFE


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Read what a codec refuses as windows-1252, or latin-1 where that has no letter."""
    assert isinstance(error, UnicodeDecodeError)
    end = max(error.end, error.start + 1)
    if error.encoding == "utf-8":
        end = max(end, _never_utf8(error.object, error.start))
    elif error.encoding == "charmap":
        end = max(end, _repeated(error.object, error.start))
    piece = error.object[error.start : end]
    return "".join([_WINDOWS[byte] for byte in piece]), end


def _never_utf8(data: bytes, start: int) -> int:
    """Return where a run of octets ends of which none begins a letter in UTF-8: read at once, it costs one call."""
    found = _NO_BEGINNING.match(data, start)
    return start if found is None else found.end()


def _repeated(data: bytes, start: int) -> int:
    """Return where a run of the same octet ends; a charset that cannot read it once cannot read it again."""
    found = _SAME.match(data, start)
    return start if found is None else found.end()


_NO_BEGINNING = re.compile(rb"[\x80-\xc1\xf5-\xff]+")
_SAME = re.compile(rb"(.)\1*", re.DOTALL)
_WINDOWS = [bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256)]
codecs.register_error("maild.windows", _as_windows)


def decode(data: bytes, declared: str | None = None, hint: str | None = None) -> str:
    """Return the text of some bytes.

    ``declared`` is what the mail says it is; ``hint`` is tried after UTF-8 when nothing (useful) is declared.
    """
    name = codec(declared)
    if name in _STATEFUL or b"\x1b" in data:
        return _stateful(data, name)
    if data.isascii():
        return data.decode("ascii")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and name is None:
        return data.decode("utf-16", "replace")
    if name is None or name in ("ascii", "utf_8"):
        return _undeclared(data, hint if name is None else None)
    if name in _MULTIBYTE:
        return _multibyte(data, name)
    if _is_utf8(data, 1 if name == "cp1252" else 3):
        return data.decode("utf-8")
    return data.decode(name, "maild.windows")


def is_multibyte(name: str | None) -> bool:
    """Tell whether a charset has letters of several octets, the second of which may be a sign of ASCII."""
    return codec(name) in _MULTIBYTE


def undeclared(data: bytes, hint: str | None) -> str:
    """Return the text of a header's bytes, which no charset stands beside; ``hint`` is that of the mail's text.

    Raw Chinese and Japanese ones are known by their pairs where the hint says nothing of the kind.
    """
    if b"\x1b" in data:
        return decode(data, None, hint)
    try:
        return data.decode("utf-8")  # ASCII, nearly always
    except UnicodeDecodeError:
        pass
    guess = codec(hint)
    if guess in _MULTIBYTE:
        return _multibyte(data, guess)
    if guess in _WESTERN and (found := _pairs(data)) is not None:
        return data.decode(found)
    return _undeclared(data, hint)


def _pairs(data: bytes) -> str | None:
    """Return the charset of two octets a letter that some bytes are surely in; people write no six accents in a row."""
    runs = _HIGH.findall(data)
    if max(map(len, runs), default=0) < _LONGEST_ACCENTS and not any(map(_KANA.match, runs)):
        return None
    if sum(0xC0 <= byte <= 0xDF for run in runs for byte in run) >= 0.8 * sum(map(len, runs)):
        return None  # Cyrillic, whose small or capital letters these are
    leads = [run[at] for run in runs for at in range(0, len(run), 2)]
    if all(len(run) % 2 == 0 and min(run) >= 0xA1 for run in runs):
        kana = sum(lead in (0xA4, 0xA5) for lead in leads)
        common = sum(0xB0 <= lead <= 0xD7 for lead in leads)
        if 4 * kana >= len(leads):
            return _if_decodes(data, "euc_jp")
        return _if_decodes(data, "gb2312") and "gb18030" if 4 * common >= 3 * (len(leads) - _marks(leads)) else None
    name = _if_decodes(data, "cp932")
    kana = sum("\u3041" <= letter <= "\u30fe" for letter in data.decode("cp932", "ignore"))
    return name if kana >= 2 else None


def _marks(leads: list[int]) -> int:
    """Count the signs and wide letters among the pairs of a Chinese text."""
    return sum(lead in (0xA1, 0xA2, 0xA3) for lead in leads)


def _if_decodes(data: bytes, name: str) -> str | None:
    try:
        data.decode(name)
    except UnicodeDecodeError:
        return None
    return name


def _undeclared(data: bytes, hint: str | None) -> str:
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")  # without the detour through Python of "utf-8-sig"
    except UnicodeDecodeError:
        pass
    guess = codec(hint)
    if guess is not None and guess not in ("ascii", "utf_8") and guess not in _STATEFUL:
        return data.decode(guess, "maild.windows")
    return data.decode("utf-8-sig", "maild.windows")


def _multibyte(data: bytes, name: str) -> str:
    if _surely_utf8(data):
        return data.decode("utf-8")
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        pass
    if name == "big5hkscs":
        try:
            return data.decode("cp950")
        except UnicodeDecodeError:
            pass
    if _is_utf8(data, 1):
        return data.decode("utf-8")
    text = data.decode(name, "replace")
    if text.count("\ufffd") * 10 <= sum(1 for letter in text if letter >= "\x80"):
        return data.decode(name, "maild.windows")
    return data.decode("utf-8", "maild.windows")


def _is_utf8(data: bytes, least: int) -> bool:
    """Tell whether bytes are UTF-8 with at least so many letters beyond ASCII."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return len(_HIGH.findall(data)) >= least or sum(1 for letter in text if letter >= "\x80") >= least


def _surely_utf8(data: bytes) -> bool:
    """Tell whether bytes are UTF-8 with more letters of three bytes than another script's pairs make by chance."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return sum(letter >= "\u0800" for letter in text) >= 3


def _stateful(data: bytes, name: str | None) -> str:
    if name is None or (name in _JAPANESE and b"\x1b" in data) or (b"\x1b$" in data and name in ("ascii", "cp932")):
        if b"\x1b$" in data or b"\x1b(" in data:
            return _iso_2022_jp(data)
        return _undeclared(data, None)
    if name in _STATEFUL:
        try:
            return data.decode(name)
        except (UnicodeError, ValueError):
            pass
        if not data.isascii():
            return _undeclared(data, None)
        return data.decode(name, "replace") if name != "utf_7" else data.decode("ascii")
    return decode(data.replace(b"\x1b", b""), name)


_CONTROLS = re.compile(rb"([\r\n\x00-\x20]+)")
_ESCAPE = re.compile(rb"\x1b(\$\(?[@BDOQP]|\([BJIH]|&@|\.[AF]|N)")


def _iso_2022_jp(data: bytes) -> str:
    """Read ISO-2022-JP as its writers mean it: JIS X 0208 with Microsoft's rows, half-width kana, lost escapes."""
    found, at, mode = [], 0, b"(B"
    for match in _ESCAPE.finditer(data):
        found.append(_jis(data[at : match.start()], mode))
        at, mode = match.end(), match[1]
    found.append(_jis(data[at:], mode))
    return "".join(found)


def _jis(piece: bytes, mode: bytes) -> str:
    if not piece:
        return ""
    if mode == b"(I":
        return bytes(byte | 0x80 for byte in piece).decode("cp932", "maild.windows")
    if mode in (b"$@", b"$B", b"$(B", b"$(@"):
        return "".join(_shifted(line) for line in _CONTROLS.split(piece))
    if mode == b"$(D":
        return _jis_x_0212(piece)
    return _undeclared(piece, "cp932") if not piece.isascii() else piece.decode("ascii")


def _jis_x_0212(piece: bytes) -> str:
    pairs = b"".join(b"\x8f" + bytes(byte | 0x80 for byte in piece[at : at + 2]) for at in range(0, len(piece), 2))
    return pairs.decode("euc_jp", "maild.windows")


def _shifted(piece: bytes) -> str:
    """Turn JIS pairs into Shift-JIS ones, whose Microsoft variant holds the circled digits and the rest."""
    if not piece or piece[0] <= 0x20 or not piece.isascii():
        return piece.decode("ascii", "maild.windows")
    out = bytearray()
    for one, two in zip(piece[::2], piece[1::2], strict=False):
        lead = ((one - 0x21) >> 1) + 0x81
        lead = lead if lead <= 0x9F else lead + 0x40
        trail = two + (0x1F if two < 0x60 else 0x20) if one & 1 else two + 0x7E
        out += bytes((lead & 0xFF, trail & 0xFF))
    return out.decode("cp932", "maild.windows")
