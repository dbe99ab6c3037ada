"""What a user types as an amount, to wei and back, never through a float.

Read as people write: a decimal point or comma. A comma with three digits behind it can
also mean thousands, so it is refused rather than guessed at: the difference is a factor
of 1,000.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Context, Decimal

from data import AmountError
from data.pool.pasted import visible

DECIMALS = 18
ONE = 10**18  # one FTM or token in wei; a ratio of 1
# More FTM than there is (3.2 billion), and so more of any token made from it.
MOST_WEI = 4 * 10**27
_LONGEST = 100
_MARK_BEHIND = re.compile(r"[0-9]*[.,][0-9]+[.,]|[0-9]{1,3}([,. '\u2019])[0-9]{3}.*[0-9][.,]")
_THOUSANDS = re.compile(
    r"[1-9][0-9]{0,2}(?P<mark>[,. '\u2019])[0-9]{3}(?:(?P=mark)[0-9]{3})*(?!(?P=mark))[.,][0-9]*"
)
_PLAIN = re.compile(r"(?P<whole>[0-9]*)(?:[.,](?P<part>[0-9]*))?")
_NEGATIVE = re.compile(r"[-\u2212\u2013]\s*[0-9.,]+")
_GROUPED = re.compile(r"[0-9]+(?:[,.\s'\u2019_][0-9]+)+")


def parse_amount(text: str) -> int:
    """An amount of a token or of FTM in wei, more than 0 and at most MOST_WEI.

    Raises AmountError, which says what is wrong and what to write instead.
    """
    text = visible(text)
    if _MARK_BEHIND.fullmatch(text):  # of the sentence that it was copied from
        text = text[:-1]
    if not text:
        raise AmountError("No amount: write a number, such as 12.5.")
    if len(text) > _LONGEST:
        raise AmountError(f"{len(text):,} characters are no amount: write a number, such as 12.5.")
    if _NEGATIVE.fullmatch(text):
        raise AmountError("The amount is negative: write a number above 0, without a sign.")
    if any(letter.isdigit() and not letter.isascii() for letter in text):
        raise AmountError("This is no number in the digits 0 to 9: write one, such as 12.5.")
    match = _PLAIN.fullmatch(_without_thousands(text))
    if match is None or not (match["whole"] or match["part"]):
        raise AmountError(_no_number(text))
    whole, part = match["whole"].lstrip("0"), (match["part"] or "").rstrip("0")
    if "," in text and len(match["part"]) == 3 and 1 <= len(whole) <= 3:
        raise AmountError(
            f"{text} can mean two amounts: write {whole}{match['part']} for thousands, "
            f"or {whole}.{part or '0'} for a fraction."
        )
    if len(part) > DECIMALS:
        raise AmountError(
            f"The amount has {len(part)} decimals, a token has {DECIMALS}: leave out the last "
            f"{len(part) - DECIMALS}."
        )
    wei = int((whole or "0") + part.ljust(DECIMALS, "0"))
    if wei == 0:
        raise AmountError("The amount is 0: write a number above 0.")
    if wei > MOST_WEI:
        raise AmountError(
            "The amount is too big: it is more than all FTM there is, 3,175,000,000. Write a "
            "smaller one."
        )
    return wei


def _without_thousands(text: str) -> str:
    """`1,234.5` as `1234.5`: two different marks, the first between whole thousands, have one
    meaning. A single mark may have two, and stays."""
    match = _THOUSANDS.fullmatch(text)
    return text if match is None else match[0].replace(match["mark"], "")


def format_wei(wei: int) -> str:
    """Wei in whole tokens, exactly: `12.5`, without needless zeros, marks or exponent."""
    whole, part = divmod(abs(wei), ONE)
    digits = f"{part:0{DECIMALS}d}".rstrip("0")
    return f"{'-' if wei < 0 else ''}{whole}{'.' if digits else ''}{digits}"


def format_short(wei: int, decimals: int = 4, *, up: bool = False) -> str:
    """Wei for a sentence: `1,234.5678`, cut off after so many decimals, or rounded `up` where
    it is a cost.

    What is not 0 never reads 0, and a cost never many times what it is: an amount too small for
    the decimals is written exactly.
    """
    step = 10 ** (DECIMALS - decimals)
    if abs(wei) < step:
        return format_wei(wei)
    steps = -(-abs(wei) // step) if up else abs(wei) // step
    whole, _, part = format_wei(steps * step).partition(".")
    return f"{'-' if wei < 0 else ''}{int(whole):,}{'.' if part else ''}{part}"


def format_fee(fee_wei: int, gross_wei: int) -> tuple[str, str]:
    """A fee, rounded up, and the amount that it is kept of, cut off; both exactly where the fee
    would read more than that amount."""
    if _steps(fee_wei, up=True) > _steps(gross_wei):
        return format_wei(fee_wei), format_wei(gross_wei)
    return format_short(fee_wei, up=True), format_short(gross_wei)


def format_percent(part: int, whole: int) -> str:
    """`0.887 %`: a rate to three digits, never rounded down. `whole` is not 0."""
    share = Context(prec=3, rounding=ROUND_CEILING).divide(Decimal(100 * part), Decimal(whole))
    return f"{share.normalize():f} %"


def _steps(wei: int, *, up: bool = False) -> int:
    """What `format_short` writes, in wei."""
    step = 10 ** (DECIMALS - 4)
    return wei if wei < step else (-(-wei // step) if up else wei // step) * step


def format_brief(wei: int) -> str:
    """Wei of 0 or more for a label: `1.23 M`, `12,345`, `1.23`, `0.0012`, cut off, never up.

    A million (M) is the only unit: a billion is not the same number everywhere.
    """
    tokens = wei // ONE
    if tokens < 1_000_000:
        return format_short(wei, 0 if tokens >= 1_000 else 2 if tokens else 4)
    decimals = max(0, 9 - len(str(tokens)))
    return f"{format_short(wei // 1_000_000, decimals)} M"


def _no_number(text: str) -> str:
    """Why a text that is not digits and one mark is no amount."""
    if _GROUPED.fullmatch(text):
        return (
            "The amount has more than one mark or a space between its digits: write it without "
            "thousands separators, such as 1234.5."
        )
    if re.fullmatch(r"[0-9.,]+[eE][-+]?[0-9]+", text):
        return "The amount has an exponent: write it out, such as 0.001."
    if re.match(r"0[xX]", text):
        return "This looks like an address or a hash, not an amount: write a number, such as 12.5."
    if re.fullmatch(r"[0-9.,]+\s*[A-Za-z]+", text):
        return "Write the number alone, without a unit or a letter, such as 12.5."
    return "This is no number: write one, such as 12.5."
