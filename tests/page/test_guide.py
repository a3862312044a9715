"""The first steps on the page, on a simulated device."""

import json
import re
import urllib.error
import urllib.request

from device import wait_for
from playwright.sync_api import expect
from test_every_day import sound
from test_page import AUDIT, LEFT, get, show


def ask(one, path, body):
    """As a program without a browser would."""
    with urllib.request.urlopen(f"{one.address}api/session", timeout=10) as answer:
        word = json.load(answer)["csrf"]
    request = urllib.request.Request(
        f"{one.address}api/{path}", data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "X-CSRF-Token": word},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_the_first_steps_lead_from_the_place_to_the_first_music(tab, another, tmp_path):
    one = another(own="empty", new=True)
    page = show(tab, one, "now", expected=("409", *LEFT))
    offer = page.get_by_role("region", name="First steps")
    expect(offer).to_be_visible()
    offer.get_by_role("link", name="Begin").click()
    heading = page.get_by_role("heading", level=2)
    # Where it stands, and the language.
    expect(heading.last).to_have_text("Where does it stand?")
    expect(page.get_by_label("Where it stands")).to_have_value("household")
    page.get_by_label("Language of the panel").select_option("de")
    assert page.evaluate(AUDIT) == []
    page.get_by_role("button", name="Save").click()
    wait_for("the language", lambda: get(one, "state")["language"] == "de")
    # The button: the press arrives, and starts nothing.
    expect(heading.last).to_have_text("The button")
    expect(heading.last).to_be_focused()
    page.get_by_role("button", name="I am at the button").click()
    expect(page.get_by_text("Press the button now.")).to_be_visible()
    for edge in ("down", "up"):
        assert ask(one, "device/button", {"button": "main", "edge": edge}) in (200, 202, 204)
    expect(page.get_by_text("The press has arrived.")).to_be_visible()
    assert get(one, "state")["looks"] == 0 and get(one, "state")["phase"] == "idle"
    assert page.evaluate(AUDIT) == []
    page.get_by_role("button", name="Go on").click()
    # The tone. A machine without a sound card says so in words.
    expect(heading.last).to_have_text("The sound")
    page.get_by_role("button", name="Play a tone").click()
    expect(page.get_by_text(re.compile("A tone was played at|could not be played on"))).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    # A picture in a file cannot be turned: the camera follows.
    expect(heading.last).to_have_text("Your place before the camera")
    page.get_by_role("button", name="Switch the camera on").click()
    advice = page.locator(".advice")
    expect(advice).to_have_text(re.compile("Good|Closer|Farther away|To the middle|light"))
    assert get(one, "device")["light"] is True
    assert page.evaluate(AUDIT) == []
    page.get_by_role("button", name="Switch the camera off").click()
    wait_for("the light is out", lambda: get(one, "device")["light"] is False)
    state = get(one, "state")
    assert state["looks"] == 0 and state["mood"] is None and state["advice"] is None
    # Leaving the step ends it too.
    page.get_by_role("button", name="Switch the camera on").click()
    wait_for("the light is on", lambda: get(one, "device")["light"] is True)
    page.get_by_role("button", name="Go on").click()
    wait_for("the light is out", lambda: get(one, "device")["light"] is False)
    # Music.
    expect(heading.last).to_have_text("Add files")
    page.get_by_label("Choose files").set_input_files(sound(tmp_path, "first song", title="First Song"))
    expect(page.get_by_text("added", exact=True)).to_be_visible()
    page.get_by_role("button", name="Done").click()
    expect(page).to_have_url(re.compile("#now$"))
    expect(page.get_by_role("region", name="First steps")).to_have_count(0)
    # Also after a restart; and they can be opened again.
    one.restart()
    page.reload()
    expect(page.get_by_role("heading", name="Pick a mood")).to_be_visible()
    expect(page.get_by_role("region", name="First steps")).to_have_count(0)
    page.goto(f"{one.address}#settings")
    page.get_by_role("link", name="Go through the first steps again").click()
    expect(heading.last).to_have_text("Where does it stand?")


