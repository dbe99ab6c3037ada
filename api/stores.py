"""What there is of each network, how the odds have scored, and the whole history as a file."""

from __future__ import annotations

import io
from pathlib import Path

from answers import scored
from answers.sources import Source, read_sources
from answers.store_view import StoreView, SupersededError, read
from api.forms import Figure, NetworkForm, Networks, Scores
from api.problems import Problem
from api.served import Body
from api.values import iso
from data import StoreError, TrackerError
from data.config import load_network, network_names
from data.ingest.archived import scope_of, write_archive
from data.store.reader import StoreInfo, open_reader

ARCHIVE = "application/x-bzip2"
MOST_LOGS = 100_000  # of an archive that is made here: more take over ten seconds


def networks() -> Networks:
    """Every network. Raises Problem where settings cannot be read."""
    try:
        sources = read_sources()
        default = sources.default()
        return Networks(
            networks=[_network(each, each == default) for each in sources.known.values()]
        )
    except TrackerError as error:
        raise Problem(503, "not-set-up", "The server's settings cannot be read.") from error


def _network(source: Source, is_default: bool) -> NetworkForm:
    network = load_network(source.name) if source.name in network_names() else None
    info = _info(source)
    return NetworkForm(
        name=source.name,
        is_default=is_default,
        simulated=info.simulated if info else network is not None and network.simulated,
        chain_id=info.chain_id if info else network.chain_id if network else None,
        has_store=info is not None,
        block=info.synced_block if info else None,
        block_at=iso(info.synced_at) if info else None,
        ends_on=network.ends_on if network else None,
        ends_told_by=network.ends_told_by or None if network else None,
        ends_confirmed=network is not None and network.ends_confirmed,
    )


def _info(source: Source) -> StoreInfo | None:
    version = source.version()
    try:
        return read(version) if version else None
    except StoreError:  # one that cannot be read is none
        return None


def scores(store: StoreView) -> Scores:
    """How the forecasts on a store would have come out."""
    scores_now = scored.scores_of(store)
    if scores_now is None:
        nothing = dict.fromkeys(("block", "as_of", "model_version", "money", "provisional"))
        return Scores(scored=False, requests=None, figures=[], **nothing)
    about = scores_now.about
    return Scores(
        scored=True,
        block=about.block,
        as_of=iso(about.as_of),
        model_version=about.model_version,
        money=about.source,
        provisional=about.provisional,
        requests=about.origins,
        figures=[
            Figure(
                **{
                    name: row[name] for name in ("model", "slice", "metric", "value", "low", "high")
                },
                forecasts=row["n"],
                batches=row["batches"],
                decided=row["decided"],
            )
            for row in scores_now.table.fill_nan(None).iter_rows(named=True)
        ],
    )


def archive(store: StoreView) -> Body:
    """The whole history as one file, with its sum. Raises Problem where it is too long, or holds no
    whole history."""
    if store.table_rows("raw_logs") > MOST_LOGS:
        raise Problem(413, "too-large", "This history is too long to be made into a file here.")
    file = io.BytesIO()
    try:
        with open_reader(Path(store.version[0])) as con:
            sealed = write_archive(con, scope_of(con), file)
    except SupersededError:
        raise
    except StoreError as error:
        raise Problem(503, "no-archive", "No archive can be made of this store now.") from error
    name = f"{store.info.network}-to-{sealed.scope.last_block}.archive"
    return Body(file.getvalue(), ARCHIVE, is_data=False, filename=name, sum=str(sealed))
