"""The files that somebody named, as plain files that DuckDB can read.

What they are is told by their first bytes, never by their names. They are unzipped here: DuckDB
would take a gzip that was cut off at the end of a line for a whole one.
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from glob import has_magic
from pathlib import Path
from typing import IO, AnyStr, cast

from data import LogFileError
from data.store.reader import is_full

_GZIP = b"\x1f\x8b"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PACKED = {
    b"PK\x03\x04": "a zip archive",
    b"\x28\xb5\x2f\xfd": "packed by zstd",
    b"BZh": "packed by bzip2",
    b"\xfd7zXZ": "packed by xz",
}
_PIECE_BYTES = 1 << 20


def named_files(paths: Iterable[Path]) -> list[Path]:
    """Every file that is meant: a folder stands for the files in it, a pattern for what fits it.

    In order, hidden files left out. Raises LogFileError for what stands for no file.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = _visible(path.iterdir())
        elif not path.exists() and has_magic(str(path)):
            anchor = Path(path.anchor)
            found = _visible(anchor.glob(str(path.relative_to(anchor))))
        else:
            found = [path]
        if not found:
            raise LogFileError(f"there is no file in {path}")
        files += found
    return files


def _visible(paths: Iterable[Path]) -> Sequence[Path]:
    return sorted(path for path in paths if path.is_file() and not path.name.startswith("."))


def plain_file(path: Path, folder: Path) -> Path:
    """The content of `path` in UTF-8 or binary, unzipped, under a harmless name in `folder`.

    A link where it is plain already; a pipe is read once. Raises LogFileError where it cannot be
    read, or is packed in another way than gzip.
    """
    if not path.exists():
        raise LogFileError(f"no file {path}")
    plain = folder / "plain"
    plain.unlink(missing_ok=True)
    try:
        if path.is_file():
            plain.symlink_to(path.resolve())
        else:
            with path.open("rb") as pipe:
                _write_over(plain, _pieces(pipe))
        while _start(plain).startswith(_GZIP):
            with gzip.GzipFile(plain) as unzipped:
                _write_over(plain, _pieces(cast(IO[bytes], unzipped)))
        start = _start(plain)
        if start.startswith(_UTF_16):
            with plain.open(encoding="utf-16", newline="") as text:
                _write_over(plain, (piece.encode() for piece in _pieces(text)))
        elif start.startswith(codecs.BOM_UTF8):
            with plain.open("rb") as file:
                file.seek(len(codecs.BOM_UTF8))
                _write_over(plain, _pieces(file))
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        if is_full(error):
            raise  # not the file's fault
        raise LogFileError(
            f"{path} cannot be read to its end ({error}): get the file again; nothing of it was "
            "stored"
        ) from error
    for magic, what in _PACKED.items():
        if start.startswith(magic):
            raise LogFileError(f"{path} is {what}: unpack it, or pack it with gzip")
    return plain


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _pieces(file: IO[AnyStr]) -> Iterator[AnyStr]:
    while piece := file.read(_PIECE_BYTES):
        yield piece


def _write_over(plain: Path, pieces: Iterable[bytes]) -> None:
    """Put these bytes in the place of `plain`, from which they may come."""
    written = plain.with_name("written")
    with written.open("wb") as file:
        file.writelines(pieces)
    written.replace(plain)
