"""The page in a real browser when something goes wrong, or comes between: losses, refusals, haste, several pages."""

import os
import signal

from patience import PATIENCE
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

# The browser gives the microphone when `gate()` is called; before that it waits, as for the answer of a person.
GATED_MICROPHONE = """
const given = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
window.gated = 0;
window.tracks = [];
let open = new Promise((resolve) => (window.gate = resolve));
navigator.mediaDevices.getUserMedia = async (wanted) => {
  gated++;
  await open;
  const stream = await given(wanted);
  tracks.push(...stream.getTracks());
  return stream;
};
"""
NO_STORAGE = """
for (const name of ["sessionStorage", "localStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });
"""
MODULES_FAIL_ONCE = """
const add = AudioWorklet.prototype.addModule;
let failed = false;
AudioWorklet.prototype.addModule = function (...all) {
  if (failed) return add.apply(this, all);
  failed = true;
  return Promise.reject(new Error("not loaded"));
};
"""


def seated(browser, seat):
    browser.until(f"page.seats.mine('{seat}')", f"the seat {seat}")


def live_tracks(browser):
    return browser.get("tracks.filter((each) => each.readyState === 'live').length")


def test_a_microphone_that_is_muted_during_a_loss_stays_muted_after_the_return(browser, new_page):
    new_page(before=GATED_MICROPHONE + "gate();")
    browser.click("#talk")
    browser.until("page.microphone.open", "the microphone")
    browser.driver.execute_script(
        "page.connection.addEventListener('state', ({ detail }) => {"
        "  window.during = detail; document.getElementById('talk').click(); }, { once: true });"
        "page.connection._socket.close(4000);"
    )
    browser.until("window.during === 'lost' && page.connection.online", "the return")
    browser.until("page.seats.seats.visitor === null", "the conversation to be free")
    assert not browser.get("page.microphone.open")
    assert live_tracks(browser) == 0


def test_who_loses_the_conversation_is_told_once_and_its_microphone_is_released(browser, new_page):
    holder = new_page(before=GATED_MICROPHONE + "gate();")
    browser.click("#talk")
    browser.until("page.microphone.open", "the microphone")
    new_page()
    browser.click("#talk")
    browser.until("document.getElementById('dialog').open", "the question whether to ask")
    browser.click("#dialog button[value=yes]")
    browser.show(holder)
    browser.until(
        "document.querySelector('#dialog[open] button[value=yes]')?.click(), !page.microphone.open", "the end"
    )
    browser.until("document.querySelector('.notice.problem')", "the notice")
    assert live_tracks(browser) == 0
    assert browser.get("document.querySelectorAll('.notice').length") == 1


def test_a_push_that_ends_before_the_browser_gives_the_microphone_opens_nothing(browser, new_page):
    new_page(role="be", before=GATED_MICROPHONE)
    browser.driver.execute_script("page.seats.take('telepresence')")
    seated(browser, "telepresence")
    browser.driver.execute_script("document.activeElement.blur()")
    ActionChains(browser.driver).key_down(Keys.SPACE).perform()
    browser.until("gated === 1", "the request for the microphone")
    ActionChains(browser.driver).key_up(Keys.SPACE).perform()
    browser.driver.execute_script("gate()")
    browser.until("!page.microphone.busy && tracks.length === 1", "the microphone")
    browser.run("await probe.sleep(0)")
    assert not browser.get("page.microphone.open")


def test_a_microphone_that_is_given_after_another_role_was_chosen_is_given_back(browser, new_page):
    new_page(before=GATED_MICROPHONE)
    browser.click("#talk")
    browser.until("gated === 1", "the request for the microphone")
    browser.click("#tab-be")
    browser.driver.execute_script("gate()")
    browser.until("tracks.length === 1", "the microphone")
    browser.run("await probe.sleep(0)")
    assert live_tracks(browser) == 0
    assert not browser.get("page.microphone.open || page.microphone.busy")


def test_a_conversation_that_is_handed_over_after_another_role_was_chosen_is_given_back(browser, new_page):
    holder = new_page()
    browser.click("#talk")
    seated(browser, "visitor")
    second = new_page(before=GATED_MICROPHONE + "gate();")
    browser.click("#talk")
    browser.until("document.getElementById('dialog').open", "the question whether to ask")
    browser.click("#dialog button[value=yes]")
    browser.until("document.querySelector('.notice')", "the request to be sent")
    browser.click("#tab-be")
    browser.show(holder)
    browser.until(
        "document.querySelector('#dialog[open] button[value=yes]')?.click(), !page.seats.mine('visitor')", "the answer"
    )
    browser.until("page.seats.seats.visitor === null", "the conversation to be free again")
    browser.show(second)
    assert live_tracks(browser) == 0


