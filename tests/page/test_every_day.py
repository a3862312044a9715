"""What people do with the page in the days after: add files, shape templates by a form, keep what they made."""

import contextlib
import http.server
import json
import re
import subprocess
import threading

from device import BINARY, LIBRARY, ROOT, wait_for
from playwright.sync_api import expect
from test_page import AUDIT, LEFT, get, quiet, show


def sound(place, name, ending="mp3", title="A New Song"):
    """A real file, made by ffmpeg."""
    path = place / f"{name}.{ending}"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "sine=frequency=330:duration=40", "-b:a", "320k", "-metadata", f"title={title}", "-metadata", "genre=jazz", path],
        check=True,
    )
    return path


def test_music_is_added_with_progress_and_played(tab, another, tmp_path):
    one = another(own=True)
    page = show(tab, one, "library")
    card = page.get_by_role("region", name="Add files")
    expect(card).to_contain_text(re.compile(r"Room for [\d.]+ (GB|MB)"))
    # Larger than a piece.
    song = sound(tmp_path, "new song")
    assert song.stat().st_size > 1 << 20
    pieces = []
    page.on("response", lambda answer: pieces.append(answer.status) if "/api/library/files/" in answer.url else None)
    page.get_by_label("Choose files").set_input_files(song)
    expect(card.get_by_text("added", exact=True)).to_be_visible()
    assert len(pieces) > 1 and set(pieces) == {200}, pieces
    assert (one.place / "music/new song.mp3").read_bytes() == song.read_bytes()
    # MPD is another user.
    assert (one.place / "music/new song.mp3").stat().st_mode & 0o044 == 0o044
    # It is heard of without a reload.
    page.get_by_role("button", name="A New Song").click()
    page.get_by_role("button", name="Play this", exact=True).click()
    expect(page.get_by_role("contentinfo")).to_contain_text("A New Song")
    assert page.evaluate(AUDIT) == []
    quiet(page)


def test_files_are_dropped_and_what_is_none_is_refused(tab, another, tmp_path):
    one = another(own=True)
    page = show(tab, one, "library", expected=("422", "409"))
    drop = """([name, text]) => {
      const bag = new DataTransfer();
      bag.items.add(new File([text], name));
      for (const kind of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: bag }));
    }"""
    card = page.get_by_role("region", name="Add files")
    expect(card).to_contain_text("Room for")
    for name, text, why in [("virus.exe", "MZ", "none of the kinds"), ("fake.mp3", "<html>", "does not hold music"), (".hidden.mp3", "ID3", "plain name")]:
        page.evaluate(drop, [name, text])
        row = card.locator("li", has_text=name)
        expect(row).to_contain_text("Not added:")
        expect(row).to_contain_text(why)
    assert not [path for path in (one.place / "music").iterdir() if path.name.startswith(".") or path.name in ("virus.exe", "fake.mp3")]
    # What is there is not written over.
    song = sound(tmp_path, "twice")
    for said in ("added", "there already"):
        page.get_by_label("Choose files").set_input_files(song)
        expect(card.locator("li").last).to_contain_text(said)
    expect(page).to_have_url(re.compile("#library$"))


def test_a_video_is_added(tab, another, tmp_path):
    one = another(own=True)
    page = show(tab, one, "library")
    page.get_by_role("button", name="Videos").click()
    card = page.get_by_role("region", name="Add files")
    expect(card.locator("code")).to_have_text(str(one.place / "videos"))
    clip = tmp_path / "clip.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=duration=2:size=320x240:rate=10", "-pix_fmt", "yuv420p", clip], check=True)
    before = get(one, "library?kind=video")["total"]
    page.get_by_label("Choose files").set_input_files(clip)
    expect(card.get_by_text("added", exact=True)).to_be_visible()
    wait_for("the video", lambda: get(one, "library?kind=video")["total"] == before + 1)


