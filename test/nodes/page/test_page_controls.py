"""Texts and controls of the page in a real browser: what is too long, refused, or changes under the fingers."""

from selenium.webdriver.common.keys import Keys

LONG = 10_000


def test_a_text_that_is_too_long_is_refused_as_a_whole(browser, new_page):
    new_page()
    browser.driver.execute_script(
        f"document.getElementById('sentence').value = 'word '.repeat({LONG // 5});"
        "document.querySelector('.say').requestSubmit();"
    )
    said = browser.until("document.querySelector('.notice.problem')?.textContent", "the refusal")
    assert str(LONG - 1) in said, "without the space at its end"
    assert "500" in said
    assert browser.get("document.querySelectorAll('.said li').length") == 0
    assert len(browser.get("document.getElementById('sentence').value")) == LONG, "it can be shortened"


def test_a_long_word_does_not_widen_the_page(browser, new_page):
    new_page()
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": False}
    )
    browser.driver.execute_script(
        "const word = 'W'.repeat(400);"
        "page.connection.dispatchEvent(new CustomEvent('speech', { detail: { event: 'said', text: word } }));"
        "page.notices.show(word);"
    )
    assert browser.get("document.querySelector('.said li').getBoundingClientRect().right <= innerWidth")
    assert browser.get("document.querySelector('.notice').getBoundingClientRect().right <= innerWidth")
    assert browser.get("document.documentElement.scrollWidth <= innerWidth")
    caption = browser.get(
        "document.getElementById('caption').clientHeight / document.getElementById('face').clientHeight"
    )
    assert caption < 1 / 3, "the face is seen behind the caption"
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_controls_show_what_the_head_has_after_a_refusal(browser, new_page):
    new_page(role="operate")
    browser.until("page.seats.mine('control')", "the controls")
    browser.until("document.getElementById('parameter-image_width')?.disabled === false", "the controls")
    field = browser.driver.find_element("id", "parameter-image_width")
    field.clear()
    field.send_keys("7" + Keys.ENTER)
    assert "image_width" in browser.until("document.querySelector('.notice.problem')?.textContent", "the refusal")
    browser.until("document.getElementById('parameter-image_width').value === '256'", "the value of the head")
    field.clear()
    field.send_keys(Keys.TAB)
    browser.until("document.getElementById('parameter-image_width').value === '256'", "the value of the head")
    browser.driver.execute_script("page.seats.release('control')")
    browser.until("page.seats.seats.control === null", "the controls to be given back")
    # The seat is lost while the slider is in use.
    before = browser.get(
        "(document.getElementById('parameter-nod_rate').disabled = false,"
        " document.getElementById('parameter-nod_rate').focus(), document.getElementById('parameter-nod_rate').value)"
    )
    browser.driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    browser.until("document.querySelector('.notices').textContent.includes('control')", "the refusal")
    browser.until(f"document.getElementById('parameter-nod_rate').value === '{before}'", "the value of the head")


def test_what_is_being_entered_is_kept_when_another_parameter_changes(browser, new_page, graph):
    new_page(role="operate")
    browser.until("document.getElementById('parameter-image_width')?.disabled === false", "the controls")
    field = browser.driver.find_element("id", "parameter-image_width")
    field.send_keys(Keys.CONTROL + "a" + Keys.NULL, "12")
    browser.driver.execute_script("page.connection.request('set_parameter', { name: 'nod_rate', value: 1.5 })")
    browser.until("document.getElementById('parameter-nod_rate').value === '1.5'", "the other parameter")
    assert browser.get("document.getElementById('parameter-image_width').value") == "12"
    field.send_keys(Keys.CONTROL + "a" + Keys.NULL, "256")
    browser.driver.execute_script("page.connection.request('set_parameter', { name: 'nod_rate', value: 1.0 })")
    browser.until("document.getElementById('parameter-nod_rate').value === '1'", "the other parameter")
