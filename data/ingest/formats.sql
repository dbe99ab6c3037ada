-- How the texts of other tools become what raw_logs holds. A text that cannot be meant is NULL.
-- In steps: DuckDB evaluates a macro's argument as often as it stands there.

-- A whole number: decimal (also 12.0, as data frames write it) or hex of any width.
CREATE OR REPLACE TEMP MACRO text_number(txt) AS
CASE
    WHEN regexp_full_match(txt, '0[xX]0*[0-9a-fA-F]{1,15}|[0-9]{1,19}(\.0*)?')
        THEN try_cast(txt AS BIGINT)
END;

-- What tools write where there is nothing.
CREATE OR REPLACE TEMP MACRO is_nothing(txt) AS
regexp_full_match(txt, '(?i)\s*(null|none|nan|nat|<nil>|\\n)?\s*');

-- Bytes as hex; Postgres writes \x before them, other databases nothing.
CREATE OR REPLACE TEMP MACRO text_bytes(txt) AS
CASE
    WHEN starts_with(txt, '0x') THEN txt
    WHEN starts_with(txt, '\x') THEN '0x' || txt[3:]
    WHEN regexp_full_match(txt, '([0-9a-f]{2})+') THEN '0x' || txt
    ELSE txt
END;

-- Topics in one text: joined by commas, as JSON, or as a list of SQL in [] or {}.
CREATE OR REPLACE TEMP MACRO text_list(txt) AS
CASE
    -- six times as fast as the cast
    WHEN starts_with(txt, '["') AND json_valid(txt) THEN from_json(txt, '["VARCHAR"]')
    ELSE try_cast('[' || trim(txt, '[]{} ') || ']' AS VARCHAR[])
END;

-- One topic; nothing where a list or a row has fewer. Most are words of 66 characters as they are.
CREATE OR REPLACE TEMP MACRO text_topic(txt) AS
CASE
    WHEN strlen(txt) = 66 AND txt[1] = '0' THEN txt
    WHEN NOT is_nothing(txt) THEN text_bytes(trim(txt))
END;

CREATE OR REPLACE TEMP MACRO is_word(topic) AS
topic IS NULL OR regexp_full_match(topic, '0x[0-9a-f]{64}');

-- Seconds since 1970 by ISO 8601, in UTC where no zone is named.
CREATE OR REPLACE TEMP MACRO iso_seconds(txt) AS
CASE
    WHEN regexp_full_match(
        txt,
        '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?'
        || ' ?(Z|UTC|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?'
    )
        THEN floor(epoch(try_cast(
            regexp_replace(replace(txt, 'UTC', 'Z'), ' ([-+Z])', '\1') AS TIMESTAMPTZ
        )))::BIGINT
END;