def test_in_a_public_place_without_a_password_nobody_adds_files(tab, another):
    one = another(mode="public", own=True)
    page = show(tab, one, "library")
    card = page.get_by_role("region", name="Add files")
    expect(card).to_contain_text("only if the page has a password")
    expect(page.get_by_label("Choose files")).to_be_disabled()


def test_a_template_is_shaped_by_a_form_and_keeps_its_comments(tab, another):
    one = another()
    wait_for("the library", lambda: get(one, "library")["total"] == 24)
    page = show(tab, one, "templates", expected=("422",))
    page.get_by_role("button", name="happy").click()
    expect(page.get_by_role("button", name="Stays with the mood")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Walks to a goal").click()
    plane = page.get_by_role("group", name=re.compile("this moves: Goal"))
    # The goal is dragged, and moved by keys.
    tried = page.get_by_role("region", name="What it would play now")
    expect(tried.locator("ol.numbered li").first).to_be_visible()
    # It is drawn anew when what would play is known.
    page.wait_for_timeout(1500)
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.45)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.6, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="As text").click()
    text = page.get_by_label("Template for happy")
    expect(text).to_have_value(re.compile(r"mode\.journey = \{ to = \[-0\.\d+, -0\.\d+\]"))
    assert "# Keeps it." in text.input_value()
    page.get_by_role("button", name="As a form").click()
    page.get_by_role("group", name=re.compile("this moves: Goal")).focus()
    page.keyboard.press("ArrowRight")
    length = page.get_by_label("Length", exact=True)
    length.fill("45")
    expect(page.get_by_text("45 min")).to_be_visible()
    page.get_by_role("button", name="Another part").click()
    page.get_by_role("button", name=re.compile("^jazz")).last.click()
    # What would play is seen beside it, before anything is saved.
    expect(tried.locator("ol.numbered li").first).to_be_visible()
    assert page.evaluate(AUDIT) == []
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Written here.")).to_be_visible()
    saved = get(one, "templates/music/happy")["text"]
    assert "# Keeps it." in saved and "minutes = 45" in saved and '"jazz"' in saved, saved
    assert saved.startswith("# What music is chosen for somebody who looks happy."), saved
    # A text that is no TOML has no form, and says so.
    page.get_by_role("button", name="As text").click()
    text.fill("mode = ")
    page.get_by_role("button", name="As a form").click()
    expect(page.get_by_text("The text has to be put right")).to_be_visible()


def test_a_backup_brings_back_settings_templates_and_what_was_learnt(tab, another, tmp_path):
    one = another()
    page = show(tab, one, "now", expected=("422", *LEFT))
    page.get_by_role("button", name="happy", exact=True).click()
    page.get_by_role("contentinfo").get_by_role("button", name="Like").click()
    quiet(page)
    learnt = one.place / "state/moodbox/history.json"
    wait_for("what was learnt", lambda: learnt.exists() and '"liked"' in learnt.read_text().lower())
    page.goto(f"{one.address}#settings")
    page.get_by_label("Volume cap").fill("63")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".note.good", has_text="Saved.")).to_be_visible()
    page.evaluate("""async () => {
      const { csrf } = await (await fetch('/api/session')).json();
      await fetch('/api/templates/music/sad', { method: 'POST', headers: { 'content-type': 'application/json', 'x-csrf-token': csrf }, body: JSON.stringify({ text: '# mine\\nvolume = 12\\n' }) });
    }""")
    with page.expect_download() as kept:
        page.get_by_role("button", name="Download a backup").click()
    backup = json.loads(kept.value.path().read_text())
    assert backup["templates"] == {"music/sad": "# mine\nvolume = 12\n"} and "63" in backup["settings"]
    assert "password" not in json.dumps(backup).lower()
    # Another device, where something else was made.
    other = another()
    page.goto(f"{other.address}#settings")
    page.get_by_label("Volume cap").fill("66")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".note.good", has_text="Saved.")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    # What is wrong changes nothing.
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({**backup, "templates": {"music/sad": "volume = 900"}}))
    page.get_by_label("Restore from a file").set_input_files(wrong)
    expect(page.get_by_role("alert").filter(has_text="music/sad")).to_be_visible()
    assert get(other, "state")["volume_cap"] == 66
    right = tmp_path / "backup.json"
    right.write_text(json.dumps(backup))
    page.get_by_label("Restore from a file").set_input_files(right)
    expect(page.get_by_text("Restored, with 1 templates.")).to_be_visible()
    wait_for("the cap", lambda: get(other, "state")["volume_cap"] == 63)
    assert get(other, "templates/music/sad")["text"] == "# mine\nvolume = 12\n"
    mine, theirs = (json.loads((place / "state/moodbox/history.json").read_text()) for place in (one.place, other.place))
    assert mine == theirs
    other.restart()
    page.reload()
    expect(page.get_by_label("Volume cap")).to_have_value("63")


