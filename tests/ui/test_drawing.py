"""What did not change is built once and shown again, and what differs in any row is built anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from answers.sources import read_sources
from scoring.companion import read_scores, write_scores
from tests.app import edited
from tests.shown import Show, opened


def _page() -> None:
    import altair as alt
    import polars as pl

    from ui.parts import drawing

    def bars(rows: pl.DataFrame) -> alt.Chart:
        return alt.Chart(rows).mark_bar().encode(x="place:O", y="height:Q")

    places = pl.DataFrame({"place": range(60)})
    for height in (1.0, 2.0, 1.0):
        middle = pl.when(pl.col("place") == 30).then(height).otherwise(0.0)
        drawing.draw(bars, places.with_columns(height=middle), alt="The same words")


def test_a_chart_whose_middle_row_alone_differs_is_another_chart() -> None:
    app = AppTest.from_function(_page, default_timeout=120).run()
    assert not app.exception
    first, second, again = [_spec(chart) for chart in app.get("vega_lite_chart")]
    assert first != second
    assert first == again


def _spec(chart: object) -> str:
    return str(chart.proto)  # type: ignore[attr-defined]


def _parts() -> None:
    import polars as pl
    import streamlit as st

    from ui.parts import drawing

    def rows(count: int) -> int:
        with st.expander("Rows"):
            st.dataframe(pl.DataFrame({"row": range(count)}))
        st.session_state["drawn"] = [*st.session_state.get("drawn", []), count]
        return count

    left, right = st.columns(2)
    for place, (key, count) in ((left, ("a", 1)), (right, ("b", 2)), (left, ("a", 3))):
        with place:
            st.markdown(f"{key}: {drawing.once((key, rows.__name__), rows, count)}")


def test_a_part_is_drawn_once_for_each_key_and_then_sent_as_it_was_wherever_it_stands() -> None:
    st.cache_resource.clear()
    app = AppTest.from_function(_parts, default_timeout=120).run()
    for _ in range(2):
        assert not app.exception
        assert [text.value for text in app.markdown] == ["a: 1", "a: 1", "b: 2"]
        left, right = app.columns
        assert [len(table.value) for table in left.expander[0].dataframe] == [1]
        assert [len(table.value) for table in left.expander[1].dataframe] == [1]
        assert [len(table.value) for table in right.expander[0].dataframe] == [2]
        assert app.session_state["drawn"] == [1, 2]
        app.run()


PAGES = ("", "waits", "unstake", "track", "outlook", "explore", "status")
LINKS = {"track": {"find": "2199"}, "explore": {"query": "payouts"}}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_is_run_again_shows_what_it_showed(show_scored: Show, page: str) -> None:
    st.cache_resource.clear()
    app = show_scored(page=page, **LINKS.get(page, {}))
    first = _elements(app)
    assert len(first) > 10
    assert _elements(app.run()) == first


# Views of each page that keeps parts: the plain one, then such as differ from it in a choice.
VIEWS: dict[str, list[dict[str, str]]] = {
    "": [{}, {"range": "1 year"}, {"token": "aFTMb"}, {"token": "aFTMc"}, {"payouts": "false"}],
    "waits": [{}, {"days": "90"}, {"range": "1 year"}],
    "outlook": [{}, {"amount": "25000"}, {"of": "amount: under 100 FTM"}],
    "explore": [
        {"query": "queue_depth"},
        {"query": "queue_depth", "draw": "requests"},
        {"query": "queue_depth", "token": "aFTMc"},
        {"query": "blocking_head"},
        {"table": "ratios"},
        {"table": "stubs"},
    ],
    "status": [{}],
}


def test_no_view_shows_what_was_kept_of_another(
    show_scored: Show, sample_store: Path, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = tmp_path / "shown.duckdb"
    scores = read_scores(store)
    assert scores is not None
    show_scored()
    _anew_is_as_kept([(page, link) for page, links in VIEWS.items() for link in links])
    plain = [(page, links[0]) for page, links in VIEWS.items()]
    environment.setenv("FTM_NETWORK", "renamed")
    read_sources.cache_clear()
    _anew_is_as_kept(plain[:1])
    halves = scores.table.with_columns(pl.col("value", "low", "high") / 2)
    write_scores(store, replace(scores, table=halves))
    _anew_is_as_kept([("outlook", {}), ("outlook", {"of": "amount: under 100 FTM"})])
    edited(
        sample_store,
        store,
        "UPDATE store_info SET explorer = 'https://explorer.example'",
        "UPDATE requests SET requested_at = requested_at - INTERVAL 3 DAY",
        "UPDATE checks SET message = 'changed'",
        "DELETE FROM coverage WHERE filter = 'bond'",
        "DELETE FROM ratios WHERE block % 2 = 0",
    )
    _anew_is_as_kept([*plain, ("explore", {"table": "ratios"})])


def _anew_is_as_kept(views: list[tuple[str, dict[str, str]]]) -> None:
    """Each view shows the same among the parts that are kept as when nothing is."""
    kept = [_elements(opened(page, **link)) for page, link in views]
    for (page, link), shown in zip(views, kept, strict=True):
        st.cache_resource.clear()
        assert _elements(opened(page, **link)) == shown, (page, link)
    assert all(kept.count(shown) == 1 for shown in kept), "each view shows something of its own"


def _elements(app: AppTest) -> list[tuple[str, str]]:
    """Every element and container of a page in its order, with all that was sent of those that
    are no inputs: an input is sent with what is in it, a button with a file of its own."""
    return [
        (repr(element), "" if getattr(element.proto, "id", "") else str(element.proto))
        for element in app.main
    ]
