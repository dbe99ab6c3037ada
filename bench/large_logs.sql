-- The logs of a made-up pool, in SQL because there are millions: made_logs, in the columns of
-- raw_logs, from the numbers requests, logs and span_s (seconds from first_block on, one block a
-- second). Every draw is a hash of what is drawn, so the same numbers give the same logs.
--
-- Requests come all the time, some in bursts. Every 17 hours or so an operator's run pays all
-- that are older than a delay, which swings from 4 to 24 days and is near 8 at the end.

CREATE OR REPLACE TEMP MACRO draw(salt, i) AS hash(salt, i) / 18446744073709551616.0;

-- Up to 10 ** digits FTM, small ones the most, with 18 random decimals.
CREATE OR REPLACE TEMP MACRO amount(salt, i, digits) AS
floor(10 ** (digits * draw(salt, i)))::HUGEINT * 1000000000000000000
+ (hash(salt, 'decimals', i) % 1000000000000000000)::HUGEINT;

CREATE OR REPLACE TEMP MACRO delay_s(second) AS 86400 * (
    14 + 10 * sin(2 * pi() * (second - getvariable('span_s')) / (86400 * 400) - 0.64)
);

CREATE OR REPLACE TEMP TABLE stakers AS
SELECT i, sha256('staker ' || i)[:40] AS who FROM range(40000) AS numbers (i);

CREATE OR REPLACE TEMP TABLE pairs AS -- each of the 47 stubs stakes with six validators
SELECT
    stub * 6 + turn AS i, stub, sha256('stub ' || stub)[:40] AS who,
    1 + (stub + 8 * turn) % 50 AS validator
FROM range(47) AS stubs (stub), range(6) AS turns (turn);

CREATE OR REPLACE TEMP TABLE made_requests AS
WITH draws AS (
    SELECT
        i,
        if(draw('burst', i) < 0.1, (floor(200 * draw('asked', i)) + draw('late', i) / 50) / 200,
            draw('asked', i)) AS share
    FROM range(getvariable('requests')::BIGINT) AS numbers (i)
),

