"""What happened, newest first, each with a key that stays: to a request, to those of an address, to
the checks, and the operator's runs. All of it plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import polars as pl

from answers import ending_words, logged, sentences, window_words, words
from answers.store_view import Row, StoreView
from forecast.baselines import OFFICIAL_DAYS

_MOVED_DAYS = 7  # of the 90 % date, to be reported
_LEFT = {"1/4": "three quarters", "1/2": "half", "3/4": "a quarter"}
_TOLD_BEFORE_END = timedelta(days=OFFICIAL_DAYS)


@dataclass(frozen=True)
class Happening:
    """`key` names it among all of its network, in every version of the store; `at` is UTC."""

    key: str
    at: datetime
    title: str
    text: str
    wr_id: int | None = None


def of_request(store: StoreView, request: Row) -> list[Happening]:
    """All that happened to a request, as `requests_by_address` has it. Raises StoreError."""
    wr_id = request["wr_id"]
    happenings = [
        *_steps(store.ask("request_steps", wr_id=wr_id)),
        *_windows(store, [wr_id]),
        *_end(store, f"request {wr_id}", request["requested_at"], request["paid_at"]),
    ]
    return _in_order(happenings)


def of_address(store: StoreView, address: str, most: int) -> list[Happening]:
    """The newest `most` of all that happened to the requests of an address. Raises StoreError."""
    requests = store.ask("requests_by_address", address=address)
    if requests.is_empty():
        return []
    steps, _ = store.ask_first("request_steps", most, address=address)
    paid = requests["paid_at"]
    happenings = [
        *_steps(steps),
        *_windows(store, requests["wr_id"].unique().to_list()),
        *_end(
            store,
            f"address {address}",
            requests["requested_at"].min(),  # type: ignore[arg-type]
            None if paid.null_count() else paid.max(),  # type: ignore[arg-type]
        ),
    ]
    return _in_order(happenings)[:most]


def failed_checks(store: StoreView) -> list[Happening]:
    """What the last sync found wrong, at the time of its block; at the newest block's where no log
    of that is here."""
    hosts = store.hosts()
    happenings = []
    for row in store.ask("failed_checks").filter(status="failed").iter_rows(named=True):
        places = [
            f"{kind} {row[name]:,}"
            for kind, name in (("block", "block"), ("request", "wr_id"))
            if row[name] is not None
        ]
        where = f", {', '.join(places)}" if places else ""
        at = row["at"] or store.info.synced_at
        if at is not None:
            key = f"check {row['name']} {row['block']} {row['wr_id']} {row['message']}"
            text = f"{words.found_plain(row['message'], hosts)} ({', '.join(places) or 'no block'})"
            happenings.append(Happening(key, at, f"Check failed: {row['name']}{where}", text))
    return _in_order(happenings)


def runs(store: StoreView, most: int) -> list[Happening]:
    """The newest `most` runs of the operator. One that goes on has the time of its last payout."""
    happenings = []
    for row in store.ask_first("operator_runs", most)[0].iter_rows(named=True):
        paid = (
            f"{words.plural(row['payouts'], 'request')} paid, "
            f"{words.ftm(row['paid_ftm'], 'down')} in all"
        )
        if row["refused"]:
            kept = words.ftm(row["stashed_ftm"], "down")
            by = "its receiver" if row["refused"] == 1 else "their receivers"
            paid += f"; {row['refused']:,} rejected by {by}, {kept} kept"
        began, ended = words.moment(row["started_at"]), words.moment(row["ended_at"])
        when = began if began == ended else f"{began} to {ended}"
        key = f"run {row['started_at']:%Y-%m-%dT%H:%M:%S}"
        happenings.append(
            Happening(key, row["ended_at"], f"Operator's run: {paid}", f"{when}: {paid}.")
        )
    return _in_order(happenings)


def _in_order(happenings: Iterable[Happening]) -> list[Happening]:
    """Newest first, each once: a log that is there twice happened when it came first."""
    once: dict[str, Happening] = {}
    for each in sorted(happenings, key=lambda each: each.at):
        once.setdefault(each.key, each)
    return sorted(once.values(), key=lambda each: each.at)[::-1]


def _steps(steps: pl.DataFrame) -> Iterator[Happening]:
    """Of `request_steps`: the oldest first, as several may be of one moment."""
    for step in steps.reverse().iter_rows(named=True):
        title, text = _in_words(step)
        wr_id = step["wr_id"]
        yield Happening(f"request {wr_id} {step['event']}", step["at"], title, text, wr_id)


def _in_words(step: Row) -> tuple[str, str]:
    name, payout = f"Request {step['wr_id']:,}", words.payout(step["payout_wei"])
    when = words.moment(step["at"])
    if step["event"] == "requested":
        text = f"{name} for {payout} was made on {when}, at place {step['place']:,} of the queue."
        return f"{name} was made", text
    if left := _LEFT.get(step["event"]):
        title = f"{name} moved up to place {step['place']:,}, from {step['place_then']:,}"
        places = words.plural(step["place_then"], "place")
        return title, f"No more than {left} of its {places} are left, since {when}."
    text = words.plain(sentences.happened(step, when))
    if step["event"] == "reached the head":
        return f"{name} is first in line", text
    if step["event"] == "refused":
        kept = (
            "The money is kept for it, and anyone can trigger the payment with "
            f"withdrawManual({step['wr_id']})."
        )
        return f"Payment of request {step['wr_id']:,} rejected by its receiver", f"{text} {kept}"
    return f"{name} was paid: {payout}", text


def _windows(store: StoreView, ids: list[int]) -> Iterator[Happening]:
    """Each time the 90 % date had moved by a week or more since it was last reported, by what was
    logged. Of a simulation nothing is."""
    if store.info.simulated:
        return
    rows = logged.estimates_of(store, ids)
    for (wr_id,), of_it in rows.group_by("wr_id", maintain_order=True):
        for before, now, days in _moved(of_it.iter_rows(named=True)):
            later = "later" if days > 0 else "earlier"
            least = "" if before["most_by"] and now["most_by"] else "at least "
            by = f"{least}{words.plural(abs(days), 'day')} {later}"
            text = (
                f"As of {words.day(now['forecast_at'])}: {sentences.estimate(now)}. As of "
                f"{words.day(before['forecast_at'])} it was: {sentences.estimate(before)}."
            )
            yield Happening(
                f"request {wr_id} window {now['forecast_at']:%Y-%m-%dT%H:%M:%S}",
                now["forecast_at"],
                f"Request {wr_id:,}: the 90 % date moved {by}",
                text,
                int(str(wr_id)),
            )


def _moved(rows: Iterable[Row]) -> Iterator[tuple[Row, Row, int]]:
    """What was reported last, what is reported now, and by how many days its 90 % date is later."""
    reported: Row | None = None
    for row in rows:
        if reported is None:
            reported = row
            continue
        days = (
            (row["most_by"] or row["last_day"]) - (reported["most_by"] or reported["last_day"])
        ).days
        # After the last day that is forecast is no date: only the least is known, or nothing.
        is_known = (row["most_by"] or days > 0) and (reported["most_by"] or days < 0)
        is_known = is_known and (row["most_by"] or reported["most_by"])
        if is_known and abs(days) >= _MOVED_DAYS:
            yield reported, row, days
            reported = row
        elif not is_known and row["most_by"]:
            reported = row


def _end(
    store: StoreView, of: str, made_at: datetime, paid_at: datetime | None
) -> Iterator[Happening]:
    """The chain's reported end, as many days before as the official time has, and once that day is
    over: of what was made at `made_at` and was not paid by then."""
    ending, newest_at = store.ending, store.info.synced_at
    if ending.day is None or newest_at is None:
        return
    over_at = window_words.begin(ending.day + timedelta(days=1))
    reported_at = max(made_at, window_words.begin(ending.day) - _TOLD_BEFORE_END)
    if (
        reported_at < over_at
        and reported_at <= newest_at
        and (paid_at is None or paid_at > reported_at)
    ):
        ahead = replace(ending, kind="reported")
        text = ending_words.reported(ahead)
        yield Happening(f"{of} end {ending.day}", reported_at, ending_words.brief(ahead), text)
    unpaid = made_at < over_at and (paid_at is None or paid_at > over_at)
    if ending.kind == "passed" and unpaid:
        text = f"{ending_words.reported(ending)} That day is over."
        title = f"{ending_words.brief(ending)}, and that day is over"
        yield Happening(f"{of} end {ending.day} over", over_at, title, text)
