"""Every event becomes the rows that eth_abi says, in the chain's order, to the last wei."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection
from eth_abi import decode as decode_abi
from eth_abi.exceptions import DecodingError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bench import plain_python
from data.ingest import decode
from data.ingest.within import WITHIN
from data.pool.contracts import EVENTS, Event
from tests.log_lines import (
    ALICE,
    BOB,
    BURNED,
    BURNED_2,
    DEPLOYED,
    FANTOM,
    FIRST_BLOCK,
    FTM,
    RATIO,
    REFUSED,
    STAKED,
    STAKED_2,
    STRANGER,
    STUB,
    WITHDRAWN,
    Log,
    Story,
    node_log,
    rebuild_from,
    rows,
)

EDGES = [0, 1, 2**63, 2**64, 2**126, 10**38 - 1, 10**38, 2**128 - 1, 2**128, 2**255, 2**256 - 1]


def _random_logs(seed: int, count: int) -> list[Log]:
    """All events with any values they can hold, and a queue that keeps the contract's order."""
    draw = random.Random(seed)
    story = Story()
    stubs = [f"0x{draw.getrandbits(160):040x}" for _ in range(5)]
    requests, head, refused = 0, 0, list[int]()
    in_queue = (BURNED, BURNED_2, WITHDRAWN, REFUSED)

    def value(type_: str, name: str, *, indexed: bool) -> Any:
        if name == "delegator":
            return draw.choice([*stubs, STRANGER])
        if type_ == "address":
            return f"0x{draw.getrandbits(160):040x}"
        if type_ == "bool":
            return draw.random() < 0.5
        if indexed:
            return draw.choice([0, 1, draw.getrandbits(62), 2**63 - 1])
        if name == "duration":
            return draw.choice([0, 14 * 86_400, 365 * 86_400, 2**63, 2**200])
        return draw.choice([draw.getrandbits(126), draw.randrange(10**24), draw.choice(EDGES)])

    for number in range(count):
        event = DEPLOYED if number < len(stubs) else draw.choice([*EVENTS, *in_queue * 4])
        values = {f.name: value(f.type, f.name, indexed=f.indexed) for f in event.fields}
        if number < len(stubs):
            values["proxy"] = stubs[number]
        if event in (BURNED, BURNED_2):
            values["wrId"], requests = requests, requests + 1
            values["fee"] = min(values["fee"], values["amount"])
        elif event is WITHDRAWN and refused and draw.random() < 0.2:
            values["wrId"] = refused.pop(draw.randrange(len(refused)))
        elif event in (WITHDRAWN, REFUSED):
            if head == requests:
                continue
            values["wrId"], head = head, head + 1
            if event is REFUSED:
                refused.append(values["wrId"])
        story.emit(event, *values.values(), same_block=draw.random() < 0.3)
    draw.shuffle(story.logs)
    return story.logs


@pytest.mark.parametrize("seed", range(3))
def test_every_table_is_what_eth_abi_makes_of_the_same_logs(seed: int, con: Connection) -> None:
    logs = _random_logs(seed, 1_500)
    rebuild_from(con, logs)
    expected = plain_python.tables(plain_python.decode_logs(logs, FANTOM))
    assert all(len(expected[name]) > 5 for name in decode.DERIVED)
    for name in decode.DERIVED:
        assert rows(con, f"FROM {name}") == expected[name], name


def test_the_tables_do_not_depend_on_the_sessions_time_zone(con: Connection) -> None:
    logs = _random_logs(1, 300)
    rebuild_from(con, logs)
    expected = {name: rows(con, f"FROM {name}") for name in decode.DERIVED}
    con.execute("SET TimeZone = 'Pacific/Auckland'")
    rebuild_from(con, logs)
    con.execute("SET TimeZone = 'UTC'")
    assert {name: rows(con, f"FROM {name}") for name in decode.DERIVED} == expected


# Amounts


