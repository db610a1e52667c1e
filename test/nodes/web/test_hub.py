"""What arrives from ROS may be malformed: pages still get their regular messages, and answers to their requests."""

import asyncio
import math

import pytest
from dystream_ros.msg import FaceMotion, PartyStatus, StreamStatus
from local_site import local_site
from rcl_interfaces.msg import ParameterEvent


def run(scenario, folder):
    """The result of a scenario beside a server and a page that sees levels."""

    async def with_page():
        async with local_site(folder) as site, site.page() as page:
            assert (await page.ask("look", levels=True))["ok"]
            return await scenario(site, page)

    return asyncio.run(with_page())


@pytest.mark.parametrize("values", [[0.1, math.nan], [0.1, math.inf], [0.1], []])
def test_levels_and_motion_go_on_after_a_motion_without_a_number_for_the_jaw(tmp_path, values):
    async def scenario(site, page):
        site.hub.arrivals.motion(FaceMotion(frame=7, names=["mouthClose", "jawOpen"], values=values))
        assert (await page.until("motion", lambda message: message["frame"] == 7))["jaw"] is None
        seen = len(page.messages)
        await page.until("levels", since=seen)
        await page.until("diagnostics", since=seen)
        site.hub.arrivals.motion(FaceMotion(frame=8, names=["mouthClose", "jawOpen"], values=[0.1, 0.25]))
        assert (await page.until("motion", lambda message: message["frame"] == 8))["jaw"] == 0.25
        assert site.robot.failures == []

    run(scenario, tmp_path)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_status_without_finite_numbers_is_shown_and_others_may_join(tmp_path, number):
    party = PartyStatus(queued=number, rms_dbfs=number, peak_dbfs=number, drift_ppm=number)
    status = StreamStatus(
        frame_rate=number, self_audio=party, other_audio=party, stages=["model"], stage_p50=[number], stage_p95=[number]
    )

    async def scenario(site, page):
        site.hub.arrivals.status(status)
        async with site.page("another") as another:
            shown = await another.until("status")
            assert shown["frame_rate"] == shown["self"]["queued_s"] == shown["other"]["drift_ppm"] == 0.0
            assert -100.0 <= shown["self"]["rms_dbfs"] <= 0.0
            assert shown["stages"] == []

    run(scenario, tmp_path)


def test_a_failure_at_one_time_is_reported_and_the_next_times_come(tmp_path, monkeypatch):
    defect = RuntimeError("a defect")

    async def scenario(site, page):
        def fail():
            monkeypatch.undo()
            raise defect

        monkeypatch.setattr(site.hub.watch, "levels", fail)
        await page.when(lambda: site.robot.failures, "the failure")
        await page.until("levels", since=len(page.messages))
        assert site.robot.failures == [defect]

    run(scenario, tmp_path)


def test_a_request_at_which_the_server_fails_is_answered_and_reported(tmp_path):
    defect = RuntimeError("a defect")

    async def parameters():
        raise defect

    async def scenario(site, page):
        site.robot.client.parameters = parameters
        answer = await page.ask("get_parameters")
        assert (answer["ok"], answer["code"]) == (False, "failed")
        assert "RuntimeError: a defect" in answer["text"]
        site.hub.parameters_changed(ParameterEvent(node="/head"))
        await page.when(lambda: site.robot.failures == [defect, defect], "the failure at changed parameters")

    run(scenario, tmp_path)
