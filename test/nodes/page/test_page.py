"""The page in a real browser, beside a running head: what a visitor and an operator see, hear and can do."""

import pytest
from dystream_ros.msg import AudioChunk
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from dystream_ros.nodes.common import qos

# Sound and mouth every 40 ms, from before the next sentence until the face has been silent for a second after its end.
# On a busy machine there are pauses in the speech, and the pictures follow the sound later: the mouth has ten seconds
# to close. Sound is turned on by the sentence, just before it is sent.
WATCH_SPEECH = """
const before = document.querySelectorAll('.said li').length;
const heard = () => {
  const sentences = document.querySelectorAll('.said li');
  return sentences.length > before && sentences[0].dataset.state === 'heard';
};
window.watching = (async () => {
  const seen = [];
  const begin = performance.now();
  let last = begin;
  let mouth = 1;
  while (!heard() || performance.now() - last < (mouth < 0.012 ? 1000 : 10000)) {
    if (!page.media.locked && !probe.analyser) probe.listen();
    const level = probe.level();
    if (level > 0.01) last = performance.now();
    mouth = probe.mouth();
    seen.push([performance.now() - begin, level, mouth]);
    await probe.sleep(40);
  }
  return seen;
})();
"""

# From here on: when the voice of the microphone began last, when the page was told of a break-in, when there was
# sound last, and whether the sentence came to its end.
WATCH_BREAK_IN = """
const watch = window.watch = { voice: null, told: null, sound: null, ended: false };
page.connection.addEventListener('speech', ({ detail }) => {
  if (detail.event === 'barge_in') watch.told ??= performance.now();
  if (detail.event === 'ended') watch.ended = true;
});
let last = 0;
watch.timer = setInterval(() => {
  const now = performance.now();
  if (probe.level() > 0.003) watch.sound = now;
  if (watch.told === null && page.microphone.level() > -45) {
    if (now - last > 300) watch.voice = now;
    last = now;
  }
}, 10);
"""
NUMBERS = (
    "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen, "
    "seventeen eighteen nineteen twenty, one two three four five six seven eight nine ten eleven twelve."
)


@pytest.fixture(scope="module")
def visitor(browser):
    """The tab of the visitor."""
    return browser.open()


@pytest.fixture
def page(browser, visitor):
    """The visitor's tab in front, and no error in it."""
    browser.show(visitor)
    yield browser
    browser.show(visitor)


def say(browser, text):
    field = browser.driver.find_element("id", "sentence")
    field.clear()
    field.send_keys(text + Keys.ENTER)


def speech_is_heard_and_seen(browser, text):
    """The mouth opens and closes while there is sound, and closes when it is over; afterwards the face may smile."""
    browser.driver.execute_script(WATCH_SPEECH)
    say(browser, text)
    browser.until("!page.media.locked", "sound")
    seen = browser.run("return await watching;")
    sound = browser.get("page.media.audioContext.state")
    loud = [mouth for _, level, mouth in seen if level > 0.02]
    assert len(loud) >= 5, f"no speech was heard: {max(level for _, level, _ in seen)}, sound is {sound}"
    ended = max(k for k, (_, level, _) in enumerate(seen) if level > 0.02)
    after = [mouth for _, level, mouth in seen[ended:] if level < 0.001]
    assert after, "the sound does not end"
    assert max(loud) > 0.025, "the mouth does not open"
    assert min(loud) < max(loud) / 3, "the mouth does not move"
    assert min(after) < 0.012, "the mouth does not close"


def test_the_page_connects_by_webrtc_and_the_picture_moves(page):
    page.until("page.connection.state === 'online'", "the connection")
    page.until("page.media.path === 'webrtc'", "WebRTC")
    page.until("document.getElementById('cover').hidden", "an active head")
    page.until("probe.picture().videoWidth === 256", "a picture")
    moved = page.run(
        "const first = probe.whole(); let most = 0;"
        "for (let k = 0; k < 600 && most < 0.5; k++) {"
        "  await probe.sleep(50); most = Math.max(most, probe.difference(first, probe.whole())); }"
        "return most;"
    )
    assert moved >= 0.5
    assert page.get("location.hash") == "", "the token is not in the address bar"


