"""The first evening: what people do with the page, and what must not break when they do."""

import json
import re
import socket
import subprocess
import urllib.request

import pytest
from device import ROOT, wait_for
from playwright.sync_api import expect
from test_page import AUDIT, LEFT, get, quiet, show


class Client:
    """Another program that speaks to the same MPD."""

    def __init__(self, one):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(one.place / "socket"))
        self.lines = self.socket.makefile("rw", encoding="utf-8", newline="\n")
        assert self.lines.readline().startswith("OK MPD")

    def ask(self, command):
        self.lines.write(f"{command}\n")
        self.lines.flush()
        answer = []
        while True:
            line = self.lines.readline().rstrip("\n")
            assert not line.startswith("ACK"), line
            if line == "OK":
                return answer
            answer.append(line)


def test_the_page_lives_through_a_restart(tab, another):
    one = another()
    page = show(tab, one, "now", expected=("403", *LEFT))
    one.restart()
    expect(page.get_by_text("The device does not answer.")).to_have_count(0)
    page.get_by_role("button", name="sad", exact=True).click()
    expect(page.get_by_text("Picked: sad")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_an_error_of_the_settings_stands_at_its_field_in_the_persons_language(tab, another):
    one = another()
    page = show(tab, one, "settings", width=360, height=740, locale="de-DE", expected=("422",))
    page.get_by_label("Ruhezeit beginnt").fill("22:00")
    page.get_by_role("button", name="Speichern").click()
    end = page.get_by_label("Ruhezeit endet")
    expect(end).to_have_attribute("aria-invalid", "true")
    expect(page.locator("p.field", has=end).get_by_role("alert")).to_contain_text("einen Anfang und ein Ende")
    expect(end).to_be_focused()
    expect(end).to_be_in_viewport()
    page.get_by_label("Ruhezeit beginnt").fill("")
    # What only the device knows: two buttons on one line.
    page.get_by_label("Knopf für das Nächste").fill("GPIO17")
    page.get_by_role("button", name="Speichern").click()
    line = page.get_by_label("Knopf für das Nächste")
    expect(page.locator("p.field", has=line).get_by_role("alert")).to_contain_text("eine eigene Leitung")
    expect(line).to_be_in_viewport()
    assert page.evaluate(AUDIT) == []


def test_a_draft_of_a_template_is_kept(tab, another):
    one = another()
    page = show(tab, one, "templates", expected=LEFT)
    page.get_by_role("button", name="As text").click()
    page.get_by_role("button", name="sad").click()
    text = page.get_by_label("Template for sad")
    expect(text).to_have_value(re.compile("journey"))
    shipped = text.input_value()
    text.fill("# mine\nvolume = 31\n")
    page.get_by_role("button", name="happy").click()
    expect(page.get_by_label("Template for happy")).not_to_have_value(re.compile("mine"))
    page.goto(f"{one.address}#now")
    one.restart()
    page.goto(f"{one.address}#templates")
    page.reload()
    page.get_by_role("button", name="As text").click()
    page.get_by_role("button", name="sad").click()
    expect(text).to_have_value("# mine\nvolume = 31\n")
    expect(page.get_by_text("This is your draft")).to_be_visible()
    page.get_by_role("button", name="Throw the draft away").click()
    expect(text).to_have_value(shipped)
    expect(page.get_by_text("This is your draft")).to_have_count(0)


def test_what_another_program_plays_is_shown_and_driven(tab, another):
    one = another()
    page = show(tab, one, "now")
    bar = page.get_by_role("contentinfo")
    other = Client(one)
    wait_for("the library", lambda: get(one, "library")["total"] == 24)
    other.ask('add "jazz/two_sugars.ogg"')
    other.ask('add "folk/river_walk.ogg"')
    other.ask("play 0")
    expect(bar).to_contain_text("Two Sugars")
    expect(bar).to_contain_text("another program")
    bar.get_by_role("button", name="Pause").click()
    wait_for("a pause", lambda: "state: pause" in other.ask("status"))
    expect(bar).to_contain_text("paused")
    bar.get_by_role("button", name="Go on").click()
    wait_for("music", lambda: "state: play" in other.ask("status"))
    bar.get_by_role("button", name="Next").click()
    expect(bar).to_contain_text("River Walk")
    stop = page.get_by_role("button", name="Stop")
    stop.click()
    wait_for("silence", lambda: "state: stop" in other.ask("status"))
    expect(page.get_by_text("Nothing plays.").first).to_be_visible()
    # The lever that was used keeps the focus.
    expect(stop).to_be_focused()


def test_while_it_asks_the_page_offers_what_the_panel_does(tab, another):
    one = another(mode="public")
    page = show(tab, one, "device")
    button = page.get_by_role("button", name="The button")
    button.click()
    wait_for("the notice", lambda: get(one, "state")["phase"] == "notice")
    page.wait_for_timeout(800)
    button.click()
    wait_for("the question", lambda: get(one, "state")["phase"] == "choosing")
    page.goto(f"{one.address}#now")
    question = page.get_by_role("region", name="How are you?")
    expect(question.get_by_role("button")).to_have_count(3)
    expect(page.get_by_text("Nobody has pressed the button.")).to_have_count(0)
    question.get_by_role("button", name="Bad").click()
    expect(page.get_by_text("Picked: sad")).to_be_visible()
    assert get(one, "state")["looks"] == 0


def test_the_skip_link_keeps_what_was_typed(tab, home):
    page = show(tab, home, "settings")
    notice = page.get_by_label("Text of the notice")
    notice.fill("half a sentence")
    page.locator("#skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    expect(notice).to_have_value("half a sentence")


def test_the_current_part_is_seen_in_forced_colours(tab, home):
    page = show(tab, home, "library", forced_colors="active")
    looks = "(link) => [getComputedStyle(link).borderBottomColor, getComputedStyle(link).borderBottomStyle].join()"
    current, other = (page.locator(f"nav a[href='#{part}']").evaluate(looks) for part in ("library", "history"))
    assert current != other


def test_a_slider_that_has_the_focus_follows_the_device(tab, home):
    page = show(tab, home, "now")
    volume = page.get_by_label("Volume")
    volume.focus()
    before = int(volume.input_value())
    page.keyboard.press("ArrowLeft")
    wait_for("the volume", lambda: get(home, "state")["volume"] == before - 1)
    page.evaluate("""async () => {
      const { csrf } = await (await fetch('/api/session')).json();
      await fetch('/api/volume', { method: 'POST', headers: { 'content-type': 'application/json', 'x-csrf-token': csrf }, body: '{"percent": 12}' });
    }""")
    expect(volume).to_be_focused()
    expect(volume).to_have_value("12")


def test_a_title_that_is_tapped_on_a_phone_stays_where_it_is_and_is_played(tab, home):
    page = show(tab, home, "library", width=360, height=740, has_touch=True, is_mobile=True)
    title = page.get_by_role("button", name="Corner Table")
    title.scroll_into_view_if_needed()
    before = title.bounding_box()["y"]
    title.tap()
    page.get_by_role("button", name="Play this", exact=True).wait_for()
    assert abs(title.bounding_box()["y"] - before) < 3
    page.get_by_role("button", name="Play this", exact=True).tap()
    expect(page.locator("#said")).to_have_text("Starting.")
    bar = page.get_by_role("contentinfo")
    expect(bar).to_contain_text("Corner Table")
    assert get(home, "state")["mood"] is None
    page.get_by_role("button", name="Add to the queue").tap()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(AUDIT) == []
    quiet(page)


def test_an_album_is_played_and_the_place_in_a_track_is_set(tab, home):
    page = show(tab, home, "library")
    page.get_by_role("button", name="Albums").click()
    page.get_by_role("button", name="Play this album: Demo Library").click()
    wait_for("music", lambda: get(home, "state")["music"])
    seek = page.get_by_label("Place in the track")
    expect(seek).to_be_enabled()
    seek.fill("20")
    wait_for("the place", lambda: get(home, "state")["music"]["elapsed_s"] >= 20)
    assert len(get(home, "state")["next"]) == 5
    page.get_by_role("contentinfo").get_by_role("button", name="Back").click()
    wait_for("the beginning", lambda: get(home, "state")["music"]["elapsed_s"] < 15)
    quiet(page)


def test_an_empty_library_names_its_folder_and_no_face_is_looked_at(tab, another):
    one = another(own="empty")
    page = tab(one, "library")
    expect(page.get_by_text("There is nothing yet. Files are read from:")).to_be_visible()
    expect(page.locator(".note code")).to_have_text(str(one.place / "music"))
    page.get_by_role("button", name="Videos").click()
    expect(page.locator(".note code")).to_have_text(str(one.place / "videos"))
    assert page.evaluate(AUDIT) == []
    wait_for("the trouble", lambda: get(one, "state")["troubles"])
    page.goto(f"{one.address}#now")
    page.get_by_role("button", name="Look at me").click()
    expect(page.get_by_role("img", name=re.compile("Something is wrong|Nothing in the library"))).to_be_visible()
    assert get(one, "state")["looks"] == 0


def test_a_phone_that_slept_finds_the_device_again(tab, another):
    one = another()
    page = show(tab, one, "now", expected=("403", *LEFT))
    # The stream ends without a word, and the page is hidden and seen again.
    hide = "(hidden) => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden }); document.dispatchEvent(new Event('visibilitychange')); }"
    page.evaluate(hide, True)
    page.context.set_offline(True)
    one.restart()
    page.context.set_offline(False)
    page.evaluate(hide, False)
    expect(page.get_by_text("The device does not answer.")).to_have_count(0)
    page.get_by_role("button", name="sad", exact=True).click()
    expect(page.get_by_text("Picked: sad")).to_be_visible()


def test_beside_an_arabic_name_the_times_stand_in_their_order(tab, another, tmp_path):
    one = another(own=True)
    title = "نسم علينا الهوى"
    sound = one.place / "music/arabic.ogg"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=duration=70", "-metadata", f"title={title}", "-metadata", "artist=فيروز", sound], check=True)
    other = Client(one)
    other.ask("update")
    wait_for("the song", lambda: get(one, "library")["total"] == 25)
    other.ask('add "arabic.ogg"')
    other.ask("play 0")
    page = tab(one, "now")
    bar = page.get_by_role("contentinfo")
    expect(bar).to_contain_text(title)
    clock = bar.locator(".clock")
    expect(clock).to_have_text(re.compile(r"^0:\d\d / 1:10$"))
    # The elapsed time is drawn to the left of the length.
    left, right = clock.evaluate("""(clock) => {
      const text = clock.firstChild, slash = text.data.indexOf('/');
      const at = (from, to) => { const range = document.createRange(); range.setStart(text, from); range.setEnd(text, to); return range.getBoundingClientRect().left; };
      return [at(0, 1), at(slash + 2, slash + 3)];
    }""")
    assert left < right


def test_a_like_is_given_and_taken_back(tab, another):
    one = another()
    page = show(tab, one, "now")
    page.get_by_role("button", name="happy", exact=True).click()
    bar = page.get_by_role("contentinfo")
    bar.get_by_role("button", name="Like").click()
    liked = bar.get_by_role("button", name="Liked")
    expect(liked).to_have_attribute("aria-pressed", "true")
    liked.click()
    expect(bar.get_by_role("button", name="Like", exact=True)).to_have_attribute("aria-pressed", "false")
    other = Client(one)
    assert not [line for line in other.ask('sticker find song "" like') if "like=2" in line]


def test_forgetting_takes_our_hearts_and_names_those_of_others(tab, another):
    one = another()
    page = show(tab, one, "now")
    other = Client(one)
    wait_for("the library", lambda: get(one, "library")["total"] == 24)
    page.get_by_role("button", name="happy", exact=True).click()
    page.get_by_role("contentinfo").get_by_role("button", name="Like").click()
    wait_for("our heart", lambda: [line for line in other.ask('sticker find song "" like') if "like=2" in line])
    quiet(page)
    other.ask('sticker set song "ambient/still_water.ogg" like 2')
    page.goto(f"{one.address}#history")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Forget what was learnt").click()
    expect(page.get_by_text("1 hearts that other programs gave stay there")).to_be_visible()
    assert [line for line in other.ask('sticker find song "" like') if line.startswith("file")] == ["file: ambient/still_water.ogg"]


def test_reasons_come_in_the_language_of_the_browser(tab, home):
    page = show(tab, home, "now", locale="de-DE")
    page.get_by_role("button", name="traurig", exact=True).click()
    plays = page.get_by_role("region", name="Läuft gerade")
    expect(plays.locator(".why")).not_to_be_empty()
    german = plays.locator(".why").inner_text()
    asked = urllib.request.Request(f"{home.address}api/state", headers={"Accept-Language": "en-GB,en;q=0.9"})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        assert json.load(answer)["music"]["why"] != german
    page.goto(f"{home.address}#now")
    page.get_by_role("button", name="Stopp").click()


def test_a_mood_that_was_read_wrongly_is_put_right(tab, home):
    page = show(tab, home, "now")
    page.get_by_role("button", name="Look at me").click()
    page.get_by_role("button", name="Not happy? Choose the right one").click()
    question = page.get_by_role("region", name="Which mood is it?")
    expect(question.get_by_role("button")).to_have_count(7)
    # The refused one comes last.
    expect(question.get_by_role("button").last).to_have_text("happy")
    question.get_by_role("button", name="calm").click()
    expect(page.get_by_text("Picked: calm")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Not "))).to_have_count(0)
    quiet(page)


def test_space_pauses_and_goes_on_in_every_part(tab, home):
    page = show(tab, home, "now")
    page.get_by_role("button", name="calm", exact=True).click()
    expect(page.get_by_role("contentinfo").get_by_role("button", name="Pause")).to_be_enabled()
    page.goto(f"{home.address}#history")
    page.locator("select#days").wait_for()
    page.locator("main").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("contentinfo")).to_contain_text("paused")
    page.keyboard.press("Space")
    expect(page.get_by_role("contentinfo")).not_to_contain_text("paused")
    quiet(page)


def test_on_a_phone_the_seldom_parts_stand_behind_more(tab, home):
    page = show(tab, home, "now", width=360, height=740, has_touch=True, is_mobile=True)
    expect(page.locator("nav a:visible")).to_have_count(3)
    page.get_by_role("button", name="More").tap()
    page.get_by_role("link", name="Settings").tap()
    page.locator("fieldset select").first.wait_for()
    expect(page.locator("nav a:visible")).to_have_count(3)


def test_over_a_slow_link_the_frame_comes_first_and_nothing_piles_up(tab, home):
    page = tab(home, "now")
    page.get_by_role("button", name="calm", exact=True).click()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(6000)
    assert not [url for url in asked if url.endswith("icon.svg")], "the sign is asked for once"
    assert len([url for url in asked if "panel.png" in url]) <= 8
    quiet(page)
    # What this machine needs by itself, and what 400 kbit/s and 400 ms add to that.
    def usable(throttled):
        context = page.context.browser.new_context(locale="en-GB", reduced_motion="reduce")
        fresh = context.new_page()
        wire = context.new_cdp_session(fresh)
        wire.send("Network.enable")
        if throttled:
            wire.send("Network.emulateNetworkConditions", {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000})
        came = []
        wire.on("Network.loadingFinished", lambda event: came.append(event["encodedDataLength"]))
        fresh.goto(f"{home.address}#now", wait_until="commit")
        fresh.locator("#bar .levers").wait_for()
        fresh.locator(".faces button").first.wait_for()
        took = fresh.evaluate("performance.now()")
        context.close()
        return took, sum(came)

    near, _ = min(usable(False) for _ in range(2))
    far, came = min(usable(True) for _ in range(2))
    print(f"usable after {near:.0f} ms here, after {far:.0f} ms over 400 kbit/s and 400 ms; {came} bytes")
    assert came <= 120_000, came
    assert far - near <= 1900, (far, near)


LANGUAGES = sorted(path.stem.removeprefix("words-") for path in (ROOT / "src/observers/web/assets").glob("words-*.js"))


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_has_every_word_and_no_other(code):
    def keys(name):
        text = (ROOT / f"src/observers/web/assets/words-{name}.js").read_text()
        return re.findall(r'(?:^|[{,]\s*)(?:"([\w.]+)"|(\w+)):\s*"', text, re.MULTILINE)

    english, other = ({one or two for one, two in keys(name)} for name in ("en", code))
    assert len(english) > 200
    assert english - other == set(), f"words-{code}.js lacks these"
    assert other - english == set(), f"words-{code}.js has what English has not"
