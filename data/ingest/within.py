"""What must hold of the logs among themselves: a query a check, which lists what breaks it.

Each lists (block, wr_id, message), on the tables and views that decode makes. Where `decoded_from`
is set, those that ask something of each log, or of each row beside those before it, list what the
logs from that block on break.
"""

from __future__ import annotations

from data.pool.contracts import EVENTS, SILENT_EVENTS, Contract


def _known(contract: Contract) -> str:
    """The topic0s that a contract is known to emit, as SQL writes a list."""
    events = (event for event in (*EVENTS, *SILENT_EVENTS) if event.contract == contract)
    return ", ".join(sorted({f"'{event.topic0}'" for event in events}))


# The logs of one kind that nobody decodes are one row, of the kind's first block.
_UNDECODED = """
    SELECT
        min(block) AS block,
        NULL::BIGINT AS wr_id,
        count(*) || ' logs {of} have the topic0 ' || coalesce(topic0, 'of none')
            || ', which nobody decodes, the last in block ' || max(block) AS message
    FROM raw_logs
    WHERE {which} AND block <= coalesce(getvariable('rebuilt_to')::BIGINT, 9223372036854775807)
        AND block >= coalesce(getvariable('decoded_from')::BIGINT, 0)
        AND (topic0 IS NULL OR topic0 NOT IN ({known}))
    GROUP BY topic0
"""
# What each flow of hourly_flows sums up: of a table its amount, what tells its rows apart, and
# which of those it is. Each table is read once.
_FLOWS = {
    "requests": (
        "payout_wei",
        "manual_at IS NOT NULL AS rejected, paid_at IS NOT NULL AS paid",
        {
            "request": "TRUE",
            "release": "paid OR rejected",
            "payment": "paid",
            "refusal": "rejected",
            "late payment": "rejected AND paid",
        },
    ),
    "head_moves": (
        "payout_wei",
        "refused, by_hand",
        {
            "push": "NOT refused AND NOT by_hand",
            "push refused": "refused",
            "claimed by hand": "by_hand",
        },
    ),
    "reward_claims": (
        "reward_wei",
        "restaked",
        {"reward": "NOT restaked", "reward restaked": "restaked"},
    ),
    "returned_stakes": ("amount_wei", "TRUE AS every", {"stake returned": "every"}),
    "stakes": ("amount_wei", "TRUE AS every", {"stake": "every"}),
}


def _sums(table: str, amount: str, kinds: str, flows: dict[str, str]) -> str:
    """The flows of one table: how many moves, what they add up to, and of how many that is not
    known."""
    each = {
        name: ", ".join(
            f"coalesce(sum({name}) FILTER (WHERE {which}), 0)" for which in flows.values()
        )
        for name in ("moves", "wei", "unknown")
    }
    names = ", ".join(f"'{flow}'" for flow in flows)
    return f"""
        SELECT unnest([{names}]), unnest([{each["moves"]}]), unnest([{each["wei"]}]),
            unnest([{each["unknown"]}])
        FROM (
            SELECT {kinds}, count(*) AS moves,
                sum({amount}) FILTER (WHERE {amount} < 1e33::DECIMAL(38, 0)) AS wei,
                count(*) - count(*) FILTER (WHERE {amount} < 1e33::DECIMAL(38, 0)) AS unknown
            FROM {table}
            GROUP BY ALL
        )
    """


_FLOW_SUMS = " UNION ALL ".join(_sums(table, *rest) for table, rest in _FLOWS.items())
_UNFIT = """words_are_numbers AND (
    words_count > 0 AND NOT word_fits(data, 0) OR words_count > 1 AND NOT word_fits(data, 1)
    OR words_count > 2 AND CASE event
        WHEN 'FeeRuleUpdated' THEN threshold(data, 2) IS NULL
        ELSE NOT word_fits(data, 2)
    END
    OR words_count > 3 AND CASE event
        WHEN 'FeeRuleUpdated' THEN threshold(data, 3) IS NULL
        ELSE NOT word_fits(data, 3)
    END
    OR words_count > 4 AND NOT word_fits(data, 4)
)"""
# None of the chain's blocks is older.
_FIRST_TIME = "2019-01-01"

