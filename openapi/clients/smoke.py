"""A smoke test of the client by openapi-python-client."""

import io
import os
from pathlib import Path

from ringback_client import AuthenticatedClient, Client
from ringback_client.api.callbacks import (
    cancel_callback,
    create_callback,
    get_callback,
    list_callbacks,
    put_name_recording,
)
from ringback_client.api.credentials import create_session
from ringback_client.api.services import list_services
from ringback_client.models import (
    CallbackType,
    CallbackView,
    CreateCallback,
    ItemsServiceView,
    LogIn,
    NameRecording,
    PageCallbackView,
    Session,
    Sort,
    StateName,
)
from ringback_client.types import File

url = os.environ["RINGBACK_URL"]
log_in = LogIn(username=os.environ["RINGBACK_USER"], password=os.environ["RINGBACK_PASSWORD"])
session = create_session.sync(client=Client(base_url=url), body=log_in)
assert isinstance(session, Session), session
client = AuthenticatedClient(base_url=url, token=session.access_token)

services = list_services.sync(client=client)
assert isinstance(services, ItemsServiceView), services
request = CreateCallback(
    callback_type=CallbackType.IMMEDIATE,
    service_id=services.items[0].id,
    customer_number="+442079460318",
)
created = create_callback.sync(client=client, body=request)
assert isinstance(created, CallbackView), created

recording = File(payload=io.BytesIO(Path(os.environ["RECORDING"]).read_bytes()))
uploaded = put_name_recording.sync(created.id, client=client, body=recording)
assert isinstance(uploaded, NameRecording) and uploaded.media_type == "audio/wav", uploaded
listed = list_callbacks.sync(
    client=client, sort=Sort.CREATED_AT_DESCENDING, state=[StateName.QUEUED, StateName.SCHEDULED]
)
assert isinstance(listed, PageCallbackView), listed
assert any(item.id == created.id for item in listed.items)
read = get_callback.sync(created.id, client=client)
assert isinstance(read, CallbackView) and read.customer_number == "+442079460318", read
cancelled = cancel_callback.sync(created.id, client=client)
assert isinstance(cancelled, CallbackView) and cancelled.state == StateName.COMPLETED, cancelled
