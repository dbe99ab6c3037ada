"""A file in an object store that speaks S3, asked for as any other over HTTP, with a signature.

Signed is by AWS Signature Version 4: host, path and time, so that nobody can ask for another file
or later by it. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote, urlsplit

_REGION = "us-east-1"
_NOTHING = hashlib.sha256(b"").hexdigest()  # the body of a GET
_PORTS = {"http": 80, "https": 443}


def object_url(address: str, access: Mapping[str, str]) -> str:
    """Where s3://BUCKET/KEY lies, by `config.s3_access`."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    key = quote(key, safe="/-_.~")
    if endpoint := access.get("ENDPOINT"):
        scheme = "https" if access["USE_SSL"] == "true" else "http"
        return f"{scheme}://{endpoint}/{bucket}/{key}"
    host = f"s3.{access.get('REGION', _REGION)}.amazonaws.com"
    if "." in bucket:  # no certificate is for such a name
        return f"https://{host}/{bucket}/{key}"
    return f"https://{bucket}.{host}/{key}"


def signature(url: str, access: Mapping[str, str], now: datetime) -> dict[str, str]:
    """The headers that a GET is signed by, at the time `now` (UTC); none without keys."""
    if not access.get("KEY_ID") or not access.get("SECRET"):
        return {}
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    if parts.port not in (None, _PORTS[parts.scheme]):
        host = f"{host}:{parts.port}"
    time = f"{now:%Y%m%dT%H%M%SZ}"
    headers = {"host": host, "x-amz-content-sha256": _NOTHING, "x-amz-date": time}
    if token := access.get("SESSION_TOKEN"):
        headers["x-amz-security-token"] = token
    names = ";".join(headers)
    lines = [f"{name}:{value}" for name, value in headers.items()]
    request = "\n".join(["GET", parts.path, "", *lines, "", names, _NOTHING])
    scope = f"{time[:8]}/{access.get('REGION', _REGION)}/s3/aws4_request"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{access['SECRET']}".encode()
    for word in [*scope.split("/"), f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashed}"]:
        key = hmac.digest(key, word.encode(), "sha256")
    signed = f"Credential={access['KEY_ID']}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
    return headers | {"authorization": f"AWS4-HMAC-SHA256 {signed}"}