def test_a_typed_sentence_is_heard_and_seen(page):
    speech_is_heard_and_seen(page, "Hello, my name is Ada, and I am a mama.")
    page.until("document.querySelector('.said li')?.dataset.state === 'heard'", "the end of the sentence in the list")
    assert page.get("document.querySelector('.said li span').textContent").startswith("Hello, my name is Ada")


def test_the_microphone_is_other_audio_and_the_meters_follow(page, graph):
    other = graph.listen("other/audio", AudioChunk, qos.audio_publisher())
    page.click("#talk")
    other.until(lambda all_: any(max(each.data, default=0) > 3000 for each in all_), "the voice of the microphone")
    loudest = page.run(
        "const meter = document.querySelector('#panel-talk canvas'); let [low, high] = [0, -60];"
        "for (let k = 0; k < 600 && (low > -45 || high < -35); k++) {"
        "  await probe.sleep(50); const now = Number(meter.getAttribute('aria-valuenow'));"
        "  [low, high] = [Math.min(low, now), Math.max(high, now)]; }"
        "return [low, high];"
    )
    assert loudest[0] <= -45, "silence is shown"
    assert loudest[1] >= -35, "the voice is shown"
    assert page.get("document.getElementById('talk').getAttribute('aria-pressed')") == "true"
    graph.forget(other)


def test_breaking_in_stops_the_speech(page, record_property):
    """The microphone is open: its voice comes again and again. The face begins to speak in a silence of it."""
    for _ in range(6):  # until the face is heard before the visitor is noticed
        page.run(
            "let [loud, quiet] = [false, 0];"
            "while (!loud || performance.now() - quiet < 400) {"
            "  await probe.sleep(10);"
            "  if (page.microphone.level() > -45) { loud = true; quiet = performance.now(); } }"
        )
        page.driver.execute_script(WATCH_BREAK_IN)
        say(page, NUMBERS)
        page.until("watch.told !== null || watch.ended", "the visitor to be noticed")
        assert not page.get("watch.ended"), "the voice was not noticed"
        page.until("performance.now() - Math.max(watch.sound, watch.told) > 500", "silence")
        voice, told, silence = page.get("(clearInterval(watch.timer), [watch.voice, watch.told, watch.sound])")
        if silence is not None:
            break
    if voice is not None:
        record_property("milliseconds from the visitor's voice to the decision", told - voice)
    record_property("milliseconds from the decision to silence", silence - told)
    assert silence - told < 1000, "the speech lasts twelve seconds"
    page.until("document.querySelector('.said li').dataset.state === 'interrupted'", "the interruption in the list")
    page.click("#talk")


def test_a_portrait_is_changed_and_a_refusal_is_shown(page):
    page.click("#tab-operate")
    page.until("document.getElementById('parameter-portrait')?.disabled === false", "the controls")
    before = page.run("return probe.whole()")
    choose = (
        "const select = document.getElementById('parameter-portrait');"
        "select.value = '{}'; select.dispatchEvent(new Event('change'));"
    )
    page.driver.execute_script(choose.replace("{}", "mei"))
    page.until(f"probe.difference(probe.whole(), {before}) > 15", "another face")
    page.driver.execute_script(choose.replace("{}", "astronaut"))
    page.until(f"probe.difference(probe.whole(), {before}) < 10", "the face from before")
    page.run(
        "await page.connection.request('set_parameter', {name: 'image_width', value: 7}).then("
        "  () => null, (refused) => page.notices.refused(refused));"
    )
    assert "image_width" in page.until("document.querySelector('.notice.problem')?.textContent", "the refusal")
    page.until("document.querySelector('.badge').dataset.state === 'active'", "the state of the head")
    page.until("document.querySelector('.total').textContent.includes('ms')", "the latency")