@pytest.mark.parametrize("amount", [0, 1, FTM, 2**126 - 1, 2**126, 10**38 - 1])
def test_an_amount_of_up_to_38_digits_is_exact(amount: int, con: Connection) -> None:
    logs = [
        node_log(STAKED, ALICE, amount, index=0),
        node_log(RATIO, amount, index=1),
        node_log(BURNED_2, ALICE, amount, amount, 0, 0, True, index=2),
        node_log(WITHDRAWN, ALICE, amount, 0, index=3),
    ]
    rebuild_from(con, logs)
    assert rows(con, "SELECT amount_wei FROM stakes") == [(amount,)]
    assert rows(con, "SELECT ratio_wei FROM ratios") == [(amount,)]
    assert rows(con, "SELECT gross_wei, payout_wei FROM requests") == [(amount, amount)]
    assert rows(con, "SELECT payout_wei FROM payouts") == [(amount,)]
    assert rows(con, "SELECT DISTINCT typeof(amount_wei) FROM stakes") == [("DECIMAL(38,0)",)]
    assert rows(con, WITHIN["amounts fit"]) == []


@pytest.mark.parametrize("amount", [10**38, 2**127, 2**128, 2**256 - 1])
def test_an_amount_beyond_38_digits_stays_raw_and_is_null(amount: int, con: Connection) -> None:
    rebuild_from(con, [node_log(STAKED, ALICE, amount)])
    assert rows(con, "SELECT staker, amount_wei FROM stakes") == [(ALICE, None)]
    assert rows(con, "SELECT data FROM raw_logs") == [(f"0x{amount:064x}",)]
    assert len(rows(con, WITHIN["amounts fit"])) == 1


# Generations and strangers


@pytest.mark.parametrize("event", [e for e in EVENTS if e.contract == "sfc"], ids=lambda e: e.name)
def test_a_delegator_that_is_no_stub_never_appears(event: Event, con: Connection) -> None:
    numbers = [1] * (len(event.fields) - 1)
    story = Story()
    story.emit(event, STRANGER, *numbers)
    story.emit(event, STUB, *numbers)
    story.emit(DEPLOYED, 0, STUB)
    story.emit(event, STUB, *numbers)
    rebuild_from(con, story.logs)
    for name in ("reward_claims", "returned_stakes", "lock_ups"):
        found = rows(con, f"SELECT stub FROM {name}")
        # What a stub did counts from its first block, whenever the pool announced it.
        assert found in ([], [(STUB,), (STUB,)])


# Logs without their event's shape


def test_upgraded_has_two_shapes_and_no_third(con: Connection) -> None:
    indexed, plain = (event for event in EVENTS if event.name == "Upgraded")
    third = node_log(indexed, ALICE, index=2)
    third["topics"].append(third["topics"][1])
    rebuild_from(con, [node_log(indexed, ALICE), node_log(plain, ALICE, index=1), third])
    assert rows(con, "SELECT log_index FROM malformed_logs('raw_logs')") == [(2,)]


def _with(log: Log, **changes: Any) -> Log:
    return log | changes


def _spoilt() -> Iterator[tuple[str, Log]]:
    burn = node_log(BURNED_2, ALICE, 10, 9, 1, 0, False)
    topics = burn["topics"]
    dirty, wide, flag = "0x1" + "0" * 63, f"0x{2**63:064x}", f"0x{2:064x}"
    yield "a word too few", _with(burn, data=burn["data"][:-64])
    yield "a word too many", _with(burn, data=burn["data"] + "0" * 64)
    yield "half a word", _with(burn, data=burn["data"] + "00")
    yield "no data", _with(burn, data="0x")
    yield "a topic too few", _with(burn, topics=topics[:3])
    yield "no topics but the first", _with(burn, topics=topics[:1])
    yield "an address with more than 20 bytes", _with(burn, topics=[topics[0], dirty, *topics[2:]])
    yield "an id beyond 63 bits", _with(burn, topics=[*topics[:2], wide, topics[3]])
    yield "an id beyond all", _with(burn, topics=[*topics[:2], "0x" + "f" * 64, topics[3]])
    yield "a flag that is neither", _with(burn, topics=[*topics[:3], flag])
    yield "a flag beyond 63 bits", _with(burn, topics=[*topics[:3], wide])
    staked = node_log(STAKED_2, ALICE, 10, True)
    yield "a flag of a stake", _with(staked, topics=[*staked["topics"][:2], flag])


WORDS = st.sampled_from(["00" * 32, "00" * 31 + "01", "00" * 12 + "a1" * 20]) | st.binary(
    min_size=32, max_size=32
).map(bytes.hex)


