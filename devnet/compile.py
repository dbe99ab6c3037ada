"""The contracts' bytecode, by npm's solc, kept under var/ until a source changes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from devnet import VAR, DevnetError

CONTRACTS = Path(__file__).with_name("contracts")
SOLC = VAR / "tools" / "node_modules" / "solc"
BUILD = VAR / "devnet-build"
SETTINGS = {
    "evmVersion": "london",  # what Opera ran
    "optimizer": {"enabled": True, "runs": 200},
    "outputSelection": {"*": {"*": ["evm.bytecode.object", "evm.methodIdentifiers"]}},
}


@cache
def compiled() -> dict[str, Any]:
    """Each contract by name: `bytecode` in hex and `selectors` by signature.

    Raises DevnetError if solc is missing or refuses a source.
    """
    sources = {path.name: path.read_text() for path in sorted(CONTRACTS.glob("*.sol"))}
    request = json.dumps(
        {
            "language": "Solidity",
            "sources": {name: {"content": text} for name, text in sources.items()},
            "settings": SETTINGS,
        }
    )
    key = hashlib.sha256((_solc_version() + request).encode()).hexdigest()[:16]
    built = BUILD / f"{key}.json"
    if not built.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        # Moved into place, so that two processes compiling at once both find a whole file.
        partial = built.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(_compile(request)))
        partial.replace(built)
    contracts: dict[str, Any] = json.loads(built.read_text())
    return contracts


def _solc_version() -> str:
    try:
        return str(json.loads((SOLC / "package.json").read_text())["version"])
    except OSError as error:
        raise DevnetError(f"solc is not at {SOLC}: run 'make tools'") from error


def _compile(request: str) -> dict[str, Any]:
    # Not solc's own command line: it exits before a pipe has taken more than 64 kB.
    script = (
        f"const solc = require({json.dumps(str(SOLC))});"
        "process.stdout.write(solc.compile(require('fs').readFileSync(0, 'utf8')));"
    )
    command = ["node", "-e", script]
    try:
        done = subprocess.run(command, input=request, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise DevnetError("node is not on the PATH: install Node.js 20 or newer") from error
    if done.returncode:
        raise DevnetError(f"solc failed: {done.stderr.strip()[:500]}")
    answer = json.loads(done.stdout)
    faults = [e["formattedMessage"] for e in answer.get("errors", ())]
    if faults:  # warnings too: our own sources have none
        raise DevnetError("solc refused the contracts:\n" + "\n".join(faults))
    return {
        name: {
            "bytecode": contract["evm"]["bytecode"]["object"],
            "selectors": contract["evm"]["methodIdentifiers"],
        }
        for file in answer["contracts"].values()
        for name, contract in file.items()
    }
