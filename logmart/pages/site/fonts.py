"""The font of the pages: a subset of Noto Sans KR with the characters that the pages use."""

from __future__ import annotations

import base64
import io
import unicodedata
from importlib.resources import files
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from logmart.errors import CommandError

# The SIL Open Font License 1.1 reserves no name for this font. It asks that the copyright, licence
# and address of the licence (name records 0, 13 and 14) stay with the font.
_KEPT_NAMES = [0, 1, 2, 13, 14]
_ALWAYS = "".join(map(chr, range(0x20, 0x7F))) + "₩–−±·…→↑↓▲▼"


def font_file() -> Path:
    """Return the file of the whole font."""
    return Path(str(files("pylopdf_fonts_ko"))) / "NotoSansKR-Regular.otf"


def font_subset(text: str) -> str:
    """Return the font of a text, as WOFF2 in base 64. It is the same for the same characters.

    Raises CommandError when the font lacks a Korean character of the text.
    """
    options = subset.Options()
    options.flavor = "woff2"
    options.name_IDs = _KEPT_NAMES
    options.layout_features = ["kern", "tnum", "ccmp"]
    options.hinting = False
    options.desubroutinize = True
    font = TTFont(font_file(), recalcTimestamp=False)
    wanted = {ord(character) for character in _ALWAYS + text}
    missing = sorted(code for code in wanted - set(font.getBestCmap()) if _is_korean(code))
    if missing:
        raise CommandError(f"the font has no {', '.join(map(chr, missing))}: write it otherwise")
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    buffer = io.BytesIO()
    font.flavor = "woff2"
    font.save(buffer)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _is_korean(code: int) -> bool:
    return "HANGUL" in unicodedata.name(chr(code), "")
