"""The same logs as other tools write them, each form written without the reader's help."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = dict[str, Any]


@dataclass(frozen=True)
class PlainLog:
    """A log in Python's own types; `time` in seconds since 1970."""

    block: int
    log_index: int
    time: int
    tx: str
    address: str
    topics: tuple[str, ...]
    data: str

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    def four(self, start: str = "topic", missing: Any = None) -> Row:
        """The topics in columns of their own."""
        padded = [*self.topics, missing, missing, missing, missing]
        return {f"{start}{n}": padded[n] for n in range(4)}


Logs = Sequence[PlainLog]


def _csv(rows: Iterable[Row], delimiter: str = ",", end: str = "\n") -> bytes:
    rows = list(rows)
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def _lines(rows: Iterable[Row]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _parquet(rows: Iterable[Row], schema: pa.Schema | None = None) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema), file, row_group_size=50)
    return file.getvalue()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text[2:])


def node(log: PlainLog) -> Row:
    return {
        "address": log.address.upper().replace("0X", "0x"),
        "topics": list(log.topics),
        "data": log.data,
        "blockNumber": hex(log.block),
        "transactionHash": log.tx,
        "transactionIndex": "0x0",
        "blockHash": f"0x{log.block:064x}",
        "blockTimestamp": log.time,
        "logIndex": hex(log.log_index),
        "removed": False,
    }


def _etherscan(log: PlainLog) -> Row:
    number = "0x" if log.log_index == 0 else hex(log.log_index)
    named = {"timeStamp": hex(log.time), "logIndex": number, "gasPrice": "0x1", "gasUsed": "0x"}
    row = node(log)
    return {name: row[name] for name in row if name not in ("blockTimestamp", "removed")} | named


def _answers(logs: Logs) -> bytes:
    parts = [logs[:40], [], logs[40:]]
    return _lines(
        {"jsonrpc": "2.0", "id": n, "result": list(map(node, part))} for n, part in enumerate(parts)
    )


def _ethereum_etl(log: PlainLog) -> Row:
    return {
        "log_index": log.log_index,
        "transaction_hash": log.tx,
        "transaction_index": 7,
        "block_hash": f"0x{log.block:064x}",
        "block_number": log.block,
        "address": log.address,
        "data": log.data,
        "topics": ",".join(log.topics),
    }


def _cryo(log: PlainLog) -> Row:
    return {
        "block_number": log.block,
        "transaction_index": 7,
        "log_index": log.log_index,
        "transaction_hash": log.tx,
        "address": log.address,
        **log.four(),
        "data": log.data,
        "n_data_bytes": len(log.data) // 2 - 1,
        "event__index": "17",
        "chain_id": 31337,
    }


def _cryo_binary(logs: Logs) -> bytes:
    names = ["transaction_hash", "address", "data", "topic0", "topic1", "topic2", "topic3"]
    rows = [row | {name: _bytes(row[name]) for name in names} for row in map(_cryo, logs)]
    types = {name: pa.binary() for name in names} | {"event__index": pa.string()}
    schema = pa.schema([(name, types.get(name, pa.uint32())) for name in rows[0]])
    return _parquet(rows, schema)


def _dune(log: PlainLog) -> Row:
    return {
        "block_date": f"{log.at:%Y-%m-%d}",
        "block_time": f"{log.at:%Y-%m-%d %H:%M:%S}.000 UTC",
        "block_number": log.block,
        "block_hash": f"0x{log.block:064x}",
        "tx_index": 7,
        "tx_hash": log.tx,
        "contract_address": log.address,
        **log.four(missing="<nil>"),
        "data": log.data,
        "index": log.log_index,
        "tx_from": log.address,
        "tx_to": log.address,
    }


def _dune_parquet(logs: Logs) -> bytes:
    return _parquet(
        _dune(log) | log.four() | {"block_time": log.at.replace(tzinfo=None)} for log in logs
    )


