"""Which encoding a text file is in.

Order of trust: a byte-order mark; strict UTF-8; UTF-16 without a mark (every second byte is 0); UTF-8 with a few
broken bytes; GB18030 (contains GBK and GB2312) if the text looks like one; whatever charset-normalizer says.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

import charset_normalizer
import msgspec

from runtime.i18n import N_, Message

_CHUNK = 1 << 20
_SAMPLE = 1 << 20
_LEAST_UTF16 = 4
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# what charset-normalizer may answer with: encodings that order files really come in
_OTHERS = ["big5", "shift_jis", "euc_kr", "cp1252", "cp1251"]


class TextFacts(msgspec.Struct, frozen=True):
    """How to decode a text file.

    ``newlines``: number of line ends. ``zeros``: whether NUL characters have to be removed. ``lossy``: undecodable
    bytes become U+FFFD.
    """

    encoding: str
    newlines: int
    zeros: bool = False
    lossy: bool = False
    notices: tuple[Message, ...] = ()

    @property
    def errors(self) -> str:
        """The error handler for ``open``."""
        return "replace" if self.lossy else "strict"


def detect(path: Path, encoding: str | None = None) -> TextFacts:
    """Find the encoding of the text file at ``path``; ``encoding`` given by a person overrules what is found."""
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    name, broken, guessed = _name(path, sample) if encoding is None else (encoding, 0, None)
    notices = [_guessed(guessed)] if guessed else []
    if broken:
        notices.append(_broken(broken))
    lossy = bool(broken) or not _decodes(path, name)
    zeros = 0 if name.startswith("utf-16") else sum(chunk.count(b"\0") for chunk in _chunks(path))
    if zeros:
        notices.append(Message(N_("文件里有 {n} 个空字符(NUL),已去掉"), {"n": zeros}))
    return TextFacts(name, _newlines(path, name), zeros > 0, lossy, tuple(notices))


def _name(path: Path, sample: bytes) -> tuple[str, int, str | None]:
    """Return Python's name of the encoding, the number of broken places, and how to call it if it is a guess."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name, 0, None
    if name_16 := utf16_without_mark(sample):
        return name_16, 0, "UTF-16"
    if _decodes(path, "utf-8"):
        return "utf-8", 0, None
    if broken := _broken_utf8(path):
        return "utf-8", broken, None
    if _looks_gb(sample) and _decodes(path, "gb18030"):
        return "gb18030", 0, "GBK"
    name = _normalizer_says(sample)
    return name, 0, name.upper()


def _guessed(name: str) -> Message:
    return Message(
        N_("文件没有标明编码,已按 {encoding} 读取;如果预览里有乱码,换一种编码再试"), {"encoding": name}
    )


def _broken(count: int) -> Message:
    return Message(N_("文件里有 {n} 处字节已损坏,无法还原,显示为 �;其余内容不受影响"), {"n": count})


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _newlines(path: Path, encoding: str) -> int:
    wide = encoding.startswith("utf-16")
    for end in (b"\n", b"\r"):
        needles = [end + b"\0", b"\0" + end] if wide else [end]
        count = max(sum(chunk.count(needle) for chunk in _chunks(path)) for needle in needles)
        if count:
            return count
    return 0


def _decodes(path: Path, encoding: str) -> bool:
    try:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except (UnicodeError, LookupError):
        return False
    return True


def utf16_without_mark(sample: bytes) -> str | None:
    """Python's name of the UTF-16 form ``sample`` is in although no mark says so; nothing if it is not UTF-16.

    Separators, digits and line ends have a zero half, always on the same side, and the whole reads as text.
    """
    half = len(sample) // 2
    if half < _LEAST_UTF16 or b"\x00" not in sample:
        return None
    even, odd = sample[0 : half * 2 : 2].count(0), sample[1 : half * 2 : 2].count(0)
    name = "utf-16-le" if odd > even else "utf-16-be"
    if max(even, odd) < half * 0.05 or min(even, odd) > max(even, odd) * 0.2:
        return None
    text = sample[: half * 2].decode(name, "replace").replace("\r", "").replace("\n", "").replace("\t", "")
    readable = sum(character.isprintable() for character in text)
    return name if readable >= len(text) * 0.98 else None


def _broken_utf8(path: Path) -> int:
    """Return how many places are not UTF-8 in a file that otherwise clearly is; 0 if it clearly is not."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    broken = good = 0
    for chunk in _chunks(path):
        text = decoder.decode(chunk)
        bad_here = text.count("\N{REPLACEMENT CHARACTER}")
        broken += bad_here
        good += len(text.encode("utf-8", "replace")) - len(text) - 2 * bad_here
    return max(broken, 1) if good // 2 > 20 * max(broken, 1) else 0


def _looks_gb(sample: bytes) -> bool:
    """Whether nearly all two-byte characters lie in the GB2312 plane, as they do in Chinese text.

    GB18030 accepts almost any bytes; a Western text with accents would decode into rare characters outside it.
    """
    pairs = inside = position = 0
    end = len(sample) - 1
    while position < end:
        lead = sample[position]
        if lead < 0x80:
            position += 1
            continue
        pairs += 1
        inside += 0xA1 <= lead <= 0xF7 and sample[position + 1] >= 0xA1
        position += 2
    return pairs > 0 and inside / pairs >= 0.85


def _normalizer_says(sample: bytes) -> str:
    best = charset_normalizer.from_bytes(sample, cp_isolation=_OTHERS).best()
    return best.encoding if best is not None else "cp1252"