WITHIN = {
    "request ids": """
        SELECT block, wr_id, CASE
            WHEN wr_id = earlier THEN 'request ' || wr_id || ' was made twice'
            ELSE 'requests ' || (earlier + 1) || ' to ' || (wr_id - 1) || ' are missing before it'
        END AS message
        FROM (
            SELECT
                requested_block AS block,
                wr_id,
                coalesce(
                    lag(wr_id) OVER (ORDER BY wr_id),
                    (
                        SELECT max(wr_id) FROM requests
                        WHERE requested_block < getvariable('decoded_from')::BIGINT
                    ),
                    -1
                ) AS earlier
            FROM requests
            WHERE requested_block >= coalesce(getvariable('decoded_from')::BIGINT, 0)
        )
        WHERE wr_id <> earlier + 1
    """,
    "head order": """
        SELECT block, wr_id, CASE
            WHEN wr_id < due THEN 'request ' || wr_id || ' was passed again, ' || due || ' was due'
            ELSE 'the head went from ' || due || ' to ' || wr_id || ': settlements are missing'
        END AS message
        FROM (
            SELECT
                block,
                wr_id,
                1 + greatest(
                    -1,
                    max(wr_id) OVER (
                        ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                    ),
                    (
                        SELECT max(wr_id) FROM head_moves
                        WHERE NOT by_hand AND block < getvariable('decoded_from')::BIGINT
                    )
                ) AS due
            FROM head_moves
            WHERE NOT by_hand AND block >= coalesce(getvariable('decoded_from')::BIGINT, 0)
        )
        WHERE wr_id <> due
    """,
    "settled once": """
        SELECT max(block) AS block, wr_id, 'request ' || wr_id || ' was paid twice' AS message
        FROM head_moves
        WHERE NOT refused AND wr_id >= coalesce(
            (
                SELECT min(wr_id) FROM head_moves
                WHERE block >= getvariable('decoded_from')::BIGINT
            ), 0
        )
        GROUP BY wr_id HAVING count(*) > 1
    """,
    "payout amounts": """
        SELECT moves.block, moves.wr_id, CASE
            WHEN requests.wr_id IS NULL THEN 'request ' || moves.wr_id || ' was settled, not made'
            ELSE 'request ' || moves.wr_id || ' is owed '
                || coalesce(requests.payout_wei::VARCHAR, '?') || ' wei and was settled with '
                || coalesce(moves.payout_wei::VARCHAR, '?')
        END AS message
        FROM head_moves AS moves
        LEFT JOIN requests USING (wr_id)
        WHERE moves.block >= coalesce(getvariable('decoded_from')::BIGINT, 0)
            AND (requests.payout_wei IS DISTINCT FROM moves.payout_wei OR requests.wr_id IS NULL)
    """,
    "logs decode": """
        SELECT block, NULL::BIGINT AS wr_id,
            'log ' || log_index || ' has not the shape of ' || event AS message
        FROM malformed_logs('raw_logs')
    """,
    "amounts fit": f"""
        SELECT block, CASE WHEN contract = 'pool' AND has_id THEN topic_number(topic2) END AS wr_id,
            event || ', log ' || log_index || ', holds a number beyond 38 digits' AS message
        FROM decodable_logs
        WHERE {_UNFIT}
    """,
    "times ascend": f"""
        SELECT block, NULL::BIGINT AS wr_id, CASE
            WHEN first_at < last_at
                THEN 'its logs tell two times, ' || first_at || ' and ' || last_at
            WHEN last_at < TIMESTAMPTZ '{_FIRST_TIME} 00:00:00Z'
                THEN 'its time, ' || last_at || ', is before the chain began'
            WHEN last_at > getvariable('latest_time')::TIMESTAMPTZ
                THEN 'its time, ' || last_at || ', is still to come'
            ELSE 'its time, ' || first_at || ', is before that of block ' || before || ', '
                || before_at || ': one of both is wrong'
        END AS message
        FROM (
            SELECT *,
                lag(block) OVER (ORDER BY block) AS before,
                lag(last_at) OVER (ORDER BY block) AS before_at
            FROM (
                SELECT block, min(block_time) AS first_at, max(block_time) AS last_at
                FROM raw_logs
                WHERE block <= coalesce(getvariable('rebuilt_to')::BIGINT, 9223372036854775807)
                    AND block >= coalesce(
                        (SELECT max(block) FROM raw_logs WHERE block < getvariable('decoded_from')),
                        0
                    )
                GROUP BY block
            )
        )
        WHERE first_at < last_at OR first_at < before_at
            OR first_at < TIMESTAMPTZ '{_FIRST_TIME} 00:00:00Z'
            OR last_at > getvariable('latest_time')::TIMESTAMPTZ
    """,
    "same contracts": """
        SELECT block, NULL::BIGINT AS wr_id,
            event || ': the pool''s token is now ' || word_address(data, 1)
                || ', and no longer ' || word_address(data, 0) AS message
        FROM decodable_logs
        CROSS JOIN store_info
        WHERE contract = 'pool' AND (
            event = 'BondContractChanged' AND word_address(data, 1) <> bond
            OR event = 'CertContractChanged' AND word_address(data, 1) <> cert
        )
    """,
    "staking events": _UNDECODED.format(
        of="of the staking contract about the stubs",
        which="""address = (
            SELECT any_value(address) FROM temp.known_events WHERE contract = 'sfc'
        ) AND topic1 IN (SELECT '0x000000000000000000000000' || stub[3:] FROM stubs)""",
        known=_known("sfc"),
    ),
    "hourly sums": f"""
        SELECT (SELECT max(block) FROM raw_logs) AS block, NULL::BIGINT AS wr_id,
            flow || ': ' || coalesce(hours.moves, 0) || ' with ' || coalesce(hours.wei, 0)
                || ' wei, ' || coalesce(hours.unknown, 0)
                || ' of them unknown, are summed up by hours, and there are '
                || coalesce(rows.moves, 0) || ' with ' || coalesce(rows.wei, 0)
                || ' wei, ' || coalesce(rows.unknown, 0) || ' of them unknown' AS message
        FROM (
            SELECT flow, sum(moves) AS moves, sum(amount_wei) AS wei, sum(unknown) AS unknown
            FROM hourly_flows GROUP BY flow
        ) AS hours
        FULL JOIN ({_FLOW_SUMS}) AS rows (flow, moves, wei, unknown) USING (flow)
        WHERE coalesce(hours.moves, 0) <> coalesce(rows.moves, 0)
            OR coalesce(hours.wei, 0) <> coalesce(rows.wei, 0)
            OR coalesce(hours.unknown, 0) <> coalesce(rows.unknown, 0)
        UNION ALL
        SELECT (SELECT max(block) FROM raw_logs), NULL, 'waits: ' || counted || ' of '
            || minutes || ' minutes are counted by days, and there are ' || released || ' of '
            || waited
        FROM (
            SELECT coalesce(sum(requests), 0) AS counted,
                coalesce(sum(requests * wait_minutes), 0) AS minutes
            FROM waits
        ) AS days, (
            SELECT count(released_at) AS released,
                coalesce(sum((epoch_us(released_at) - epoch_us(requested_at)) // 60000000), 0)
                    AS waited
            FROM (SELECT requested_at, coalesce(manual_at, paid_at) AS released_at FROM requests)
        ) AS rows
        WHERE counted <> released OR minutes <> waited
    """,
}
# Which logs of known events these checks look at; by far most often there is none. All three are
# found in one scan, which is what takes its time.
LOOKED_AT = {
    "logs decode": "NOT well_formed",
    "amounts fit": f"CASE WHEN well_formed THEN {_UNFIT} END",  # AND would look at all of them
    "same contracts": "event IN ('BondContractChanged', 'CertContractChanged')",
}
# What breaks these may be harmless: the queue itself is held against the contract's views.
WITHIN_UNSURE = {
    "pool events": _UNDECODED.format(
        of="of the pool",
        which="""address = (
            SELECT any_value(address) FROM temp.known_events WHERE contract = 'pool'
        )""",
        known=_known("pool"),
    ),
}
