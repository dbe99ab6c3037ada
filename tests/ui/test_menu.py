"""The menu's pages are made once, and what one run marks is not seen by another."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _script() -> None:
    import streamlit as st

    from ui.server import menu

    own, others = menu.pages(), menu.pages()
    shown = st.navigation(own, position="top")
    st.session_state["shown"] = shown.title
    st.session_state["titles"] = [page.title for page in own]
    st.session_state["paths"] = [page.url_path for page in own]
    st.session_state["marked"] = [page.title for page in own if page._can_be_called]
    st.session_state["marked for others"] = [page.title for page in others if page._can_be_called]


def test_a_run_marks_the_page_that_it_shows_for_itself_alone() -> None:
    app = AppTest.from_function(_script, default_timeout=120)
    for _ in range(2):
        app.run()
        assert not app.exception
        assert app.session_state["shown"] == "Queue"
        assert app.session_state["titles"][:3] == ["Queue", "Waits", "Unstake"]
        assert app.session_state["paths"][:3] == ["", "waits", "unstake"]
        assert app.session_state["marked"] == ["Queue"]
        assert app.session_state["marked for others"] == []
