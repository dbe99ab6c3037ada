"""On a day of the past: what came to the requests that waited then, beside their odds."""

from __future__ import annotations

import polars as pl
import streamlit as st

from answers import came_since, words
from answers.came_since import Came
from answers.scored import Odds
from ui.parts import tables


def show(odds: Odds) -> None:
    """What became of those who waited, and how often they were paid by the dates that they had."""
    if (found := came_since.came(odds)) is None:
        return
    st.subheader("What came since")
    st.markdown(sentence(found))
    judged = {chance: counts for chance, counts in found.by_chance.items() if counts[1]}
    if not judged:
        return
    rows = [
        (f"{chance} % chance by then", of, held, words.share(held / of))
        for chance, (held, of) in judged.items()
    ]
    tables.show(
        pl.DataFrame(rows, schema=["said", "judged", "held", "share"], orient="row"),
        height="content",
        width=520,
        alt="How many of the requests that waited then were paid by the dates that they had",
        column_config={
            "said": "What was said",
            "judged": st.column_config.NumberColumn("Requests", format="%,d"),
            "held": st.column_config.NumberColumn("Paid by then", format="%,d"),
            "share": "Share",
        },
    )
    st.caption(
        "Of each request whose date has come by now, paid or not; one that its receiver rejected "
        "counts as paid when its turn came. One run of the operator pays many at once, so one day "
        "proves little: the scores below are of all that came before it."
    )


def sentence(found: Came) -> str:
    """How many waited then, and how many of them were paid since."""
    if not found.waiting:
        return "Nobody waited then."
    newest = words.moment(found.until)
    passed = "all" if found.passed == found.looked_at else f"{found.passed:,}"
    them = "them" if found.looked_at == found.waiting else f"the first {found.looked_at:,}"
    waiting = words.plural(found.waiting, "request")
    text = f"{waiting} waited then; {passed} of {them} were paid or rejected up to {newest}."
    if not any(of for _, of in found.by_chance.values()):
        if not found.dated:
            return f"{text} No dates were given then."
        return f"{text} No date that was given then can be judged yet."
    return text
