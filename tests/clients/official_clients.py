"""Runs the official Twilio and OpenAI client libraries against a running simulator, unchanged.

    pip install twilio openai
    phony-simulator --port 24188 --account-sid AC… --auth-token …
    TWILIO_ACCOUNT_SID=AC… TWILIO_AUTH_TOKEN=… python official_clients.py http://127.0.0.1:24188
"""

import os
import sys
from datetime import date

import openai
from openai import OpenAI
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client


class Local(TwilioHttpClient):
    """Sends what would go to the carrier to the simulator; nothing else is different."""

    def __init__(self, base):
        super().__init__()
        self.base = base

    def request(self, method, url, **rest):
        return super().request(method, url.replace("https://api.twilio.com", self.base), **rest)


def carrier(base):
    client = Client(os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"], http_client=Local(base))
    account = client.api.accounts(client.account_sid).fetch()
    assert account.status == "active" and account.date_created.year >= 2026
    sub = client.api.accounts.create(friendly_name="Official client")
    assert sub.owner_account_sid == client.account_sid

    found = client.available_phone_numbers("US").local.list(area_code=415, limit=5)
    assert len(found) == 5 and found[0].capabilities["voice"]
    number = client.incoming_phone_numbers.create(
        phone_number=found[0].phone_number, voice_url="https://a.example/voice", friendly_name="Front desk"
    )
    for _ in range(3):
        client.incoming_phone_numbers.create(area_code="212")
    listed = client.incoming_phone_numbers.list(page_size=2)
    assert len(listed) >= 4 and number.sid in {n.sid for n in listed}
    changed = client.incoming_phone_numbers(number.sid).update(friendly_name="Desk")
    assert changed.friendly_name == "Desk"

    try:
        client.incoming_phone_numbers.create(phone_number=found[0].phone_number)
        raise AssertionError("bought twice")
    except TwilioRestException as error:
        assert (error.status, error.code) == (400, 21422), error

    call = client.calls.create(
        to="+14155550160", from_=number.phone_number, twiml="<Response><Pause length='60'/></Response>",
        status_callback_event=["initiated", "completed"],
    )
    assert call.status == "queued" and call.direction == "outbound-api"
    client.calls(call.sid).update(status="completed")
    assert client.calls(call.sid).fetch().status in ("canceled", "completed")
    assert call.sid in {c.sid for c in client.calls.list(to="+14155550160", start_time_after=date.today(), limit=20)}
    message = client.messages.create(to="+14155550160", from_=number.phone_number, body="Your table is ready.")
    assert message.num_segments == "1" and client.recordings.list() == []
    assert client.incoming_phone_numbers(number.sid).delete()
    try:
        client.incoming_phone_numbers(number.sid).fetch()
        raise AssertionError("still there")
    except TwilioRestException as error:
        assert (error.status, error.code) == (404, 20404), error
    client.api.accounts(sub.sid).update(status="closed")


def models(base):
    client = OpenAI(base_url=f"{base}/v1", api_key="sk-any", max_retries=2)
    assert any(model.id == "gpt-6-luna" for model in client.models.list())
    messages = [
        {"role": "system", "content": "You are Maya, a receptionist."},
        {"role": "user", "content": "I want to talk to a person"},
    ]
    whole = client.chat.completions.create(model="gpt-6-luna", messages=messages)
    assert whole.choices[0].message.content.endswith("[[transfer:billing]]")
    stream = client.chat.completions.create(
        model="gpt-6-luna", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    text, usage = "", None
    for chunk in stream:
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
        usage = chunk.usage or usage
    assert text == whole.choices[0].message.content and usage.total_tokens > 0

    import json
    import urllib.request

    def fault(**members):
        body = json.dumps({"target": "model", **members}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{base}/sim/faults", data=body, method="POST")).read()

    # The library repeats what may be repeated, and only that.
    fault(kind="rate_limited", retry_after_s=1)
    assert client.chat.completions.create(model="gpt-6-luna", messages=messages).choices
    fault(kind="quota")
    try:
        client.chat.completions.create(model="gpt-6-luna", messages=messages)
        raise AssertionError("quota was repeated")
    except openai.RateLimitError as error:
        assert error.code == "insufficient_quota"
    fault(kind="error_mid_stream")
    try:
        list(client.chat.completions.create(model="gpt-6-luna", messages=messages, stream=True))
        raise AssertionError("the error in the stream was not seen")
    except openai.APIError:
        pass
    try:
        client.chat.completions.create(model="llama", messages=messages)
        raise AssertionError("unknown model was accepted")
    except openai.NotFoundError as error:
        assert error.code == "model_not_found"


if __name__ == "__main__":
    where = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:24188"
    carrier(where)
    print("twilio: ok")
    models(where)
    print("openai: ok")