-- The whole second, as blocks have it, of a count of seconds, milliseconds, microseconds or
-- nanoseconds. What lies before Ethereum or far ahead is a number in another unit.
CREATE OR REPLACE TEMP MACRO count_time(number) AS
CASE
    WHEN number BETWEEN 1_400_000_000 AND 4_000_000_000 THEN to_timestamp(number)
    WHEN number BETWEEN 1_400_000_000_000 AND 4_000_000_000_000 THEN to_timestamp(number // 1_000)
    WHEN number BETWEEN 1_400_000_000_000_000 AND 4_000_000_000_000_000
        THEN to_timestamp(number // 1_000_000)
    WHEN number BETWEEN 1_400_000_000_000_000_000 AND 4_000_000_000_000_000_000
        THEN to_timestamp(number // 1_000_000_000)
END;

-- A time as text: a count since 1970 (a fraction of it is left out), or ISO 8601.
CREATE OR REPLACE TEMP MACRO time_count(txt) AS
coalesce(
    text_number(txt),
    CASE
        WHEN regexp_full_match(txt, '[0-9]{1,19}\.[0-9]*')
            THEN try_cast(split_part(txt, '.', 1) AS BIGINT)
        ELSE iso_seconds(txt)
    END
);

-- The logs of `source`, whose columns are all text, as raw_logs holds them, in the same order.
-- `skipped` are logs of other contracts than `known`; `fault` is what is wrong with a row.
CREATE OR REPLACE TEMP MACRO logs_from_text(source, known, chain) AS TABLE
SELECT
    block,
    log_index::INTEGER AS log_index,
    block_time,
    tx,
    address,
    topic0,
    topic1,
    topic2,
    topic3,
    data,
    skipped,
    CASE
        WHEN address IS NULL OR NOT regexp_full_match(address, '0x[0-9a-f]{40}')
            THEN 'address is no 20-byte address'
        WHEN chain_id IS NOT NULL AND NOT is_nothing(chain_id)
            AND text_number(chain_id) IS DISTINCT FROM chain
            THEN format('is of chain {}, not {}', chain_id, chain)
        WHEN skipped THEN NULL
        WHEN block IS NULL OR block >= 68_719_476_736 THEN 'the block is no block number'
        WHEN log_index IS NULL OR log_index >= 16_777_216
            THEN 'the log index is no number of a log'
        WHEN tx IS NULL OR NOT regexp_full_match(tx, '0x[0-9a-f]{64}')
            THEN 'the transaction is no 32-byte hash'
        WHEN data IS NULL OR NOT regexp_full_match(data, '0x([0-9a-f]{2})*')
            THEN 'data is no hex text'
        WHEN topic0 IS NULL AND NOT has_topics THEN 'there are no topics'
        WHEN unread_topics
            OR NOT (is_word(topic0) AND is_word(topic1) AND is_word(topic2) AND is_word(topic3))
            OR (topic0 IS NULL AND topic1 IS NOT NULL)
            OR (topic1 IS NULL AND topic2 IS NOT NULL)
            OR (topic2 IS NULL AND topic3 IS NOT NULL)
            THEN 'topics are not up to four 32-byte words'
        WHEN block_time IS NULL AND time_text IS NOT NULL AND NOT is_nothing(time_text)
            AND text_number(time_text) IS DISTINCT FROM 0 -- what some nodes send for unknown
            THEN 'the block time is no time'
        WHEN removed IN ('true', 't', '1') THEN 'the log is marked as removed from the chain'
        WHEN removed NOT IN ('false', 'f', '0') AND NOT is_nothing(removed)
            THEN 'removed is neither true nor false'
    END AS fault
FROM (
    SELECT
        text_number(block) AS block,
        CASE WHEN log_index = '0x' THEN 0 ELSE text_number(log_index) END AS log_index,
        count_time(time_number) AS block_time,
        text_bytes(tx) AS tx,
        address,
        text_topic(coalesce(words[1], topic0)) AS topic0,
        text_topic(coalesce(words[2], topic1)) AS topic1,
        text_topic(coalesce(words[3], topic2)) AS topic2,
        text_topic(coalesce(words[4], topic3)) AS topic3,
        text_bytes(data) AS data,
        has_topics,
        time_text,
        chain_id,
        removed,
        (has_topics AND words IS NULL)
        OR CASE
            WHEN len(words) > 4
                THEN len(list_filter(words[5:], lambda word: NOT is_nothing(word))) > 0
            ELSE FALSE
        END AS unread_topics,
        NOT list_contains(known, address) AS skipped
    FROM (
        SELECT
            block,
            log_index,
            block_time AS time_text,
            time_count(block_time) AS time_number,
            lower(tx) AS tx,
            text_bytes(lower(address)) AS address,
            lower(topic0) AS topic0,
            lower(topic1) AS topic1,
            lower(topic2) AS topic2,
            lower(topic3) AS topic3,
            lower(data) AS data,
            topics IS NOT NULL AS has_topics,
            text_list(lower(topics)) AS words,
            chain_id,
            lower(removed) AS removed
        FROM query_table(source)
    )
);

-- The times of blocks in `source`, whose columns are all text.
CREATE OR REPLACE TEMP MACRO blocks_from_text(source, chain) AS TABLE
SELECT
    block,
    block_time,
    CASE
        WHEN chain_id IS NOT NULL AND NOT is_nothing(chain_id)
            AND text_number(chain_id) IS DISTINCT FROM chain
            THEN format('is of chain {}, not {}', chain_id, chain)
        WHEN block IS NULL THEN 'the block is no block number'
        WHEN block_time IS NULL THEN 'the block time is no time'
    END AS fault
FROM (
    SELECT
        text_number(block) AS block,
        count_time(time_count(block_time)) AS block_time,
        chain_id
    FROM query_table(source)
);
