"""A client of S3 that is not ours, for what a test puts into an object store or asks of it."""

from __future__ import annotations

import os
import subprocess

from lakeside.children import beside_python
from lakeside.objects import REGION, ObjectStore


def as_client(server: ObjectStore, secret: str, *command: str, given: bytes = b"") -> bytes:
    """What the server answers to a client of S3 that signs with a secret. Raises
    CalledProcessError."""
    ours = server.environment
    names = {
        "RCLONE_CONFIG": "/dev/null",
        "RCLONE_S3_PROVIDER": "Other",
        "RCLONE_S3_ENDPOINT": ours["AWS_ENDPOINT_URL"],
        "RCLONE_S3_REGION": REGION,
        "RCLONE_S3_ACCESS_KEY_ID": ours["AWS_ACCESS_KEY_ID"],
        "RCLONE_S3_SECRET_ACCESS_KEY": secret,
    }
    client = [str(beside_python("rclone")), "--retries=1", *command]
    done = subprocess.run(client, input=given, env=os.environ | names, capture_output=True)
    done.check_returncode()
    return done.stdout