def test_the_camera_goes_out_with_whoever_leaves_however_early(tab, another):
    one = another()
    page = show(tab, one, "guide")
    heading = page.get_by_role("heading", level=2)
    step = page.get_by_role("button", name="Go on")

    def camera():
        while heading.last.text_content() != "Your place before the camera":
            before = heading.last.text_content()
            step.click()
            expect(heading.last).not_to_have_text(before)

    camera()
    # Gone on in the very task in which it was switched on: no answer and no state has come.
    page.evaluate("""() => {
      for (const name of ["Switch the camera on", "Go on"])
        [...document.querySelectorAll("button")].find((one) => one.textContent === name).click();
    }""")
    expect(heading.last).to_have_text("Add files")
    wait_for("the light is out", lambda: get(one, "device")["light"] is False and get(one, "state")["phase"] == "idle")
    # The page is opened anew while the camera is on, and closed.
    page.get_by_text("Back", exact=True).click()
    page.get_by_role("button", name="Switch the camera on").click()
    wait_for("the light is on", lambda: get(one, "device")["light"] is True)
    page.goto("about:blank")
    wait_for("the light is out", lambda: get(one, "device")["light"] is False, 20)


def test_the_first_steps_are_put_away_on_a_phone_in_french(tab, another):
    one = another(new=True)
    page = show(tab, one, "now", width=360, height=740, locale="fr-FR")
    offer = page.get_by_role("region", name="Premiers pas")
    expect(offer).to_be_visible()
    assert page.evaluate(AUDIT) == []
    offer.get_by_role("button", name="Pas maintenant").click()
    expect(offer).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Choisir une humeur")).to_be_visible()
    expect(page.get_by_role("region", name="Premiers pas")).to_have_count(0)
    page.goto(f"{one.address}#guide")
    expect(page.get_by_role("heading", name="Où se trouve-t-il ?")).to_be_visible()
    assert page.evaluate(AUDIT) == []


def test_in_public_and_at_work_no_page_opens_the_camera_and_strangers_try_nothing(tab, another):
    for mode in ("public", "workplace"):
        one = another(mode=mode, new=True)
        page = show(tab, one, "now")
        expect(page.get_by_role("heading", name="Pick a mood")).to_be_visible()
        expect(page.get_by_role("region", name="First steps")).to_have_count(0)
        page.goto(f"{one.address}#guide")
        expect(page.get_by_text("only if the page has a password")).to_be_visible()
        for path, body in [("press", {}), ("sound", {}), ("panel", {}), ("upright", {"arrow": "up"}), ("camera", {"on": True})]:
            assert ask(one, f"guide/{path}", body) == 403, path
        assert get(one, "device")["light"] is False


def test_a_panel_is_turned_until_its_arrow_points_up(tab, another):
    one = another()
    text = one.config.read_text()
    one.config.write_text(re.sub(r"\[panel\]\npng = .*", '[panel]\npreset = "waveshare-2.0"', text))
    one.restart()
    page = show(tab, one, "guide", expected=("409", *LEFT))
    for _ in range(3):
        page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="The panel")).to_be_visible()
    page.get_by_role("button", name="Show the arrow").click()
    before = get(one, "settings")
    page.get_by_role("button", name="To the right").click()
    expect(page.get_by_text("counts when moodbox is started again")).to_be_visible()
    turned = {setting["name"]: setting["value"] for setting in get(one, "settings")["settings"]}
    was = {setting["name"]: setting["value"] for setting in before["settings"]}
    assert turned["panel.rotation"] == 270 and was["panel.rotation"] is None, (turned, was)
    # The picture is as the panel is now: what was high is wide.
    one.restart()
    page.reload()
    with urllib.request.urlopen(f"{one.address}api/panel.png", timeout=10) as answer:
        picture = answer.read()
    assert picture[16:24] == (320).to_bytes(4, "big") + (240).to_bytes(4, "big")
