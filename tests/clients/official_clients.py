"""Runs the official Twilio and OpenAI client libraries against a running simulator, unchanged.

    pip install twilio "openai[realtime]"
    phony-simulator --port 24188 --account-sid AC… --auth-token …
    TWILIO_ACCOUNT_SID=AC… TWILIO_AUTH_TOKEN=… python official_clients.py http://127.0.0.1:24188
"""

import json
import os
import sys
import time
import urllib.request
from datetime import date

import openai
import requests
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
    talk(base, client, number)
    company(base, client, sub)
    assert client.incoming_phone_numbers(number.sid).delete()
    try:
        client.incoming_phone_numbers(number.sid).fetch()
        raise AssertionError("still there")
    except TwilioRestException as error:
        assert (error.status, error.code) == (404, 20404), error
    client.api.accounts(sub.sid).update(status="closed")


def order(base, path, body, method="POST"):
    """An order to the control side of the simulator."""
    request = urllib.request.Request(f"{base}/sim{path}", data=json.dumps(body).encode(), method=method)
    return json.load(urllib.request.urlopen(request))


def until(what, look):
    for _ in range(600):
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"never: {what}")


def talk(base, client, number):
    """Calls that are made, paged, redirected, recorded, joined in a conference, and priced later."""
    order(base, "/targets", {"number": "+14155550161", "answerer": "person", "stay": True})
    order(base, "/settings", {"price_after_ms": 1000, "calls_per_second": None}, "PUT")
    wait = "<Response><Pause length='600'/></Response>"
    made = [client.calls.create(to="+14155550161", from_=number.phone_number, twiml=wait, machine_detection="Enable",
                                async_amd="true", send_digits="1w#", timeout=20, time_limit=900) for _ in range(5)]
    page = client.calls.page(page_size=2, to="+14155550161")
    sids = [call.sid for call in page]
    while page := page.next_page():
        sids += [call.sid for call in page]
    assert sids == [call.sid for call in reversed(made)], "pages follow each other, newest first"
    for call in made[1:]:
        client.calls(call.sid).update(status="canceled")
    call = client.calls(made[0].sid)
    until("an answer", lambda: call.fetch().status == "in-progress")

    recording = call.recordings.create(recording_channels="dual")
    assert recording.status == "in-progress" and recording.channels == 2
    assert call.recordings(recording.sid).update(status="paused", pause_behavior="skip").status == "paused"
    assert call.recordings("Twilio.CURRENT").update(status="in-progress").status == "in-progress"
    call.update(twiml="<Response><Say>This call is recorded for training.</Say><Pause length='600'/></Response>")
    until("words", lambda: any("training" in heard["text"] for heard in order(base, f"/calls/{made[0].sid}", None, "GET")["heard"]))
    assert call.recordings(recording.sid).update(status="stopped").status == "stopped"
    until("a file", lambda: client.recordings(recording.sid).fetch().status == "completed")
    assert recording.sid in {one.sid for one in client.recordings.list(call_sid=made[0].sid, page_size=1)}
    sound = requests.get(f"{base}{recording.uri.replace('.json', '.wav').replace(f'/Calls/{made[0].sid}', '')}", auth=client.auth)
    assert sound.status_code == 200 and sound.content[:4] == b"RIFF" and len(sound.content) > 20_000
    assert client.recordings(recording.sid).delete()

    call.update(twiml="<Response><Dial><Conference participantLabel='caller'>desk</Conference></Dial></Response>")
    room = until("a room", lambda: client.conferences.list(friendly_name="desk", status="init", limit=1))[0]
    people = client.conferences(room.sid).participants
    until("the caller", lambda: people.list())
    agent = client.conferences("desk").participants.create(
        from_=number.phone_number, to="+14155550162", label="agent", end_conference_on_exit=True, early_media=False)
    assert agent.status == "queued" and agent.conference_sid == room.sid
    until("the conference", lambda: client.conferences(room.sid).fetch().status == "in-progress")
    assert people("agent").update(hold=True).hold and not people("agent").update(hold=False).hold
    assert people(made[0].sid).update(muted=True).muted
    assert [one.label for one in people.list(muted=True)] == ["caller"]
    assert people("agent").delete()
    ended = until("its end", lambda: client.conferences.list(friendly_name="desk", status="completed"))[0]
    assert ended.reason_conference_ended == "participant-with-end-conference-on-exit-kicked"
    until("the end", lambda: call.fetch().status == "completed")
    until("a price", lambda: call.fetch().price)
    assert float(call.fetch().price) < 0 and call.fetch().answered_by == "human"
    assert call.delete()


