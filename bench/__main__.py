"""`python -m bench`: measures what the README claims about speed. Nothing is kept."""

from __future__ import annotations

import argparse

from bench import ingest


def main() -> int:
    """Run every bench; returns 1 where one found a wrong value."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--logs", type=int, default=200_000, metavar="N", help="logs to ingest")
    options = parser.parse_args()
    return ingest.main(options.logs)


if __name__ == "__main__":
    raise SystemExit(main())
