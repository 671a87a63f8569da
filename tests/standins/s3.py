"""A stand-in for an S3 bucket: objects in memory, path-style addresses, parts of uploads, ranges, and real signatures.

It recomputes AWS Signature Version 4 of every request with the secret it was told, so that a wrong key, a wrong region or
a forgotten header is refused as by the real one::

    with BucketStandIn() as bucket:
        bucket.url, bucket.name, bucket.access_key, bucket.secret_key
        bucket.objects                  # {key: bytes}
        bucket.refuse_with = 503        # every request is answered so, until it is None again
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from tests.standins.http import Request, Response, StandInServer

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)"
)
_XML = {"Content-Type": "application/xml"}


class BucketStandIn:
    """One bucket called ``name`` in ``region``."""

    def __init__(self, *, name: str = "huobiao-test", region: str = "cn-north-1") -> None:
        self.name, self.region = name, region
        self.access_key, self.secret_key = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
        self.objects: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.refuse_with: int | None = None
        self._parts: dict[str, dict[int, bytes]] = {}
        self._server = StandInServer(self._handle)

    @property
    def url(self) -> str:
        return self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    async def _handle(self, request: Request) -> Response:
        self.requests.append(f"{request.method} {request.target}")
        if self.refuse_with is not None:
            return _error(self.refuse_with, "SlowDown")
        if not self._signed(request):
            return _error(403, "SignatureDoesNotMatch")
        bucket, _, key = unquote(request.path).lstrip("/").partition("/")
        if bucket != self.name:
            return _error(404, "NoSuchBucket")
        if request.method == "POST":
            return self._post(request, key)
        if request.method == "PUT":
            return self._put(request, key)
        if request.method == "DELETE":
            if request.query("uploadId"):
                self._parts.pop(request.query("uploadId"), None)
            else:
                self.objects.pop(key, None)
            return Response(204)
        return self._get(request, key)

    def _get(self, request: Request, key: str) -> Response:
        found = self.objects.get(key)
        if found is None:
            return _error(404, "NoSuchKey")
        headers = {
            "ETag": _tag(found),
            "Last-Modified": "Sun, 22 Nov 2026 08:00:00 GMT",
            "Accept-Ranges": "bytes",
        }
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        if asked is None:
            if request.method == "HEAD":
                return Response(200, b"", {**headers, "Content-Length": str(len(found))})
            return Response(200, found, headers)
        start = int(asked.group(1))
        end = min(int(asked.group(2) or len(found) - 1), len(found) - 1)
        if start > end:
            return _error(416, "InvalidRange")
        headers["Content-Range"] = f"bytes {start}-{end}/{len(found)}"
        return Response(206, found[start : end + 1], headers)

    def _put(self, request: Request, key: str) -> Response:
        upload = request.query("uploadId")
        if not upload:
            self.objects[key] = request.body
        elif upload in self._parts:
            self._parts[upload][int(request.query("partNumber"))] = request.body
        else:
            return _error(404, "NoSuchUpload")
        return Response(200, b"", {"ETag": _tag(request.body)})

    def _post(self, request: Request, key: str) -> Response:
        upload = request.query("uploadId")
        if "uploads" in dict(parse_qsl(urlsplit(request.target).query, keep_blank_values=True)):
            upload = secrets.token_hex(8)
            self._parts[upload] = {}
            body = f"<InitiateMultipartUploadResult><Bucket>{self.name}</Bucket><Key>{key}</Key><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
            return Response(200, body.encode(), _XML)
        if upload:
            parts = self._parts.pop(upload, None)
            if parts is None:
                return _error(404, "NoSuchUpload")
            self.objects[key] = b"".join(parts[number] for number in sorted(parts))
            body = f"<CompleteMultipartUploadResult><Bucket>{self.name}</Bucket><Key>{key}</Key><ETag>{_tag(self.objects[key])}</ETag></CompleteMultipartUploadResult>"
            return Response(200, body.encode(), _XML)
        told = request.headers.get("content-md5", "")  # without it the real one refuses
        if told != base64.b64encode(hashlib.md5(request.body).digest()).decode():  # noqa: S324
            return _error(400, "InvalidRequest")
        gone = re.findall(rb"<Key>([^<]+)</Key>", request.body)  # several at once: POST ?delete
        for one in gone:
            self.objects.pop(one.decode(), None)
        listed = "".join(f"<Deleted><Key>{one.decode()}</Key></Deleted>" for one in gone)
        return Response(200, f"<DeleteResult>{listed}</DeleteResult>".encode(), _XML)

    def _signed(self, request: Request) -> bool:
        """Whether the request carries the signature that our secret gives."""
        found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if found is None or found.group(1) != self.access_key or found.group(3) != self.region:
            return False
        _, day, region, signed, signature = found.groups()
        names = signed.split(";")
        parts = urlsplit(request.target)
        query = sorted(
            (quote(k, safe="-_.~"), quote(v, safe="-_.~"))
            for k, v in parse_qsl(parts.query, keep_blank_values=True)
        )
        content = request.headers.get("x-amz-content-sha256", "")
        if content not in ("UNSIGNED-PAYLOAD", hashlib.sha256(request.body).hexdigest()):
            return False
        canonical = "\n".join(
            (
                request.method,
                quote(unquote(parts.path), safe="/-_.~"),
                "&".join(f"{k}={v}" for k, v in query),
                *(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in names),
                "",
                signed,
                content,
            )
        )
        scope = f"{day}/{region}/s3/aws4_request"
        moment = request.headers.get("x-amz-date", "")
        text = "\n".join(("AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        key = f"AWS4{self.secret_key}".encode()
        for part in (day, region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), signature)


def _tag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'  # noqa: S324 - what S3 does


def _error(status: int, code: str) -> Response:
    return Response(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode(), _XML)
