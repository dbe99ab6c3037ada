-- Contradictions
--
-- Each time two sources did not tell the same, newest first. Where it is known which one was
-- right, what the other alone had given was read again.
--
-- columns:
--   noticed_at    TIMESTAMPTZ  UTC    when it was noticed
--   block         BIGINT       block  block of the first log in question
--   source        VARCHAR      text   who was found wrong; both where it is not known which
--   reason        VARCHAR      text   what was told, and what spoke against it
--   dropped_logs  BIGINT       count  logs that were dropped, as the chain has them not
--   settled       BOOLEAN      flag   whether it is known which was right

SELECT
    noticed_at,
    block,
    source,
    reason,
    dropped_logs,
    settled
FROM contradictions
ORDER BY noticed_at DESC, block DESC, source DESC, reason DESC, dropped_logs DESC, settled DESC;
