"""Where an object lies, and the signature that it is asked for by."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data.node.object_store import object_url, signature

NOW = datetime(2026, 12, 1, 18, 30, tzinfo=UTC)
KEYS = {"KEY_ID": "AKID", "SECRET": "s3cr/et+", "REGION": "eu-west-1"}
HERE = {"ENDPOINT": "127.0.0.1:9000", "USE_SSL": "false"}
THERE = {"ENDPOINT": "store.example/s3", "USE_SSL": "true"}


@pytest.mark.parametrize(
    ("address", "access", "url"),
    [
        ("s3://bucket/a b/ü.archive", HERE, "http://127.0.0.1:9000/bucket/a%20b/%C3%BC.archive"),
        ("s3://bucket/file", THERE, "https://store.example/s3/bucket/file"),
        ("s3://bucket/file", KEYS, "https://bucket.s3.eu-west-1.amazonaws.com/file"),
        ("s3://my.bucket/file", {}, "https://s3.us-east-1.amazonaws.com/my.bucket/file"),
    ],
)
def test_an_object_has_an_address_at_every_kind_of_store(
    address: str, access: dict[str, str], url: str
) -> None:
    assert object_url(address, access) == url


@pytest.mark.parametrize(
    ("more", "signed"),
    [
        (HERE, "124eeb8b1ad8d965c9ac54b6c06fc1a9"),
        (THERE, "d271d18f9f57dfb7c52c77b20ad9d1d7"),
        ({}, "86cda43928a0c6d13300f25def1bdf47"),
        (
            HERE | {"SESSION_TOKEN": "of an hour"},
            "5ee0934758cd254e27fc459e2e995e83",
        ),
    ],
)
def test_it_is_signed_as_by_amazons_own_library(more: dict[str, str], signed: str) -> None:
    """The signatures begin as those of botocore 1.44.8."""
    access = KEYS | more
    headers = signature(object_url("s3://bucket/a+b~c/d=e.archive", access), access, NOW)
    assert f", Signature={signed}" in headers["authorization"]


def test_without_keys_nothing_is_signed() -> None:
    assert signature("https://bucket.s3.us-east-1.amazonaws.com/file", {}, NOW) == {}
