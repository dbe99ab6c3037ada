-- What a sync lands, before anything is derived from it.
--
-- raw_logs holds every log as the node gave it; the tables in data/ingest/tables/ are rebuilt
-- from it. (block, log_index) is unique: landing checks that before it inserts.

CREATE TABLE store_info (
    network VARCHAR NOT NULL,
    chain_id BIGINT NOT NULL,
    simulated BOOLEAN NOT NULL,
    schema_version INTEGER NOT NULL,
    store_id UUID NOT NULL,
    first_block BIGINT NOT NULL,
    synced_block BIGINT,
    synced_hash VARCHAR,
    synced_at TIMESTAMPTZ,
    head_block BIGINT,
    source VARCHAR,
    published_at TIMESTAMPTZ,
    pool VARCHAR NOT NULL,
    bond VARCHAR NOT NULL,
    cert VARCHAR NOT NULL,
    sfc VARCHAR NOT NULL,
    native_symbol VARCHAR NOT NULL,
    explorer VARCHAR NOT NULL
);

CREATE TABLE raw_logs (
    block BIGINT NOT NULL,
    log_index INTEGER NOT NULL,
    block_time TIMESTAMPTZ NOT NULL,
    tx VARCHAR NOT NULL,
    address VARCHAR NOT NULL,
    topic0 VARCHAR,
    topic1 VARCHAR,
    topic2 VARCHAR,
    topic3 VARCHAR,
    data VARCHAR NOT NULL
);

CREATE TABLE coverage (
    filter VARCHAR NOT NULL,
    from_block BIGINT NOT NULL,
    to_block BIGINT NOT NULL,
    known VARCHAR NOT NULL,
    source VARCHAR NOT NULL
);

CREATE TABLE contradictions (
    noticed_at TIMESTAMPTZ NOT NULL,
    source VARCHAR NOT NULL,
    block BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    dropped_logs BIGINT NOT NULL,
    settled BOOLEAN NOT NULL,
    read_again BOOLEAN NOT NULL
);

CREATE TABLE searched_in_vain (
    from_block BIGINT NOT NULL,
    to_block BIGINT NOT NULL,
    searched_at TIMESTAMPTZ NOT NULL,
    source VARCHAR NOT NULL
);

CREATE TABLE pool_balances (
    block BIGINT NOT NULL,
    sampled_at TIMESTAMPTZ NOT NULL,
    balance_wei DECIMAL(38, 0) NOT NULL
);

CREATE TABLE contract_views (
    block BIGINT NOT NULL,
    view VARCHAR NOT NULL,
    value VARCHAR NOT NULL
);

CREATE TABLE money (
    block BIGINT NOT NULL,
    part VARCHAR NOT NULL,
    amount_wei DECIMAL(38, 0) NOT NULL
);

CREATE TABLE checks (
    name VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    block BIGINT,
    wr_id BIGINT,
    message VARCHAR NOT NULL
);

-- Which logs the tables were made of: at most one row.
CREATE TABLE rebuilt (
    to_block BIGINT NOT NULL,
    logs BIGINT NOT NULL,
    logs_hash UBIGINT NOT NULL,
    program VARCHAR NOT NULL,
    published_at TIMESTAMPTZ NOT NULL
);
