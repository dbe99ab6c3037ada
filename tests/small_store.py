"""A store of eight requests, small enough to know every answer by heart.

Payouts in FTM, times in January 2024 (the 1st is a Monday), last sync on the 10th at 12:00:

    id  token  payout  asked         the head passed it      money arrived
    0   aFTMb     100  1st 10:00     1st 20:00               then
    1   aFTMc      50  1st 23:30     3rd 00:00               then
    2   aFTMb     200  2nd 00:00     3rd 06:00, refused      6th 06:00, claimed by hand
    3   aFTMc      10  3rd 06:00     4th 12:00, refused      not yet
    4   aFTMb    1000  5th 12:00     not yet: it is the head
    5   aFTMc      20  5th 12:00     not yet
    6   aFTMb       0  8th 12:00     not yet
    7   aFTMc     0.5  10th 00:00    not yet

A quarter of each payout was burned on top of it as a fee. When request 3 was asked, the head
had passed request 2 in the same block.

Claims: 30 FTM on the 2nd, 12 on the 7th, 8 at the last sync; 5 more on the 2nd were restaked.
Stake returned: 500 FTM on the 3rd. In the pool: 40 FTM on the 9th, 400 at the last sync.
"""

from __future__ import annotations

import duckdb

from data.config import ROOT, load_network
from data.ingest import decode

_SCHEMA = ROOT / "data" / "store" / "schema.sql"
_ROWS = """
INSERT INTO store_info BY NAME SELECT
    'sample' AS network, 250 AS chain_id, TRUE AS simulated, 1 AS schema_version,
    uuid() AS store_id, 100 AS first_block, 1012 AS synced_block,
    TIMESTAMPTZ '2024-01-10 12:00:00Z' AS synced_at, '0x1' AS pool, '0x2' AS bond, '0x3' AS cert,
    '0x4' AS sfc, 'FTM' AS native_symbol, '' AS explorer;

INSERT INTO raw_logs BY NAME SELECT
    100 AS block, 0 AS log_index, TIMESTAMPTZ '2024-01-01 00:00:00Z' AS block_time, '0xa' AS tx,
    '0x1' AS address, '0x' AS data;

-- A request's block is 100 times the day plus the hour.
INSERT INTO requests BY NAME SELECT
    wr_id,
    '0xstaker' || wr_id AS staker,
    if(wr_id % 2 = 0, 'aFTMb', 'aFTMc') AS token,
    (ftm * 1e18)::DECIMAL(38, 0) AS payout_wei,
    (ftm * 1.25e18)::DECIMAL(38, 0) AS gross_wei,
    gross_wei - payout_wei AS fee_wei,
    ('2024-01-' || asked || ':00Z')::TIMESTAMPTZ AS requested_at,
    day(requested_at) * 100 + hour(requested_at) AS requested_block,
    '0xtx' || wr_id AS requested_tx,
    CASE WHEN paid <> '' THEN 'paid' WHEN refused <> '' THEN 'manual' ELSE 'pending' END AS status,
    if(refused <> '', ('2024-01-' || refused || ':00Z')::TIMESTAMPTZ, NULL) AS manual_at,
    if(paid <> '', ('2024-01-' || paid || ':00Z')::TIMESTAMPTZ, NULL) AS paid_at,
    day(paid_at) * 100 + hour(paid_at) AS paid_block,
    if(paid <> '', '0xpaid' || wr_id, NULL) AS paid_tx,
    (ahead_then * 1e18)::DECIMAL(38, 0) AS ahead_wei_at_request,
    (ahead * 1e18)::DECIMAL(38, 0) AS ahead_wei
FROM (VALUES
    (0, 100, '01 10:00', '', '01 20:00', 0, 0),
    (1, 50, '01 23:30', '', '03 00:00', 0, 0),
    (2, 200, '02 00:00', '03 06:00', '06 06:00', 50, 0),
    (3, 10, '03 06:00', '04 12:00', '', 0, 0),
    (4, 1000, '05 12:00', '', '', 0, 0),
    (5, 20, '05 12:00', '', '', 1000, 1000),
    (6, 0, '08 12:00', '', '', 1020, 1020),
    (7, 0.5, '10 00:00', '', '', 1020, 1020)
) AS rows (wr_id, ftm, asked, refused, paid, ahead_then, ahead);

INSERT INTO head_moves BY NAME SELECT
    wr_id, refused, payout_wei, block * 16777216 + wr_id AS position, moved_at, block, tx, by_hand
FROM (
    SELECT
        wr_id, TRUE AS refused, payout_wei, manual_at AS moved_at,
        day(manual_at) * 100 + hour(manual_at) AS block, '0xrefused' || wr_id AS tx,
        FALSE AS by_hand
    FROM requests WHERE manual_at IS NOT NULL
    UNION ALL
    SELECT wr_id, FALSE, payout_wei, paid_at, paid_block, paid_tx, manual_at IS NOT NULL
    FROM requests WHERE paid_at IS NOT NULL
) ORDER BY position;

INSERT INTO payouts BY NAME SELECT
    moved_at AS paid_at, wr_id, payout_wei, by_hand AS manual, block, tx
FROM head_moves WHERE NOT refused;

INSERT INTO reward_claims BY NAME SELECT
    ('2024-01-' || claimed || ':00Z')::TIMESTAMPTZ AS claimed_at, block, '0xc' || block AS tx,
    '0xstub' AS stub, 7 AS validator_id, (ftm * 1e18)::DECIMAL(38, 0) AS reward_wei, restaked
FROM (VALUES
    ('02 12:00', 212, 30, FALSE), ('02 13:00', 213, 5, TRUE),
    ('07 00:00', 700, 12, FALSE), ('10 12:00', 1012, 8, FALSE)
) AS rows (claimed, block, ftm, restaked);

INSERT INTO returned_stakes BY NAME SELECT
    TIMESTAMPTZ '2024-01-03 01:00:00Z' AS returned_at, 301 AS block, '0xr' AS tx,
    '0xstub' AS stub, 7 AS validator_id, 500e18::DECIMAL(38, 0) AS amount_wei;

INSERT INTO pool_balances VALUES
    (1012, '2024-01-10 12:00:00Z', 400e18), (900, '2024-01-09 00:00:00Z', 40e18);

INSERT INTO coverage VALUES
    ('sfc', 100, 1012, 'agreed', 'node a, node b'), ('pool', 500, 1012, 'proved', ''),
    ('pool', 100, 399, 'single', 'node a');

INSERT INTO checks VALUES
    ('head order', 'passed', NULL, NULL, 'holds'),
    ('view feeShift', 'unknown', NULL, NULL, 'nobody was asked'),
    ('view firstWrId', 'failed', 900, 12, 'later'),
    ('view firstWrId', 'failed', 800, 11, 'earlier');
"""


def small_store() -> duckdb.DuckDBPyConnection:
    """The store in memory, open for a test to spoil."""
    con = duckdb.connect(config={"threads": 1})  # for so few rows others only cost
    con.execute(_SCHEMA.read_text())
    decode.prepare(con, load_network("sample"))
    decode.rebuild(con)
    con.execute(_ROWS)
    for name in ("hourly_flows", "waits"):  # views, so that they follow what a test spoils
        con.execute(f"DROP TABLE {name}")
        con.execute(f"CREATE VIEW {name} AS {decode.table(name)}")
    return con