def test_the_space_bar_speaks_right_after_the_face_was_taken(browser, new_page):
    new_page(role="be")
    browser.click("#be")
    seated(browser, "telepresence")
    browser.until("document.activeElement.id === 'push'", "the focus on the button to speak")
    ActionChains(browser.driver).key_down(Keys.SPACE).perform()
    browser.until("page.microphone.open", "the microphone")
    ActionChains(browser.driver).key_up(Keys.SPACE).perform()
    browser.until("!page.microphone.open", "the end")
    assert browser.get("page.seats.mine('telepresence')")


def test_the_space_bar_that_is_released_elsewhere_is_released(browser, new_page):
    new_page(role="be")
    browser.click("#be")
    browser.until("document.activeElement.id === 'push'", "the focus on the button to speak")
    ActionChains(browser.driver).key_down(Keys.SPACE).perform()
    browser.until("page.microphone.open", "the microphone")
    browser.driver.execute_script("document.querySelector('#panel-be select').focus()")
    ActionChains(browser.driver).key_up(Keys.SPACE).perform()
    browser.until("!page.microphone.open", "the end")


def test_two_questions_are_asked_one_after_the_other_and_each_gets_its_answer(browser, new_page):
    new_page()
    browser.driver.execute_script(
        "window.answers = []; page.connection.request = async (type, fields) => void answers.push(fields);"
        "for (const [request, seat] of [[1, 'visitor'], [2, 'control']])"
        "  page.connection.dispatchEvent(new CustomEvent('seat_request',"
        "    { detail: { request, seat, name: 'Somebody', seconds: 60 } }));"
    )
    browser.until("document.getElementById('dialog').textContent.includes('conversation')", "the first question")
    browser.click("#dialog button[value=yes]")
    browser.until("document.getElementById('dialog').textContent.includes('controls')", "the second question")
    browser.click("#dialog button[value=no]")
    browser.until("answers.length === 2", "the answers")
    assert browser.get("answers") == [{"request": 1, "give": True}, {"request": 2, "give": False}]


def test_looking_at_the_controls_of_another_asks_nobody(browser, new_page):
    new_page(role="operate")
    seated(browser, "control")
    new_page(role="operate")
    browser.until("!document.querySelector('.card.slim').textContent.includes('only')", "who has the controls")
    browser.until("document.querySelectorAll('#parameter-portrait').length", "the parameters")
    assert not browser.get("document.getElementById('dialog').open")
    assert browser.get("document.getElementById('parameter-portrait').disabled")


def test_a_server_that_is_silent_is_lost_although_the_connection_stands(browser, new_page, nodes):
    new_page()
    process = nodes["web"].pid
    os.kill(process, signal.SIGSTOP)
    try:
        browser.until("page.connection.state === 'lost'", "the loss")
    finally:
        os.kill(process, signal.SIGCONT)
    browser.until("page.connection.online", "the return")


def test_another_address_in_the_same_tab_brings_its_token(browser):
    first = browser.driver.current_window_handle
    browser.open(token="a wrong one")
    browser.until("document.getElementById('token-dialog').open", "the question for the token")
    ActionChains(browser.driver).send_keys(Keys.ESCAPE).perform()
    ActionChains(browser.driver).send_keys(Keys.ESCAPE).perform()
    browser.until("document.getElementById('token-dialog').open", "the question, which stays")
    browser.driver.execute_script(f"location.hash = 'token={browser.token}'")
    browser.until("page.connection.online && !document.getElementById('token-dialog').open", "the connection")
    assert browser.get("location.hash") == ""
    browser.driver.close()
    browser.show(first)


def test_a_browser_that_keeps_nothing_is_served(browser, new_page):
    new_page(before=NO_STORAGE)
    browser.until("document.getElementById('cover').hidden", "an active head")


def test_sound_that_could_not_be_turned_on_is_said_and_tried_again(browser, new_page):
    new_page(before=MODULES_FAIL_ONCE)
    browser.click("#sound")
    assert "not loaded" in browser.until("document.querySelector('.notice.problem')?.textContent", "the reason")
    browser.click("#sound")
    browser.until("!page.media.locked && page.media._fallback.output !== null", "the sound")


def test_sound_is_turned_on_within_the_gesture(browser, new_page):
    """Safari allows it only there."""
    new_page()
    browser.until("page.media.path === 'webrtc'", "WebRTC")
    assert browser.get("(page.media.unlock(), page.media.screens.faceVideo.muted)") is False


def test_the_camera_is_shown_when_the_page_begins_with_the_role(browser, graph, tmp_path):
    """In a server of its own, with a camera."""
    first = browser.driver.current_window_handle
    port = int(browser.address.rpartition(":")[2].strip("/")) + 1
    server = graph.start("web", port=port, state_folder=str(tmp_path), camera="camera/image")
    server.until_log("open http")
    browser.driver.switch_to.new_window("tab")
    browser.driver.get(f"http://127.0.0.1:{port}/?role=be")
    browser.until("window.page?.connection.online", "the connection", PATIENCE)
    browser.until("page.media.look.camera && !document.getElementById('camera').hidden", "the camera")
    browser.driver.close()
    browser.show(first)
    assert server.stop() == 0
