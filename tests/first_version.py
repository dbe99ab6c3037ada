"""A store as the first version of the program left it, made of one of this version's."""

from __future__ import annotations

from pathlib import Path

from tests.app import rewrite

# It kept no evidence, and read the staking contract's logs stub by stub.
AS_FIRST = """
CREATE TABLE old_coverage (
    filter VARCHAR NOT NULL, from_block BIGINT NOT NULL, to_block BIGINT NOT NULL
);
INSERT INTO old_coverage
SELECT filter, min(from_block), max(to_block) FROM coverage
WHERE filter IN ('pool', 'bond') GROUP BY filter
UNION ALL
SELECT 'sfc ' || stub, block, (SELECT synced_block FROM store_info) FROM stubs;
DROP TABLE coverage;
ALTER TABLE old_coverage RENAME TO coverage;
DROP TABLE contradictions;
DROP TABLE searched_in_vain;
DROP TABLE money;
DROP TABLE rebuilt;
UPDATE store_info SET schema_version = 1;
"""


def wait_for_go(root: Path) -> None:
    """Have an app's upgrades wait, with 5 % done, until there is a file `go` in its folder."""
    rewrite(
        root / "data" / "upgrade.py",
        "        write_upgrade(store, share)\n",
        "        write_upgrade(store, share)\n"
        "        while share == 0.05 and not Path('go').exists():\n"
        "            time.sleep(0.05)\n",
    )
