"""What users read keeps to the words of CONTRIBUTING.md: none of the old ones comes back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.config import ROOT

# An old word, and what is said instead. Values and names of columns are data and stay as they are.
OLD = {
    r"even odds": "50 % chance",
    r"as likely as not": "50 % chance",
    r"nine[- ]in[- ]ten|nine tenths|nine futures|half of them": "90 %, 50 %, middle half",
    r"\bfutures?\b(?! releases)": "simulations",
    r"\bmend(s|ed|ing)?\b": "fix, correct",
    r"\b(in|more) worth\b": "each token is worth more FTM",
    r"of one's own": "a plain word",
    r"all the same|anyone to\b": "anyway",
    r"amount asked for|asked for now|you asked for|as if asked for": "made",
    r"was asked for\b(?! block)": "made",
    r"\basked (once|to unstake)\b|\b(who|that|never) asked\b(?! (the|a|an|for)\b)": "made",
    r"(receiver|address) (had )?refused|refused (by (its|their)|ones|payout|push|the)": "rejected",
    r"(?<!requested, )(?<!head, )\brefused or paid|paid or refused|those refused": "rejected",
    r"\bset aside\b": "kept",
    r"\bpool lacks\b": "must still come in",
    r"below [0-9][0-9,]* FTM": "under",
    r"less than 1 %|<\s?[0-9]+\s?%": "under 1 %",
    r"[0-9}]%(?![a-zA-Z0-9(%,.])": "one space before %",
    r"\bsuspended\b": "No estimate for now",
    r"90 % (intervals?|windows?|held)\b": "90 % range",
    r"\b50 % (intervals?|windows?|ranges?|held)\b": "middle half",
    r"\bservice curve\b|\bfluid\b|constant 35|uniform 1": "the model's one name",
}
RELEASED = {r"\breleased\b": "paid"}  # the name of a column in queries


def texts_of(file: Path) -> Iterator[tuple[int, str]]:
    """What of a file is shown: its strings but for docstrings, names and keys."""
    tree = ast.parse(file.read_text())
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in docs and " " in text.strip():
            yield node.lineno, text


def headers_of(file: Path) -> Iterator[tuple[int, str]]:
    """What a query says of itself: its title, its prose, and the notes without names and types."""
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if line.startswith("--"):
            yield number, re.sub(r"^--   \w+\s+.*?\s{2,}(?=\S)", "", line)


def lines_of(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text, without the examples of code in it."""
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if not line.startswith("    ") and not line.lstrip().startswith("//"):
            yield number, re.sub(r"`[^`]*`", "", line)


def shown() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Everything that is read by users, with where it stands and what may not be in it."""
    for folder in ("answers", "api", "pages", "ui"):
        for file in sorted((ROOT / folder).rglob("*")):
            of = {".py": texts_of, ".md": lines_of, ".js": lines_of, ".html": lines_of}
            for number, text in of.get(file.suffix, lambda _: iter(()))(file):
                yield f"{file.relative_to(ROOT)}:{number}", text, OLD | RELEASED
    for folder in ("data", "scoring"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for number, text in texts_of(file):
                yield f"{file.relative_to(ROOT)}:{number}", text, OLD
    for file in sorted((ROOT / "queries").glob("*.sql")):
        for number, text in headers_of(file):
            yield f"{file.relative_to(ROOT)}:{number}", text, OLD
    for number, text in lines_of(ROOT / "README.md"):
        yield f"README.md:{number}", text, OLD | RELEASED


def found(text: str, old: dict[str, str]) -> list[str]:
    return [
        f"{match[0]!r}: say {new}"
        for word, new in old.items()
        if (match := re.search(word, text, re.IGNORECASE))
    ]


def test_no_old_word_comes_back() -> None:
    everything = list(shown())
    assert len(everything) > 1_000
    wrong = [f"{where} {each}" for where, text, old in everything for each in found(text, old)]
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "Even odds by 3 May",
        "nine-in-ten window",
        "its receiver refused the money",
        "The address that asked",
        "below 100 FTM",
        "the highest fee of 5.000%",
        "a chance of <1 %",
        "Mend what is marked",
        "1,000 futures",
        "the 90 % intervals held",
        "50 % held",
    ],
)
def test_an_old_word_is_found(text: str) -> None:
    assert found(text, OLD)


@pytest.mark.parametrize(
    "text",
    ["50 % chance by 3 May", "requested, refused or paid", "under 100 FTM", "under 1 %", "%,.2f"],
)
def test_the_new_words_are_let_pass(text: str) -> None:
    assert not found(text, OLD)
