"""`streamlit run app.py`: the server around ui/main.py, the router, and pages/."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from api import app as api
from api import limits
from ui.server import addresses, first_page, gate, metrics, serving

gate.ask_nobody_outside()
app = st.App(
    Path(__file__).parent / "ui" / "main.py",
    lifespan=serving.lifespan,
    routes=[*serving.routes("pages"), *api.routes(addresses.base())],
    middleware=[
        Middleware(metrics.counted),
        Middleware(serving.with_security_headers),
        Middleware(gate.named_hosts_only),
        Middleware(serving.own_at_base_path),
        Middleware(limits.per_client),
        Middleware(gate.reading_only),
        Middleware(first_page.with_own_name),
    ],
    on_script_error=serving.explain,
)