def company(base, client, sub):
    """A subaccount with a number of its own, by its own token and by its parent's."""
    own = Client(sub.sid, sub.auth_token, http_client=Local(base))
    number = own.incoming_phone_numbers.create(area_code="512", friendly_name="Acme")
    assert number.account_sid == sub.sid and [one.sid for one in own.incoming_phone_numbers.list()] == [number.sid]
    parent = client.api.accounts(sub.sid)
    assert [one.sid for one in parent.incoming_phone_numbers.list(phone_number=number.phone_number)] == [number.sid]
    try:
        own.api.accounts(client.account_sid).fetch()
        raise AssertionError("a subaccount saw its parent")
    except TwilioRestException as error:
        assert (error.status, error.code) == (401, 20003), error
    moved = parent.incoming_phone_numbers(number.sid).update(account_sid=client.account_sid)
    assert moved.account_sid == client.account_sid and own.incoming_phone_numbers.list() == []
    assert client.incoming_phone_numbers(number.sid).delete()
    assert parent.update(status="suspended").status == "suspended"
    try:
        parent.calls.create(to="+14155550161", from_="+15125550100", twiml="<Response/>")
        raise AssertionError("a suspended account called")
    except TwilioRestException as error:
        assert (error.status, error.code) == (403, 20005), error
    assert sub.sid in {one.sid for one in client.api.accounts.list(status="suspended")}
    order(base, "/faults", {"target": "carrier", "kind": "rate_limited", "retry_after_s": 1})
    try:
        client.api.accounts(sub.sid).fetch()
        raise AssertionError("no limit")
    except TwilioRestException as error:
        assert (error.status, error.code) == (429, 20429), error


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


def realtime(base):
    """One session as an application would hold it: settings, text, a function, the voice back as a caller's."""
    import base64

    client = OpenAI(base_url=f"{base}/v1", api_key="sk-any")
    tool = {
        "type": "function", "name": "book_slot", "description": "Books an appointment.",
        "parameters": {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]},
    }
    ulaw = {"type": "audio/pcmu"}
    with client.realtime.connect(model="gpt-realtime-2.1") as line:
        def until(kind):
            for event in line:
                assert event.type != "error", event
                if event.type == "response.output_audio.delta":
                    sound.extend(base64.b64decode(event.delta))
                if event.type == kind:
                    return event
            raise AssertionError(f"the session ended before {kind}")

        sound = bytearray()
        created = until("session.created")
        assert created.session.audio.input.turn_detection.type == "server_vad"
        line.session.update(session={
            "type": "realtime", "instructions": "You are Maya, a receptionist.", "output_modalities": ["audio"],
            "audio": {
                "input": {"format": ulaw, "transcription": {"model": "gpt-transcribe"},
                          "turn_detection": {"type": "server_vad", "silence_duration_ms": 500}},
                "output": {"format": ulaw, "voice": "marin"},
            },
            "tools": [tool],
        })
        assert until("session.updated").session.audio.output.format.type == "audio/pcmu"

        # Text in, sound out.
        line.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "When do you open?"}]})
        line.response.create()
        done = until("response.done").response
        assert done.status == "completed" and done.usage.output_token_details.audio_tokens > 0
        assert done.output[0].content[0].transcript.startswith("We are open from nine") and len(sound) > 8_000

        # The same sound as a caller's voice: a turn, its words, an answer.
        sound.clear()
        line.response.create(response={"instructions": 'Say exactly: "Please book slot on Tuesday."', "conversation": "none"})
        until("response.done")
        voice = bytes(sound) + b"\xff" * 8_000
        for at in range(0, len(voice), 160):
            line.input_audio_buffer.append(audio=base64.b64encode(voice[at:at + 160]).decode())
        assert until("input_audio_buffer.speech_started").audio_start_ms >= 0
        said, calls = None, []
        for event in line:
            assert event.type != "error", event
            if event.type == "conversation.item.input_audio_transcription.completed":
                said = event.transcript
            if event.type == "response.done":
                calls = [item for item in event.response.output if item.type == "function_call"]
            if said is not None and calls:
                break
        assert said == "Please book slot on Tuesday." and calls[0].name == "book_slot", (said, calls)

        # What the function gave, and the answer to it.
        line.conversation.item.create(
            item={"type": "function_call_output", "call_id": calls[0].call_id, "output": '{"result": "Tuesday at ten"}'})
        line.response.create()
        answer = until("response.done").response.output[0]
        assert answer.content[0].transcript == "Here is what I have: Tuesday at ten"
        line.conversation.item.truncate(item_id=answer.id, content_index=0, audio_end_ms=300)
        assert until("conversation.item.truncated").audio_end_ms == 300
        line.response.cancel()
        for event in line:
            if event.type == "error":
                assert event.error.code == "response_cancel_not_active", event
                break


if __name__ == "__main__":
    where = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:24188"
    carrier(where)
    print("twilio: ok")
    models(where)
    print("openai: ok")
    realtime(where)
    print("openai realtime: ok")