def _shapes(event: Event) -> st.SearchStrategy[tuple[Event, list[str], list[str], bool]]:
    """Topics and words for an event: as many as it has, or any number; with a byte less or not."""
    topics = event.topics_count - 1
    as_many = (
        st.lists(WORDS, min_size=topics, max_size=topics),
        st.lists(WORDS, min_size=event.words_count, max_size=event.words_count),
    )
    any_number = (st.lists(WORDS, max_size=3), st.lists(WORDS, max_size=6))
    shape = st.tuples(st.just(event), *as_many, st.just(False))
    return shape | st.tuples(st.just(event), *any_number, st.booleans())


def _decodes(event: Event, topics: list[str], data: str) -> bool:
    """Whether eth_abi reads such a log as the event, and its id is one that a queue can reach."""
    indexed = [field for field in event.fields if field.indexed]
    plain = [field.type for field in event.fields if not field.indexed]
    if len(indexed) != len(topics) or len(data) != 64 * len(plain):
        return False
    try:
        values = [
            decode_abi([f.type], bytes.fromhex(t))[0] for f, t in zip(indexed, topics, strict=True)
        ]
    except DecodingError:
        return False
    return not (len(indexed) > 1 and indexed[1].type == "uint256" and values[1] >= 2**63)


@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(shapes=st.lists(st.sampled_from(EVENTS).flatmap(_shapes), min_size=5, max_size=15))
def test_any_bytes_are_an_event_only_where_eth_abi_says_so(
    shapes: list[tuple[Event, list[str], list[str], bool]], con: Connection
) -> None:
    logs, wrong = [], set()
    for index, (event, topics, words, cut) in enumerate(shapes):
        data = "".join(words)[: -2 if cut else None]
        same = [
            each
            for each in EVENTS
            if (each.contract, each.topic0) == (event.contract, event.topic0)
        ]
        if not any(_decodes(each, topics, data) for each in same):
            wrong.add(index)
        log = node_log(DEPLOYED, 0, ALICE, index=index)
        log |= {"address": getattr(FANTOM, event.contract), "data": "0x" + data}
        logs.append(log | {"topics": [event.topic0, *("0x" + topic for topic in topics)]})
    rebuild_from(con, logs)
    assert {
        index for (index,) in rows(con, "SELECT log_index FROM malformed_logs('raw_logs')")
    } == wrong
    assert rows(con, "SELECT count(*) FROM raw_logs") == [(len(logs),)]


@pytest.mark.parametrize("log", [pytest.param(log, id=why) for why, log in _spoilt()])
def test_a_log_without_its_events_shape_is_kept_raw_and_reported(log: Log, con: Connection) -> None:
    rebuild_from(con, [log, node_log(BURNED_2, ALICE, 1, 1, 0, 1, True, index=1)])
    assert rows(con, "SELECT log_index FROM malformed_logs('raw_logs')") == [(0,)]
    assert rows(con, "SELECT wr_id FROM requests") == [(1,)]
    assert rows(con, "SELECT count(*) FROM raw_logs") == [(2,)]
    assert rows(con, "FROM stakes") == []


def test_a_known_topic0_at_another_contract_is_another_event(con: Connection) -> None:
    log = node_log(WITHDRAWN, ALICE, 10, 0)
    anonymous = _with(node_log(RATIO, 5, index=1), topics=[])
    rebuild_from(con, [_with(log, address=FANTOM.sfc), anonymous])
    assert rows(con, "FROM malformed_logs('raw_logs')") == []
    assert rows(con, "FROM head_moves") == rows(con, "FROM ratios") == []


def test_logs_beyond_the_last_whole_block_wait_for_the_blocks_between(con: Connection) -> None:
    early = node_log(BURNED, ALICE, 5 * FTM, 5 * FTM, 0, 0, block=FIRST_BLOCK)
    late = node_log(BURNED, BOB, 7 * FTM, 7 * FTM, 0, 2, block=FIRST_BLOCK + 90)
    rebuild_from(con, [early, late])
    decode.rebuild(con, FIRST_BLOCK + 10)
    assert rows(con, "SELECT wr_id FROM requests") == [(0,)]
    assert rows(con, "SELECT count(*) FROM raw_logs") == [(2,)]
    decode.rebuild(con, FIRST_BLOCK + 90)
    assert rows(con, "SELECT wr_id FROM requests ORDER BY 1") == [(0,), (2,)]