runs AS (
    SELECT run, 61200 * run + floor(30000 * draw('run', run))::BIGINT AS began,
        began - delay_s(began) AS passed
    FROM range(1, (getvariable('span_s') // 61200 - 1)::BIGINT) AS numbers (run)
),

requests AS (
    SELECT
        row_number() OVER (ORDER BY share, i) - 1 AS wr_id,
        100 + floor(share * (getvariable('span_s') - 200))::BIGINT AS second,
        floor(40000 * draw('staker', i) ** 2)::BIGINT AS staker,
        amount('gross', i, 4.6) AS gross,
        (gross * (500 + hash('fee', i) % 5000)::HUGEINT) // 100000 AS fee,
        (draw('token', i) < 0.35)::BIGINT AS rebasing
    FROM draws
)

SELECT
    requests.*, runs.run,
    runs.began + 2 * ((row_number() OVER (PARTITION BY runs.run ORDER BY wr_id) - 1) // 20) AS paid,
    draw('refused', wr_id) AS grace, grace < 0.005 AS refused
FROM requests ASOF LEFT JOIN runs ON requests.second <= runs.passed;

-- One row a log; `rank` and `seq` order those of one second.
CREATE OR REPLACE TEMP TABLE emitted (
    second BIGINT, rank INTEGER, seq BIGINT, event VARCHAR, who VARCHAR, topic2 BIGINT,
    topic3 BIGINT, w0 HUGEINT, w1 HUGEINT, w2 HUGEINT, w3 HUGEINT, w4 HUGEINT
);

INSERT INTO emitted BY NAME
SELECT stub AS second, 0 AS rank, stub AS seq, 'Deployed' AS event, who, stub AS w0
FROM pairs WHERE i % 6 = 0;

INSERT INTO emitted BY NAME
SELECT
    50 + i * (getvariable('span_s') // 40) AS second, 1 AS rank, i AS seq,
    if(i < 8, 'FeeRule', 'FeeRule2') AS event,
    5000000000000000 AS w0, 50000000000000000 AS w1,
    1000000000000000000000 AS w2, 10000000000000000000000000 AS w3, if(i < 8, NULL, 0) AS w4
FROM range(40) AS numbers (i);

INSERT INTO emitted BY NAME -- always 1: each burn of certificates must give the FTM of the last one
SELECT 60 + i * (getvariable('span_s') // ratios) AS second, 2 AS rank, i AS seq, 'Ratio' AS event,
    1000000000000000000::HUGEINT AS w0
FROM (SELECT least(5000, getvariable('requests') // 100) AS ratios), range(ratios) AS numbers (i);

INSERT INTO emitted BY NAME
SELECT
    second, 3 AS rank, wr_id AS seq,
    if(second * 5 < getvariable('span_s'), 'Burned', 'Burned2') AS event,
    who, wr_id AS topic2, if(event = 'Burned2', rebasing, NULL) AS topic3,
    gross AS w0, gross AS w1, fee AS w2
FROM made_requests AS requests INNER JOIN stakers ON requests.staker = stakers.i;

INSERT INTO emitted BY NAME
SELECT
    paid AS second, 4 AS rank, wr_id AS seq, if(refused, 'Refused', 'Paid') AS event, who,
    wr_id AS topic2, gross - fee AS w0
FROM made_requests AS requests INNER JOIN stakers ON requests.staker = stakers.i WHERE paid IS NOT NULL;

INSERT INTO emitted BY NAME -- four of five refused ones are claimed by hand, in 41 days
SELECT
    paid + 86400 + floor(40 * 86400 * draw('by hand', wr_id))::BIGINT AS second, 5 AS rank,
    wr_id AS seq, 'Paid' AS event, who, wr_id AS topic2, gross - fee AS w0
FROM made_requests AS requests INNER JOIN stakers ON requests.staker = stakers.i
WHERE grace < 0.004 AND paid < getvariable('span_s') - 41 * 86400;

INSERT INTO emitted BY NAME
WITH kinds (rank, event, share) AS (
    VALUES
    (6, 'Claimed', 0.6), (7, 'Restaked', 0.06), (8, 'Delegated', 0.2), (9, 'Undelegated', 0.2),
    (10, 'Returned', 0.15), (11, 'Locked', 0.02), (12, 'Unlocked', 0.02)
),

drawn AS (
    SELECT rank, event, unnest(range((share * getvariable('requests'))::BIGINT)) AS seq FROM kinds
)

SELECT -- one in ten is another delegator's, and no business of the pool's
    300 + floor(draw(event, seq) * (getvariable('span_s') - 300))::BIGINT AS second, rank, seq,
    event, if(draw('whose', seq) < 0.1, sha256('stranger ' || seq % 160)[:40], who) AS who,
    validator AS topic2, if(event IN ('Undelegated', 'Returned'), seq, NULL) AS topic3,
    if(event = 'Locked', (14 + hash('days', seq) % 351)::HUGEINT * 86400,
        amount(event, seq, 3.5)) AS w0,
    if(event IN ('Claimed', 'Restaked', 'Locked', 'Unlocked'), amount('w1', seq, 2), NULL) AS w1,
    if(event IN ('Claimed', 'Restaked'), 0, NULL) AS w2
FROM drawn INNER JOIN pairs ON (hash('pair', event, seq) % 282)::BIGINT = pairs.i;

INSERT INTO emitted BY NAME -- stakes are all the rest
SELECT
    100 + floor(draw('staked', seq) * (getvariable('span_s') - 100))::BIGINT AS second, 13 AS rank,
    seq, if(second * 5 < getvariable('span_s'), 'Staked', 'Staked2') AS event, who,
    if(event = 'Staked2', (hash('for', seq) % 2)::BIGINT, NULL) AS topic2,
    amount('stake', seq, 4.2) AS w0
FROM (
    SELECT unnest(range(greatest(getvariable('logs') - count(*), 0)::BIGINT)) AS seq FROM emitted
) INNER JOIN stakers ON floor(40000 * draw('who', seq) ** 2)::BIGINT = stakers.i;

CREATE OR REPLACE TEMP MACRO hex_word(number) AS lpad(lower(hex(number::HUGEINT)), 64, '0');

CREATE OR REPLACE TEMP TABLE ordered AS
SELECT *, (row_number() OVER (PARTITION BY second ORDER BY rank, seq) - 1)::INTEGER AS log_index
FROM emitted ORDER BY second, log_index;

CREATE OR REPLACE TEMP VIEW made_logs AS
SELECT
    getvariable('first_block') + second AS block, log_index,
    to_timestamp(getvariable('first_time') + second) AS block_time,
    -- a run pays twenty a transaction, all else is one by one
    '0x' || sha256(second || '.' || if(rank = 4, 'run', rank || '.' || seq)) AS tx,
    forms.address, forms.topic0,
    '0x000000000000000000000000' || who AS topic1, '0x' || hex_word(topic2) AS topic2,
    '0x' || hex_word(topic3) AS topic3,
    concat('0x', hex_word(w0), hex_word(w1), hex_word(w2), hex_word(w3), hex_word(w4)) AS data
FROM ordered INNER JOIN forms ON ordered.event = forms.name
ORDER BY block, log_index;
