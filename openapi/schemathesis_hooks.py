"""What Schemathesis cannot make up by itself: a recording, keys that no other request has, and short waits."""

import uuid

import schemathesis
from hypothesis import strategies

# A tenth of a second of silence.
WAV = (
    b"RIFF\x44\x03\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x20\x03\0\0"
    + b"\0" * 800
)

schemathesis.serializer.alias("audio/wav", "application/octet-stream")
schemathesis.openapi.media_type("audio/wav", strategies.just(WAV))


@schemathesis.hook
def before_call(context, case, kwargs):
    """A key that was used for another request is refused, which no schema can say. Waits for work are short, as there
    is none."""
    positive = case.meta is None or case.meta.generation.mode.is_positive
    if positive and case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    if positive and isinstance(case.body, dict) and (case.body.get("wait_seconds") or 0) > 1:
        case.body["wait_seconds"] = 1
