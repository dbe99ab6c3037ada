"""A chart is built once, and anew when any of its rows differ."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


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
    app = AppTest.from_function(_page).run()
    assert not app.exception
    first, second, again = [_spec(chart) for chart in app.get("vega_lite_chart")]
    assert first != second
    assert first == again


def _spec(chart: object) -> str:
    return str(chart.proto)  # type: ignore[attr-defined]