def _dune_answer(logs: Logs) -> Row:
    """What Dune's interface answers to a question for a query's results."""
    rows = [_dune(log) | log.four() for log in logs]
    metadata = {"column_names": list(rows[0]), "total_row_count": len(rows)}
    result = {"metadata": metadata, "rows": rows}
    return {"execution_id": "01", "state": "QUERY_STATE_COMPLETED", "result": result}


def _bytea(text: str) -> str:
    return text.replace("0x", "\\x")


def _postgres(log: PlainLog) -> Row:
    """A table whose bytes are Postgres' own, as COPY writes it."""
    row = {"tx_hash": log.tx, "address": log.address, "data": log.data, **log.four(missing="")}
    written = {name: _bytea(value) for name, value in row.items()}
    return written | {"block_number": log.block, "log_index": log.log_index, "block_time": log.at}


def _to_hex(log: PlainLog) -> Row:
    """What the function `to_hex` of several databases leaves of bytes: no mark before them."""
    row = _postgres(log)
    words = [name for name, text in row.items() if str(text)[:2] == "\\x" and len(text) > 2]
    return row | {name: row[name][2:].upper() for name in words}


def _bigquery(log: PlainLog, **changes: Any) -> Row:
    return {
        "block_hash": f"0x{log.block:064x}",
        "block_number": str(log.block),
        "block_timestamp": f"{log.at:%Y-%m-%d %H:%M:%S} UTC",
        "transaction_hash": log.tx,
        "transaction_index": "7",
        "log_index": str(log.log_index),
        "address": log.address,
        "data": log.data,
        "topics": list(log.topics),
        "removed": False,
    } | changes


def _repeated(log: PlainLog) -> Row:
    """How BigQuery's Parquet holds a list unless it is asked to infer one."""
    return _bigquery(log, topics={"list": [{"element": topic} for topic in log.topics]})


def _allium(log: PlainLog) -> Row:
    row = {
        "transaction_hash": log.tx,
        "log_index": log.log_index,
        "address": log.address,
        "data": log.data,
        **log.four(missing=""),
        "block_timestamp": f"{log.at:%Y-%m-%dT%H:%M:%S}.000",
        "block_number": log.block,
    }
    return {name.upper(): value for name, value in row.items()}


def _hypersync(logs: Logs) -> Row:
    """Logs and blocks in batches; a block may stand in another batch than its log."""
    batches = [
        {
            "blocks": [
                {"number": number, "timestamp": hex(next(of).time)}
                for number, of in groupby(part, key=lambda log: log.block)
            ],
            "transactions": [],
            "logs": [
                {
                    "log_index": log.log_index,
                    "transaction_hash": log.tx,
                    "block_number": log.block,
                    "address": log.address,
                    "data": log.data,
                    **log.four(),
                }
                for log in part
            ],
            "traces": [],
        }
        for part in (logs[:60], logs[60:])
    ]
    batches[0]["blocks"], batches[1]["blocks"] = batches[1]["blocks"], batches[0]["blocks"]
    return {
        "data": batches,
        "archive_height": 9_000_000,
        "next_block": logs[-1].block + 1,
        "total_execution_time": 5,
        "rollback_guard": {"block_number": 5, "hash": "0x5"},
    }


def _sqd(logs: Logs) -> bytes:
    blocks = [list(of) for _, of in groupby(logs, key=lambda log: log.block)]
    return _lines(
        {
            "header": {"number": block[0].block, "hash": "0x5", "timestamp": block[0].time},
            "logs": [
                {
                    "logIndex": log.log_index,
                    "transactionHash": log.tx,
                    "address": log.address,
                    "data": log.data,
                    "topics": list(log.topics),
                }
                for log in block
            ],
        }
        for block in blocks
    ) + _lines([{"header": {"number": logs[-1].block + 5, "timestamp": logs[-1].time + 5}}])