def test_the_page_speaks_a_third_language(tab, home):
    page = show(tab, home, "now", locale="fr-FR")
    expect(page.get_by_role("heading", name="Choisir une humeur")).to_be_visible()
    for part in ("library", "templates", "history", "health", "settings"):
        page.goto(f"{home.address}#{part}")
        page.locator("h1").wait_for()
        assert page.evaluate("document.documentElement.lang") == "fr"
    assert page.evaluate(AUDIT) == []


def test_what_the_doctor_finds_the_log_says_and_is_wrong_comes_in_the_language_of_the_page(tab, another, tmp_path):
    (tmp_path / "music").mkdir()
    (tmp_path / "music/sad.toml").write_text("volume = 300\n")
    one = another(more=f'[templates]\nfolder = "{tmp_path}"\n')
    # A simulated device is not examined: what the doctor finds on a real one.
    what, cure = "there is no GPIO line GPIO17; this machine has no GPIO chips", "set `line` to a name that `gpioinfo` shows, or to `chip:offset`"
    findings = [{"level": "fault", "part": "button", "what": what, "cure": cure}]
    for locale, title, part, found, helps, logged in [
        ("de-DE", "Vorlage unlesbar", "Knopf", "es gibt keine GPIO-Leitung GPIO17; dieses Gerät hat keine GPIO-Chips", "setz `line` auf einen Namen", "Musik: geht"),
        ("fr-FR", "Modèle illisible", "bouton", "il n’y a pas de ligne GPIO GPIO17 ; cette machine n’a pas de puces GPIO", "réglez `line` sur un nom", "Musique: fonctionne"),
        ("en-GB", "Template not readable", "button", what, "set `line` to a name", "Music: works"),
    ]:
        page = show(tab, one, "now", locale=locale)
        page.route("**/api/health", lambda route: route.fulfill(json={"version": "0.1.0", "findings": findings}))
        expect(page.locator(".note.bad").filter(has_text=title)).to_be_visible()
        page.goto(f"{one.address}#health")
        line = page.locator(".findings li").filter(has_text=found)
        expect(line).to_contain_text(helps)
        expect(line.locator("b").first).to_have_text(part)
        assert line.locator("[lang]").first.get_attribute("lang") == locale[:2]
        expect(page.locator("pre")).to_contain_text(logged)


