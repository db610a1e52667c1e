"""A page talks with the face, is the face, and operates it."""

import array
import asyncio
import io

import av
import cv2
import numpy as np
import pytest
from dystream_ros.msg import AudioChunk
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import String
from std_srvs.srv import Trigger

from dystream_ros.nodes.web.binary_frames import CAMERA, FACE, SOUND


def chunks(samples, rate=16_000, stream=1):
    """Speech as messages of 0.1 s, with its end."""
    size = rate // 10
    parts = [samples[k : k + size] for k in range(0, len(samples), size)]
    return [
        AudioChunk(
            stream_id=stream,
            first_sample=k * size,
            sample_rate=rate,
            channels=1,
            data=array.array("h", part.tobytes()),
            end_of_stream=k == len(parts) - 1,
        )
        for k, part in enumerate(parts)
    ]


def test_nothing_is_subscribed_to_while_nobody_looks(graph, site, head):
    counts = lambda: [graph.node.count_subscribers(topic) for topic in ("image", "image/compressed", "motion")]  # noqa: E731

    async def look():
        async with site.page() as page:
            await page.take("visitor")
            assert counts()[:2] == [0, 0]
            page.send("look", path="websocket", face=True)
            await page.when(lambda: counts() == [0, 1, 1], "a subscription to compressed images")
            page.send("look", path="webrtc", face=True)
            await page.when(lambda: counts() == [1, 0, 1], "a subscription to raw images")
            page.send("look")
            await page.when(lambda: counts() == [0, 0, 0], "no subscription")
            page.send("look", path="websocket", face=True)
            await page.when(lambda: counts() == [0, 1, 1], "a subscription to compressed images")

    asyncio.run(look())
    graph.until(lambda: counts() == [0, 0, 0], "no subscription after the page is gone")