def test_a_second_page_asks_for_the_conversation_and_gets_it(page, visitor):
    page.click("#tab-talk")
    page.click("#talk")
    page.until("page.microphone.open", "the microphone")
    second = page.open()
    page.until("page.connection.online", "the second page")
    page.click("#talk")
    page.until("document.getElementById('dialog').open", "the question whether to ask")
    page.click("#dialog button[value=yes]")
    asked = "[...document.querySelectorAll('.notice')].some((each) => each.textContent.includes('Asked'))"
    page.until(f"page.seats.mine('visitor') || {asked}", "the request to be sent")
    page.show(visitor)
    # Within 10 s the holder answers; then the dialog closes, and the seat is handed over without an answer.
    give = "document.querySelector('#dialog[open] button[value=yes]')?.click()"
    page.until(f"!page.microphone.open || ({give}, false)", "the microphone to be closed")
    page.show(second)
    page.until("page.microphone.open", "the microphone of the second page")
    page.driver.close()


def test_an_operator_speaks_through_the_face_while_the_space_bar_is_held(page, graph):
    page.click("#tab-be")
    page.until("page.seats.seats.visitor === null", "the seat of the page that was closed")
    own = graph.listen("self/audio", AudioChunk, qos.audio_publisher())
    page.click("#be")
    page.until("page.seats.mine('telepresence') && !document.getElementById('push').disabled", "the face")
    page.driver.execute_script("document.activeElement.blur()")
    hold = ActionChains(page.driver).key_down(Keys.SPACE)
    hold.perform()
    own.until(lambda all_: any(max(each.data, default=0) > 3000 for each in all_), "the voice of the operator")
    assert page.get("document.getElementById('push').classList.contains('live')")
    ActionChains(page.driver).key_up(Keys.SPACE).perform()
    own.until(lambda all_: all_[-1].end_of_stream, "the end of the stream")
    page.click("#be")
    page.until("page.seats.seats.telepresence === null", "the seat to be given back")
    page.click("#tab-talk")
    graph.forget(own)


def test_without_webrtc_the_websocket_carries_sound_and_pictures_in_step(page):
    fallback = page.open(before="delete window.RTCPeerConnection")
    page.until("page.connection.online && page.media.path === 'websocket'", "the connection")
    page.until("document.getElementById('cover').hidden", "an active head")
    speech_is_heard_and_seen(page, "Hello, my name is Ada.")
    page.show(fallback)
    page.driver.close()


def test_a_wrong_token_is_asked_for_again(page, visitor):
    page.open(token="a wrong one")
    page.until("document.getElementById('token-dialog').open", "the question for the token")
    page.driver.find_element("id", "token").send_keys(page.token + Keys.ENTER)
    page.until("page.connection.online", "the connection")
    page.driver.close()


def test_the_page_returns_after_a_loss_of_the_connection(page, nodes, start_server):
    assert nodes["web"].stop() == 0
    page.until("page.connection.state === 'lost'", "the loss")
    assert "lost" in page.get("document.querySelector('.connection').textContent")
    nodes["web"] = start_server()
    page.until("page.connection.online && page.media.path === 'webrtc'", "the return")
    page.until("probe.picture().videoWidth > 0", "the picture")


@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 800)])
@pytest.mark.parametrize("role", ["talk", "be", "operate"])
def test_it_fits_its_window_and_everything_has_a_name(page, role, width, height):
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
    page.driver.execute_script(f"page.choose('{role}')")
    assert page.get("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the window"
    unnamed = page.get(
        "[...document.querySelectorAll('button, input, select')].filter((each) => each.checkVisibility()"
        " && !(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.length))"
        ".map((each) => each.outerHTML)"
    )
    assert unnamed == []
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_roles_are_chosen_by_keyboard_and_nothing_failed(page):
    page.driver.execute_script("page.choose('talk')")
    page.driver.find_element("id", "tab-talk").send_keys(Keys.ARROW_RIGHT)
    assert page.get("document.activeElement.id") == "tab-be"
    assert page.get("document.getElementById('panel-be').checkVisibility()")
    page.driver.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
    assert page.get("page.role") == "talk"
    refused = ("WebSocket connection", "ERR_CONNECTION_REFUSED")  # while the server was away
    errors = [each for each in page.driver.get_log("browser") if not any(part in each["message"] for part in refused)]
    assert errors == []
