"""Text as people paste it, made plain: every field of every page is read through this."""

from __future__ import annotations

import unicodedata

# What has no width, or no ink, though its kind (Cf) does not say so.
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
_SPACES = {"Cc": " ", "Zs": " ", "Zl": " ", "Zp": " "}  # line breaks and tabs; spaces of any width
_AROUND = " \"'`<>\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a"


def visible(text: str) -> str:
    """The text without what cannot be seen and without the spaces and quotes around it; letters
    and digits of full width, or in another form, as those of a keyboard. Half a character, which
    no text can hold, is none."""
    letters = []
    for letter in text:
        kind = unicodedata.category(letter)
        if kind in ("Cf", "Cs") or letter in _UNSEEN:
            continue
        plain = _SPACES.get(kind, letter)
        # A fraction or a raised digit would become another number.
        if kind in ("Nd", "Lu", "Ll", "Po", "Sm", "Ps", "Pe", "Pc", "Pd"):
            form = unicodedata.normalize("NFKC", letter)
            plain = form if form.isascii() and len(form) == 1 else letter
        letters.append(plain)
    return "".join(letters).strip(_AROUND)
