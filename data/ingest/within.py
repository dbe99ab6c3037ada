"""What must hold of the logs among themselves: a query a check, which lists what breaks it.

Each lists (block, wr_id, message), on the tables and views that decode makes. Where `decoded_from`
is set, those that ask something of each log list what the logs from that block on break.
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
# What each flow of hourly_flows sums up: the table, its amount, and which of its rows.
_FLOWS = {
    "request": ("requests", "payout_wei", "TRUE"),
    "release": ("requests", "payout_wei", "coalesce(manual_at, paid_at) IS NOT NULL"),
    "payment": ("requests", "payout_wei", "paid_at IS NOT NULL"),
    "refusal": ("requests", "payout_wei", "manual_at IS NOT NULL"),
    "late payment": ("requests", "payout_wei", "manual_at IS NOT NULL AND paid_at IS NOT NULL"),
    "push": ("head_moves", "payout_wei", "NOT refused AND NOT by_hand"),
    "push refused": ("head_moves", "payout_wei", "refused"),
    "claimed by hand": ("head_moves", "payout_wei", "by_hand"),
    "reward": ("reward_claims", "reward_wei", "NOT restaked"),
    "reward restaked": ("reward_claims", "reward_wei", "restaked"),
    "stake returned": ("returned_stakes", "amount_wei", "TRUE"),
    "stake": ("stakes", "amount_wei", "TRUE"),
}
_FLOW_SUMS = " UNION ALL ".join(
    f"SELECT '{flow}', count(*), "
    f"coalesce(sum({amount}) FILTER (WHERE {amount} < 1e33::DECIMAL(38, 0)), 0), "
    f"count(*) - count(*) FILTER (WHERE {amount} < 1e33::DECIMAL(38, 0)) "
    f"FROM {table} WHERE {which}"
    for flow, (table, amount, which) in _FLOWS.items()
)
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
                coalesce(lag(wr_id) OVER (ORDER BY wr_id), -1) AS earlier
            FROM requests
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
                coalesce(
                    max(wr_id) OVER (
                        ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                    ) + 1, 0
                ) AS due
            FROM head_moves WHERE NOT by_hand
        )
        WHERE wr_id <> due
    """,
    "settled once": """
        SELECT max(block) AS block, wr_id, 'request ' || wr_id || ' was paid twice' AS message
        FROM head_moves WHERE NOT refused GROUP BY wr_id HAVING count(*) > 1
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
    "amounts fit": """
        SELECT block, CASE WHEN contract = 'pool' AND has_id THEN topic_number(topic2) END AS wr_id,
            event || ', log ' || log_index || ', holds a number beyond 38 digits' AS message
        FROM decodable_logs
        WHERE words_are_numbers AND (
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
        )
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
