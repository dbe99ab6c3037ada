-- Blocks read
--
-- Which blocks were read, and through which filter. Two rows of a filter have a gap between
-- them: ranges that meet are one.
--
-- columns:
--   filter      VARCHAR  text   what was asked for
--   from_block  BIGINT   block  first block of the range
--   to_block    BIGINT   block  last block of the range, included
--   blocks      BIGINT   count  how many blocks that is

SELECT
    filter,
    from_block,
    to_block,
    to_block - from_block + 1 AS blocks
FROM coverage
ORDER BY filter, from_block, to_block;
