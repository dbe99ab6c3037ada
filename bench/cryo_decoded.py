"""`python cryo_decoded.py URL FIRST LAST EVENTS`: cryo's way to decoded logs, in Parquet.

Runs under a Python of its own, which has cryo and nothing of ours. EVENTS is JSON: address, topic0
and signature of each, since cryo decodes one event a run. Prints how many logs it wrote.
"""

import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import pyarrow.parquet as parquet  # type: ignore[import-untyped]

cryo = import_module("cryo")  # not among our packages
_WIDTH = 2_000


def decoded(url: str, first: int, last: int, events: list[list[str]]) -> int:
    """How many logs cryo decodes over blocks first..last."""
    count = 0
    for address, topic0, signature in events:
        with tempfile.TemporaryDirectory() as folder:
            cryo.freeze(
                "logs",
                blocks=[f"{first}:{last + 1}"],
                rpc=url,
                contract=[address],
                topic0=[topic0],
                event_signature=signature,
                chunk_size=last - first + 1,
                inner_request_size=_WIDTH,
                output_dir=folder,
                no_report=True,
                verbose=False,
            )
            files = Path(folder).glob("*.parquet")
            count += sum(parquet.read_metadata(file).num_rows for file in files)
    return count


if __name__ == "__main__":
    print(decoded(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])))
