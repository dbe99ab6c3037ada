"""Whether a backtest would tell anything that the kept one does not. Quick: it is asked often."""

from __future__ import annotations

from pathlib import Path

from data.store.reader import open_reader
from scoring.companion import read_scores
from scoring.inputs import released_in
from scoring.run import model_version

# New releases that make a new backtest worth its minute.
_DUE_RELEASES, _DUE_SHARE = 20, 0.05


def is_due(store: Path) -> bool:
    """True without scores of this model, or with enough released since. Raises StoreError."""
    kept = read_scores(store)
    if kept is None or kept.about.model_version != model_version():
        return True
    with open_reader(store) as con:
        new = released_in(con) - kept.about.released
    return new < 0 or new >= max(_DUE_RELEASES, _DUE_SHARE * kept.about.released)
