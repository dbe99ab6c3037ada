"""The chain turned into tables: fetched, decoded, rebuilt and checked.

Every error a user can meet is one of the classes below, raised once at the boundary
where the fault was seen, with a message that ends in what to do next.
"""


class TrackerError(Exception):
    """Base of every error this package raises on purpose. `exit_status` is that of a command which
    ends with it, `kind` names it to whoever may see neither hosts nor paths."""

    exit_status = 1
    kind = "failed"


class ConfigError(TrackerError, ValueError):  # a ValueError, so that pydantic names the key
    """A setting, network, address or URL that is not valid."""

    exit_status = 2
    kind = "settings"


class NodeError(TrackerError):
    """No endpoint gave a usable answer within the bounded retries."""

    kind = "node"


class WrongChainError(NodeError):
    """The endpoint serves another chain than the network asks for, or one that was rewritten."""

    kind = "wrong chain"


class LogFileError(TrackerError):
    """A file of logs holds a line that cannot be stored; nothing of the file was."""

    kind = "file"


class ChangedLogError(TrackerError):
    """A log already stored came again with other content: finality was broken."""

    kind = "changed log"


class StoreError(TrackerError):
    """The store cannot be opened, written or published."""

    kind = "store"


class LakeOutageError(StoreError):
    """A lake cannot be reached at this moment: the same again may do."""

    kind = "lake"


class StoreLockedError(StoreError):
    """Another process is writing the same store."""

    exit_status = 3
    kind = "locked"


class StoreSchemaError(StoreError):
    """The store was written by another version of the schema."""

    kind = "schema"


class OlderStoreError(StoreSchemaError):
    """It was an earlier one: the store can be brought up to date from its own logs."""


class NewerStoreError(StoreSchemaError):
    """It was a later one: this program has to be updated."""


class PastError(TrackerError):
    """A day or a block of the past that cannot be shown; the message says why."""


class AmountError(TrackerError, ValueError):
    """A text that is no amount of a token, or an amount that cannot be unstaked."""


class SqlError(TrackerError):
    """A stranger's statement that was refused, failed or took too much."""