FORMS: dict[str, Callable[[Logs], bytes]] = {
    "eth_getLogs": lambda logs: _lines(map(node, logs)),
    "cast": lambda logs: json.dumps(list(map(node, logs))).encode(),
    "answer": lambda logs: json.dumps(
        {"result": list(map(node, logs)), "id": 1, "jsonrpc": "2.0"}
    ).encode(),
    "answer, pretty": lambda logs: json.dumps(
        {"jsonrpc": "2.0", "id": None, "result": list(map(node, logs))}, indent=2
    ).encode(),
    "answers": _answers,
    "etherscan": lambda logs: json.dumps(
        {"status": "1", "message": "OK", "result": list(map(_etherscan, logs))}
    ).encode(),
    "dune csv": lambda logs: _csv(map(_dune, logs), end="\r\n"),
    "dune parquet": _dune_parquet,
    "dune json": lambda logs: json.dumps(_dune_answer(logs), indent=1).encode(),
    "postgres csv": lambda logs: _csv(map(_postgres, logs)),
    "postgres csv, list": lambda logs: _csv(
        _postgres(log) | {"topics": "{" + ",".join(map(_bytea, log.topics)) + "}"} for log in logs
    ),
    "to_hex csv": lambda logs: _csv(map(_to_hex, logs)),
    "bigquery json": lambda logs: _lines(map(_bigquery, logs)),
    "bigquery csv": lambda logs: _csv(
        _bigquery(log, topics="{" + ",".join(log.topics) + "}") for log in logs
    ),
    "bigquery parquet": lambda logs: _parquet(
        _bigquery(log, block_timestamp=log.at) for log in logs
    ),
    "bigquery parquet, repeated": lambda logs: _parquet(map(_repeated, logs)),
    "allium csv": lambda logs: _csv(map(_allium, logs), ";"),
    "allium json": lambda logs: _lines(map(_allium, logs)),
    "allium parquet": lambda logs: _parquet(map(_allium, logs)),
    "hypersync": lambda logs: json.dumps(_hypersync(logs)).encode(),
    "hypersync lines": lambda logs: _lines(map(_hypersync, (logs[:90], logs[90:]))),
    "sqd": _sqd,
}
# Without times.
TIMELESS: dict[str, Callable[[Logs], bytes]] = {
    "ethereum-etl csv": lambda logs: _csv(map(_ethereum_etl, logs)),
    "ethereum-etl json": lambda logs: _lines(map(_ethereum_etl, logs)),
    "ethereum-etl list": lambda logs: _lines(
        _ethereum_etl(log) | {"topics": log.topics} for log in logs
    ),
    "cryo parquet": _cryo_binary,
    "cryo parquet, hex": lambda logs: _parquet(map(_cryo, logs)),
    "cryo csv": lambda logs: _csv(map(_cryo, logs)),
    "cryo json": lambda logs: json.dumps(list(map(_cryo, logs))).encode(),
}


def _each_block(logs: Logs) -> list[PlainLog]:
    return [next(of) for _, of in groupby(logs, key=lambda log: log.block)]


BLOCKS: dict[str, Callable[[Logs], bytes]] = {
    "ethereum-etl blocks": lambda logs: _csv(
        {"number": log.block, "hash": "0x5", "timestamp": log.time} for log in _each_block(logs)
    ),
    "ethereum-etl transactions": lambda logs: _csv(
        {"hash": log.tx, "block_number": log.block, "value": 5, "block_timestamp": log.time}
        for log in logs
    ),
    "cryo blocks": lambda logs: _parquet(
        {"block_number": log.block, "timestamp": log.time, "chain_id": 31337}
        for log in _each_block(logs)
    ),
    "dune blocks": lambda logs: _csv(
        {
            "time": f"{log.at:%Y-%m-%d %H:%M:%S} UTC",
            "number": log.block,
            "date": f"{log.at:%Y-%m-%d}",
        }
        for log in _each_block(logs)
    ),
    "bigquery blocks": lambda logs: _parquet(
        {"block_number": log.block, "block_timestamp": log.at} for log in _each_block(logs)
    ),
    "headers": lambda logs: _lines(
        {"number": hex(log.block), "timestamp": hex(log.time), "logsBloom": "0x"}
        for log in _each_block(logs)
    ),
    "answered headers": lambda logs: _lines(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "result": {"number": hex(log.block), "timestamp": hex(log.time)},
        }
        for log in _each_block(logs)
    ),
}