class Stream(http.server.BaseHTTPRequestHandler):
    """A station: a song of the library for whoever asks."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "audio/ogg")
        self.send_header("icy-name", "Quiet Piano")
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write((LIBRARY / "music/jazz/two_sugars.ogg").read_bytes())

    def log_message(self, *_):
        pass


def test_a_station_of_web_radio_stands_in_the_library_and_is_played(tab, another):
    one = another()
    station = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stream)
    threading.Thread(target=station.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{station.server_port}/live.ogg"
    (one.place / "radio.toml").write_text(f'[[station]]\nname = "Quiet Piano"\naddress = "{address}"\nfeeling = [0.4, -0.5]\n')
    one.config.write_text(one.config.read_text().replace("[music]\n", f'[music]\nradio = "{one.place}/radio.toml"\n'))
    one.restart()
    wait_for("the station", lambda: get(one, "library")["total"] == 25)
    checked = subprocess.run([BINARY, "check", "--config", one.config], env=one.environment, capture_output=True, text=True, check=False)
    assert "radio: 1 stations" in checked.stdout and "not offline" in checked.stdout, checked.stdout
    page = tab(one, "library")
    page.get_by_label("Search").fill("quiet piano")
    page.get_by_role("button", name="Quiet Piano").click()
    page.get_by_role("button", name="Play this", exact=True).click()
    bar = page.get_by_role("contentinfo")
    expect(bar).to_contain_text("Quiet Piano")
    wait_for("the sound", lambda: (get(one, "state")["music"] or {}).get("elapsed_s", 0) >= 1)
    quiet(page)
    station.shutdown()


def test_stations_of_web_radio_are_kept_changed_and_removed(tab, another):
    one = another(own=True)
    page = show(tab, one, "settings", expected=("net::ERR",))
    card = page.get_by_role("region", name="Web radio")
    expect(card).to_contain_text("With a station the device is offline no more")
    card.get_by_role("button", name="Add a station").click()
    card.get_by_label("Name").fill("Quiet Piano")
    card.get_by_label("Address of the stream").fill("piano.example/live")
    card.get_by_role("button", name="Keep these stations").click()
    expect(card.get_by_text("begins with http or https")).to_be_visible()
    expect(card.get_by_label("Address of the stream")).to_be_focused()
    assert not (one.place / "state/moodbox/radio.toml").exists()
    card.get_by_label("Address of the stream").fill("https://piano.example/live")
    card.get_by_label("Feels").select_option("0.4,-0.6")
    card.get_by_role("button", name="Keep these stations").click()
    expect(card.get_by_text("Saved.")).to_be_visible()
    told = get(one, "radio")
    assert told["stations"] == [{"name": "Quiet Piano", "address": "https://piano.example/live", "feeling": [0.4, -0.6]}], told
    assert page.evaluate(AUDIT) == []
    # It stands in the library at once, and after a restart.
    in_library = lambda: any(item["title"] == "Quiet Piano" for item in get(one, "library?kind=music")["items"])
    wait_for("the station in the library", in_library, 10)
    one.restart()
    page.reload()
    card.get_by_label("Name").fill("Loud Piano")
    card.get_by_role("button", name="Keep these stations").click()
    expect(card.get_by_text("Saved.")).to_be_visible()
    assert [station["name"] for station in get(one, "radio")["stations"]] == ["Loud Piano"]
    card.get_by_role("button", name="Remove this station").click()
    card.get_by_role("button", name="Keep these stations").click()
    expect(card.get_by_text("Saved.")).to_be_visible()
    wait_for("the library without it", lambda: not any("Piano" in item["title"] for item in get(one, "library?kind=music")["items"]), 10)
    quiet(page)


def test_what_the_device_refuses_is_said_in_the_language_of_the_page(tab, another):
    one = another(mode="public", own=True)
    for locale, button, name, field, keep, refused in [
        ("de-DE", "Sender hinzufügen", "Name", "Adresse des Streams", "Diese Sender übernehmen", "nur Sender gespeichert, wenn die Seite ein Passwort hat"),
        ("fr-FR", "Ajouter une station", "Nom", "Adresse du flux", "Garder ces stations", "que si la page a un mot de passe"),
        ("en-GB", "Add a station", "Name", "Address of the stream", "Keep these stations", "only if the page has a password"),
    ]:
        page = show(tab, one, "settings", locale=locale, expected=("403",))
        page.get_by_role("button", name=button).click()
        page.get_by_label(name, exact=True).fill("Piano")
        page.get_by_label(field).fill("https://piano.example/live")
        page.get_by_role("button", name=keep).click()
        expect(page.get_by_role("alert").filter(has_text=refused)).to_be_visible()
    assert not (one.place / "state/moodbox/radio.toml").exists()
