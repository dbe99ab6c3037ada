-- How a log's hex text becomes numbers, addresses and order; used by data/ingest/tables/.

-- Word k of a log's data. DECIMAL(38, 0) holds all FTM there is; a word beyond it is
-- NULL here, keeps its bytes in raw_logs and fails a check. Never a float.
CREATE OR REPLACE TEMP MACRO word(hex, k) AS
CASE
    WHEN substr(hex, 3 + 64 * k, 32) = '00000000000000000000000000000000'
        THEN try_cast(unhex(substr(hex, 35 + 64 * k, 32))::BIT::UHUGEINT AS DECIMAL(38, 0))
END;

-- Word k as an amount that something is to reach. From 2^160 on none ever does, nor moves what is
-- shared out up to it by a wei: the largest number here stands for all of those, and for itself none.
CREATE OR REPLACE TEMP MACRO threshold(hex, k) AS
CASE
    WHEN substr(hex, 3 + 64 * k, 24) <> '000000000000000000000000'
        THEN 99999999999999999999999999999999999999::DECIMAL(38, 0)
    ELSE nullif(word(hex, k), 99999999999999999999999999999999999999::DECIMAL(38, 0))
END;

-- Whether `word` holds a number: hex of one length sorts as its numbers do, and is not unpacked.
CREATE OR REPLACE TEMP MACRO word_fits(hex, k) AS
substr(hex, 3 + 64 * k, 64) < '000000000000000000000000000000004b3b4ca85a86c47a098a224000000000';

-- An indexed number: request ids, validator ids, booleans.
CREATE OR REPLACE TEMP MACRO topic_number(topic) AS
CASE
    WHEN substr(topic, 3, 48) = '000000000000000000000000000000000000000000000000'
        THEN try_cast(unhex(substr(topic, 51, 16))::BIT::UBIGINT AS BIGINT)
END;

-- Whether `topic_number` holds a number.
CREATE OR REPLACE TEMP MACRO topic_fits(topic) AS
topic < '0x0000000000000000000000000000000000000000000000008000000000000000';

CREATE OR REPLACE TEMP MACRO topic_address(topic) AS '0x' || substr(topic, 27);

CREATE OR REPLACE TEMP MACRO word_address(hex, k) AS '0x' || substr(hex, 27 + 64 * k, 40);

-- One number that sorts logs as the chain ordered them.
CREATE OR REPLACE TEMP MACRO chain_order(block, log_index) AS block * 16777216 + log_index;

-- Each log of `source` (raw_logs, or what is about to land) that carries a known event's
-- topic0 at that event's contract, with whether its shape is the event's. `decoded_from`, where it
-- is set, leaves out the blocks before it: then only what was appended is wanted.
CREATE OR REPLACE TEMP MACRO known_logs(source) AS TABLE
SELECT
    logs.*,
    events.contract,
    events.event,
    events.words_are_numbers,
    events.words_count,
    events.has_id,
    chain_order(logs.block, logs.log_index) AS position,
    coalesce(
        events.topics_count = (
            1 + (logs.topic1 IS NOT NULL)::INTEGER + (logs.topic2 IS NOT NULL)::INTEGER
            + (logs.topic3 IS NOT NULL)::INTEGER
        )
        AND length(logs.data) = 2 + 64 * events.words_count
        AND (
            NOT events.topic1_is_address
            OR starts_with(logs.topic1, '0x000000000000000000000000')
        )
        AND (NOT events.has_id OR topic_fits(logs.topic2))
        AND (
            NOT events.ends_in_flag
            OR coalesce(logs.topic3, logs.topic2)
            <= '0x0000000000000000000000000000000000000000000000000000000000000001'
        ),
        FALSE
    ) AS well_formed
FROM query_table(source) AS logs
INNER JOIN temp.known_events AS events
    ON logs.topic0 = events.topic0 AND logs.address = events.address
WHERE logs.block >= coalesce(getvariable('decoded_from')::BIGINT, 0);

-- Most often there are none, and nothing is grouped then.
CREATE OR REPLACE TEMP MACRO malformed_logs(source) AS TABLE
SELECT
    block,
    log_index,
    any_value(event) AS event
FROM known_logs(source)
SEMI JOIN (FROM known_logs(source) WHERE NOT well_formed) AS ill_formed USING (block, log_index)
GROUP BY block, log_index
HAVING NOT bool_or(well_formed);

-- A stopped sync may have landed some logs beyond the last block that was read whole:
-- `rebuilt_to`, once set, keeps them out until the blocks between are read as well.
CREATE OR REPLACE TEMP VIEW decodable_logs AS
SELECT * FROM known_logs('raw_logs')
WHERE well_formed AND block <= coalesce(getvariable('rebuilt_to')::BIGINT, 9223372036854775807);
