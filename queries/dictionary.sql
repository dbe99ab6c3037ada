-- What the tables hold
--
-- Every table and column of the store with what it holds, as the store itself says it.
--
-- params:
--   table_name   VARCHAR  text  which table; default the whole store
-- columns:
--   table_name   VARCHAR  text  name of the table
--   column_name  VARCHAR  text  name of the column; NULL where the row is of the table
--   type         VARCHAR  text  type of the column
--   holds        VARCHAR  text  what it holds, with its unit

WITH params AS (SELECT getvariable('table_name')::VARCHAR AS table_name),

described AS (
    SELECT
        table_name,
        -1 AS place,
        NULL AS column_name,
        NULL AS type,
        comment AS holds
    FROM duckdb_tables()
    WHERE database_name = current_database() AND schema_name = current_schema()
    UNION ALL
    SELECT
        table_name,
        column_index,
        column_name,
        data_type,
        comment
    FROM duckdb_columns()
    WHERE
        database_name = current_database() AND schema_name = current_schema() AND NOT internal
)

SELECT
    described.table_name,
    column_name,
    type,
    holds
FROM described CROSS JOIN params
WHERE described.table_name = coalesce(params.table_name, described.table_name)
ORDER BY described.table_name, place;
