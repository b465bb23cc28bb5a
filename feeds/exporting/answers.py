"""What a finished file looks like over HTTP: named, private, kept by no cache."""

from __future__ import annotations

from typing import IO, Any

from django.http import FileResponse, HttpResponse


def file_response(stream: IO[bytes], name: str, media: str) -> HttpResponse:
    """The file as a download, read from the disk as it is sent."""
    response: Any = FileResponse(stream, as_attachment=True, filename=name, content_type=media)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    # A streamed answer is no `HttpResponse` to the types, and is one to every decorator of ours.
    answer: HttpResponse = response
    return answer
