"""What is said of an address in one sentence or two."""

from __future__ import annotations

import polars as pl
import pytest

from ui.request import sentences

PAID = (1, "paid", None, None)
REFUSED = (2, "manual", None, None)
NEXT = (3, "pending", 1, 0.0)
LATER = (4, "pending", 7, 1_234.5)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([PAID], "This address asked once and has no request in the queue."),
        (
            [REFUSED],
            "This address asked once and has no request in the queue. It was refused: the money is "
            "set aside until `withdrawManual` is called.",
        ),
        ([NEXT], "This address asked once. Request 3 waits at place 1 with nothing ahead."),
        (
            [LATER, REFUSED, NEXT, PAID],
            "This address asked 4 times; 2 requests wait. The first of them, request 3, is at "
            "place 1 with nothing ahead. 1 of them was refused: the money is set aside until "
            "`withdrawManual` is called.",
        ),
        (
            [LATER, PAID],
            "This address asked 2 times. Request 4 waits at place 7 with 1,234 FTM ahead.",
        ),
    ],
)
def test_an_address_is_told_what_waits_and_what_was_refused(
    rows: list[tuple[int, str, int | None, float | None]], expected: str
) -> None:
    schema = {"wr_id": pl.Int64, "status": pl.String, "place": pl.Int64, "ahead_ftm": pl.Float64}
    assert sentences.of_address(pl.DataFrame(rows, schema=schema, orient="row")) == expected