def test_a_page_shows_the_face_and_plays_its_speech_by_one_clock(graph, site, head, babble):
    speech = graph.publisher("self/audio", AudioChunk, QoSProfile(depth=1000))
    aligned = graph.listen("self/audio_aligned", AudioChunk, of="head")

    async def watch():
        async with site.page() as page:
            page.send("look", path="websocket", face=True, hear="self", levels=True)
            await page.when(lambda: page.of_kind(FACE) and page.of_kind(SOUND), "pictures and sound")
            for message in chunks(babble(1.5)):
                speech.publish(message)
            await page.until("speech", lambda message: message["event"] == "ended")
            await page.until("levels", lambda message: message["self"]["rms"] > -50)
            sound = page.of_kind(SOUND)
            pictures = [frame for frame in page.of_kind(FACE) if frame[3] > sound[0][3]]
            return sound, pictures, page.messages

    sound, pictures, messages = asyncio.run(watch())
    assert {(rate, len(data)) for _, flags, rate, _, data, _ in sound if not flags} == {(48_000, 1920)}
    heard = np.concatenate([np.frombuffer(data, np.int16) for _, _, _, _, data, _ in sound])
    times = np.concatenate([stamp + np.arange(len(data) // 2) / 48 for _, _, _, stamp, data, _ in sound])
    said = np.concatenate([np.array(message.data, np.int16) for message in aligned])
    begin = aligned[0].header.stamp.sec * 1e3 + aligned[0].header.stamp.nanosec / 1e6
    onset = begin + np.flatnonzero(np.abs(said) > 1000)[0] / 16
    assert abs(times[np.flatnonzero(np.abs(heard) > 1000)[0]] - onset) < 10
    # The sound of a picture is there when the picture comes, or soon.
    assert all(cv2.imdecode(np.frombuffer(frame[4], np.uint8), 1).shape == (128, 128, 3) for frame in pictures[:3])
    graph.node.destroy_publisher(speech)
    graph.forget(aligned)
    status = [message for message in messages if message["type"] == "status"][-1]
    assert status["head"] == "active"
    assert status["self"]["source_type"] == "dystream_ros/msg/AudioChunk"
    assert {"speech", "motion", "levels", "latency", "diagnostics"} <= {message["type"] for message in messages}


def test_a_visitor_is_heard_and_breaks_in_only_if_the_page_wants_it(graph, site, head, babble, spoken):
    heard = graph.listen("other/audio", AudioChunk)
    speech = graph.publisher("self/audio", AudioChunk, QoSProfile(depth=1000))
    voice = np.round(spoken * 32767).astype(np.int16)

    async def talk():
        async with site.page() as page:
            page.send("look", path="websocket", hear="self")
            await page.take("visitor")
            page.send("barge_in", enabled=False)
            assert (await page.ask("open_microphone", path="websocket"))["ok"]
            await page.until("microphone", lambda message: message["open"] and message["topic"] == "other/audio")
            await page.when(lambda: graph.node.count_publishers("other/audio") == 1, "a publisher")
            for message in chunks(babble(20.0), stream=2):
                speech.publish(message)
            await page.until("speech", lambda message: message["event"] == "began")
            await page.speak(voice[:16_000])
            assert not [m for m in page.messages if m["type"] == "speech" and m["event"] == "barge_in"]
            await page.ask("barge_in", enabled=True)
            await page.speak(voice[16_000:], first=16_000)
            await page.until("speech", lambda message: message["event"] == "barge_in")
            await page.until("speech", lambda message: message["event"] == "interrupted")
            await page.when(lambda: any(flags & 1 for _, flags, *_ in page.of_kind(SOUND)), "the order to drop")
            await page.ask("close_microphone")
            await page.when(lambda: heard and heard[-1].end_of_stream, "the end of the stream")
            await page.ask("release_seat", seat="visitor")
            await page.when(lambda: graph.node.count_publishers("other/audio") == 0, "no publisher")

    asyncio.run(talk())
    samples = np.concatenate([np.array(message.data, np.int16) for message in heard])
    assert len(samples) > 20_000
    stream = [m for m in heard if m.stream_id == heard[-1].stream_id and not m.end_of_stream]
    stamps = [m.header.stamp.sec * 10**9 + m.header.stamp.nanosec - m.first_sample * 62_500 for m in stream]
    assert np.abs(np.diff(stamps)).max() < 5_000_000
    assert {m.header.frame_id for m in heard} == {"browser"}
    graph.node.destroy_publisher(speech)
    graph.forget(heard)


def test_a_telepresence_operator_speaks_for_the_face_and_hears_and_sees_the_other_side(graph, site, head, spoken):
    said = graph.listen("self/audio", AudioChunk)
    other = graph.publisher("other/audio", AudioChunk, subscribers=1)
    eyes, publishers = graph.node.create_publisher(Image, "eyes", 1), graph.node.count_publishers("self/audio")
    voice = np.round(spoken * 32767).astype(np.int16)
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[:, :, 2] = 255

    async def be():
        async with site.page() as page:
            assert page.messages[0]["camera"]
            await page.take("telepresence")
            assert "self_mode" in (await page.until("notice"))["text"]
            page.send("look", path="websocket", hear="other", camera=True)
            await page.ask("open_microphone", path="websocket")
            await page.when(lambda: graph.node.count_publishers("self/audio") == publishers + 1, "a publisher")
            await page.when(lambda: eyes.get_subscription_count() == 1, "a subscription to the camera")
            await page.when(lambda: graph.node.count_subscribers("other/audio") == 2, "a subscription")

            def seen_and_heard():
                eyes.publish(Image(height=60, width=80, step=240, encoding="bgr8", data=picture.tobytes()))
                other.publish(chunks(np.full(1600, 9000, np.int16), stream=5)[0])
                sound = [np.frombuffer(data, np.int16) for *_, data, _ in page.of_kind(SOUND)]
                return any(np.abs(each).max(initial=0) > 5000 for each in sound) and page.of_kind(CAMERA)

            [frame, *_] = await page.when(seen_and_heard, "camera and sound of the other side")
            await page.speak(voice[:8000])
            await page.when(lambda: len(said) > 20, "the voice of the operator")
            await page.ask("release_seat", seat="telepresence")
            assert (await page.until("microphone", lambda message: not message["open"]))["reason"]
            return frame

    frame = asyncio.run(be())
    shown = cv2.imdecode(np.frombuffer(frame[4], np.uint8), 1)
    assert shown.shape == (60, 80, 3)
    assert shown[30, 40, 2] > 200
    assert shown[30, 40, 0] < 60
    said.until(lambda all_: all_[-1].end_of_stream, "the end of the operator's stream")
    graph.forget(said)
    graph.node.destroy_publisher(other)
    graph.node.destroy_publisher(eyes)


def test_a_sentence_reaches_say_and_an_interruption_too(graph, site, head):
    interruptions = []

    def interrupted(_, response):
        interruptions.append(True)
        response.success = True
        return response

    async def say():
        async with site.page() as page:
            await page.take("visitor")
            assert (await page.ask("say", text="Hello."))["code"] == "unavailable"
            sentences = graph.listen("say", String)
            service = graph.node.create_service(Trigger, "say/interrupt", interrupted)
            saying = graph.node.create_publisher(String, "say/heard", 10)
            await page.until("status", lambda message: message["say"])
            await page.when(lambda: saying.get_subscription_count() == 1, "a subscription")
            text = "Hello; rm -rf / $(reboot) \N{SNOWMAN}"
            assert (await page.ask("say", text=text))["ok"]
            saying.publish(String(data="Hello"))
            assert (await page.until("speech", lambda each: each["event"] == "queued"))["text"] == text
            assert (await page.until("speech", lambda each: each["event"] == "heard"))["text"] == "Hello"
            await page.when(lambda: interruptions or page.send("interrupt"), "an interruption")
            assert [message.data for message in sentences] == [text]
            results = [await page.ask("say", text=f"{k}") for k in range(8)]
            assert "too_many" in [each.get("code") for each in results]
            graph.forget(sentences)
            graph.node.destroy_service(service)
            graph.node.destroy_publisher(saying)

    asyncio.run(say())


def test_an_operator_changes_the_face_and_sees_what_the_head_refuses(graph, site, head):
    async def operate():
        async with site.page() as page, site.page() as other:
            await page.take("control")
            assert (await page.ask("get_parameters"))["ok"]
            listed = {each["name"]: each for each in (await page.until("parameters"))["parameters"]}
            assert listed["nod_rate"]["maximum"] == 3.0
            assert listed["nod_rate"]["description"]
            assert "mei" in listed["portrait"]["choices"]
            assert "model" not in listed
            assert (await page.ask("set_parameter", name="portrait", value="mei"))["ok"]
            assert (await page.ask("set_parameter", name="nod_rate", value=2))["ok"]

            def changed(message):
                values = {each["name"]: each["value"] for each in message["parameters"]}
                return values["portrait"] == "mei" and values["nod_rate"] == 2.0

            await other.until("parameters", changed)  # everyone sees it
            for name, value, says in (
                ("nod_rate", 9.0, "3.0"),
                ("nod_rate", "fast", "double"),
                ("portrait", "/etc/passwd", "Files of this machine"),
                ("model", "other.safetensors", "no parameter 'model'"),
            ):
                refused = await page.ask("set_parameter", name=name, value=value)
                assert refused["code"] == "refused"
                assert says in refused["text"]
            assert (await page.ask("command", name="sleep", on=True))["ok"]
            await other.until("status", lambda message: message["rest"]["sleep"])
            assert (await page.ask("command", name="sleep", on=False))["ok"]
            assert (await page.ask("command", name="reset"))["ok"]
            refused = await page.ask("command", name="configure")
            assert refused["code"] == "refused"
            assert (await page.ask("command", name="deactivate"))["ok"]
            await other.until("status", lambda message: message["head"] == "inactive")
            assert (await page.ask("command", name="activate"))["ok"]
            count = len(other.messages)
            await other.until("status", lambda message: message["head"] == "active", since=count - 1)

    asyncio.run(operate())


def test_a_recording_is_made_and_downloaded_once(graph, site, head):
    async def record():
        async with site.page() as page:
            await page.take("control")
            assert (await page.ask("start_recording"))["ok"]
            assert (await page.ask("start_recording"))["code"] == "busy"
            await page.until("status", lambda each: each["recording"] and each["recording"]["seconds"] > 0.5)
            await page.when(lambda: graph.node.count_subscribers("image") == 1, "the recorder")
            page.messages = [each for each in page.messages if each["type"] == "status"]
            began = page.messages[-1]["recording"]["seconds"]
            await page.until("status", lambda each: (each["recording"] or {"seconds": 0})["seconds"] > began + 2.0)
            stopped = await page.ask("stop_recording")
            assert stopped["ok"], stopped
            assert "did not end within" not in site.process.log  # the recorder writes to the same log
            await page.ask("list_recordings")
            [entry] = (await page.until("recordings", lambda each: each["recordings"]))["recordings"]
            files = {}
            for file in ("video", "motion"):
                await page.ask("download", recording=entry["recording"], file=file)
                ticket = await page.until("download", lambda each: each["url"] not in files)
                async with site.session() as session:
                    async with session.get(site.url + ticket["url"]) as answer:
                        assert answer.status == 200
                        assert ticket["name"] in answer.headers["Content-Disposition"]
                        files[ticket["url"]] = await answer.read()
                    async with session.get(site.url + ticket["url"]) as answer:
                        assert answer.status == 404
            assert (await page.ask("delete_recording", recording="../" + entry["recording"]))["code"] == "refused"
            assert (await page.ask("delete_recording", recording=entry["recording"]))["ok"]
            return list(files.values())

    video, motion = asyncio.run(record())
    with av.open(io.BytesIO(video)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert sum(1 for _ in container.decode(video=0)) > 10
    assert motion.startswith(b"stamp,frame,")


@pytest.mark.parametrize("end", ["head", "web"])
def test_a_head_that_is_gone_is_told_and_the_server_ends_cleanly(graph, site, head, end):
    async def lose():
        async with site.page() as page:
            await asyncio.get_running_loop().run_in_executor(None, head.stop)
            await page.until("status", lambda message: message["head"] == "missing")
            await page.take("control")
            assert (await page.ask("command", name="reset"))["code"] == "unavailable"
            assert (await page.ask("get_parameters"))["code"] == "unavailable"

    async def end_server():
        async with site.page() as page:
            await asyncio.get_running_loop().run_in_executor(None, site.process.stop)
            await page.when(lambda: page.socket.closed, "the end of the connection")
            return page.socket.close_code

    if end == "head":
        asyncio.run(lose())
    else:
        assert asyncio.run(end_server()) == 1001
        assert site.process.stop() == 0
        assert "Traceback" not in site.process.log
