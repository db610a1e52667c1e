"""One head, one server and one browser for all checks of the page."""

import shutil
import socket

import numpy as np
import pytest
import soundfile
import soxr
from patience import PATIENCE
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from dystream_ros.nodes.say.voices import HibariVoice

TOKEN = "a token of this test"
RATE = 48_000
SILENCE = 2.2  # s after the voice that the microphone hears, again and again
BROWSER_NAMES = ("chromium", "google-chrome", "chromium-browser")


class Browser:
    """A driver of the page: scripts that may wait, and conditions on their results."""

    token = TOKEN

    def __init__(self, driver, graph, address):
        self.driver, self.graph, self.address = driver, graph, address

    def open(self, token=TOKEN, role="talk", before=""):
        """Open the page in a new tab; `before` is a script that runs first. Returns the tab."""
        self.driver.switch_to.new_window("tab")
        if before:
            self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": before})
        self.driver.get(f"{self.address}?role={role}#token={token}")
        self.until("window.page !== undefined", "the page")
        self.driver.execute_script(PROBE)
        return self.driver.current_window_handle

    def show(self, tab):
        self.driver.switch_to.window(tab)

    def get(self, expression):
        return self.driver.execute_script(f"return ({expression})")

    def until(self, expression, what, timeout=PATIENCE):
        """The expression's first true value."""
        return self.graph.until(lambda: self.get(expression), what, timeout)

    def run(self, script):
        """The value of an asynchronous script."""
        wrapped = (
            f"const done = arguments[0]; (async () => {{ {script} }})().then(done, (e) => done('failed: ' + e.stack))"
        )
        value = self.driver.execute_async_script(wrapped)
        assert not (isinstance(value, str) and value.startswith("failed: ")), value
        return value

    def click(self, selector):
        self.driver.find_element("css selector", selector).click()


# What a visitor hears and sees, in the page: the level of the sound, and the mouth in the picture.
PROBE = """
window.probe = {
  canvas: Object.assign(document.createElement("canvas"), { width: 64, height: 64 }),
  picture() {
    const { faceVideo, faceCanvas } = page.media.screens;
    return page.media.webrtc ? faceVideo : faceCanvas;
  },
  // Grey values of a part of the picture, 64 x 64: x, y, width and height are parts of the picture.
  grey(x, y, width, height) {
    const picture = this.picture();
    const [wide, high] = [picture.videoWidth || picture.width, picture.videoHeight || picture.height];
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(picture, x * wide, y * high, width * wide, height * high, 0, 0, 64, 64);
    const { data } = context.getImageData(0, 0, 64, 64);
    return Array.from({ length: 4096 }, (_, k) => (data[4 * k] + data[4 * k + 1] + data[4 * k + 2]) / 3);
  },
  whole() { return this.grey(0, 0, 1, 1); },
  // How open the mouth is: the dark part of its region. Of the portrait astronaut, whose closed lips have 0.004 at most
  // and open ones 0.018 at least.
  mouth() { return this.grey(0.4, 0.54, 0.16, 0.11).filter((value) => value < 90).length / 4096; },
  difference(a, b) { return a.reduce((sum, value, k) => sum + Math.abs(value - b[k]), 0) / a.length; },
  listen() {
    const source = page.media.webrtc
      ? page.media.audioContext.createMediaStreamSource(page.media.screens.faceVideo.srcObject)
      : page.media._fallback.output;
    if (!source) return; // sound is being turned on: its modules are loading
    this.analyser = page.media.audioContext.createAnalyser();
    this.analyser.fftSize = 2048;
    source.connect(this.analyser);
  },
  level() {
    if (!this.analyser || page.media.webrtc && page.media.screens.faceVideo.muted) return 0;
    const samples = new Float32Array(this.analyser.fftSize);
    this.analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
  },
  sleep(ms) { return new Promise((resolve) => setTimeout(resolve, ms)); },
};
"""
# Rejections that nobody handles, for `new_page`.
ERRORS = "window.failures = []; addEventListener('unhandledrejection', (e) => failures.push(String(e.reason)));"


@pytest.fixture(scope="module")
def microphone_file(tmp_path_factory):
    """A voice, then silence: the browser plays it as its microphone, again and again."""
    voice = soxr.resample(2 * HibariVoice("heart").speak("Excuse me, one question.", 1.0), 24_000, RATE)
    path = tmp_path_factory.mktemp("microphone") / "voice.wav"
    soundfile.write(path, np.concatenate([voice, np.zeros(round(SILENCE * RATE))]), RATE, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


@pytest.fixture(scope="module")
def start_server(graph, address, tmp_path_factory):
    """Starts the server; it is needed again after it was ended."""
    state = tmp_path_factory.mktemp("web")

    def start():
        port = int(address.rpartition(":")[2].strip("/"))
        server = graph.start("web", port=port, token=TOKEN, state_folder=str(state))
        server.until_log("open http")
        return server

    return start


@pytest.fixture(scope="module")
def nodes(graph, start_server):
    """Head, say and web; the last one is what the page is connected to."""
    head = graph.start("head", portrait="astronaut", image_width=256, image_height=256)
    say = graph.start("say")
    server = start_server()
    head.until_log("active")
    say.until_log("ready")
    return {"head": head, "say": say, "web": server}


@pytest.fixture(scope="module")
def browser(graph, nodes, address, microphone_file, tmp_path_factory):
    program = next((found for name in BROWSER_NAMES if (found := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.fail("Chromium and its driver are missing: run `scripts/setup.sh test`")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in (
        "--headless=new",
        "--no-sandbox",  # the tests may run as root
        "--disable-gpu",
        "--window-size=1280,800",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone_file}",
        f"--user-data-dir={tmp_path_factory.mktemp('browser')}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "SEVERE"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    try:
        started.set_script_timeout(PATIENCE)
        yield Browser(started, graph, address)
    finally:
        started.quit()


@pytest.fixture
def new_page(browser):
    """A tab of its own: `new_page(role, before)` opens it; closed afterwards, and nothing in it failed unseen."""
    first = browser.driver.current_window_handle
    opened = []

    def open_page(role="talk", before=""):
        tab = browser.open(role=role, before=ERRORS + before)
        opened.append(tab)
        browser.until("page.connection.online", "the connection")
        return tab

    yield open_page
    failures = []
    for tab in opened:
        if tab in browser.driver.window_handles:
            browser.show(tab)
            failures += browser.get("window.failures")
            browser.driver.close()
    browser.show(first)
    assert failures == []
