// The page: which part of it is seen, and what the device tells it.

import { eye } from "./camera.js";
import { healthPart } from "./health.js";
import { historyPart } from "./history.js";
import { settingsPart } from "./settings.js";
import { templatesPart } from "./templates.js";
import { MOODS, ask, doing, dot, face, h, icon, plane, put, say, speak, spoken, t, time } from "./parts.js";

const main = document.getElementById("main");
let session = null;
let now = null;
let light = false;
let drawn = 0;
let events = null;
let view = null;

const PARTS = () => ["now", "library", "templates", "history", "health", "settings", ...(session.simulated ? ["device"] : [])];
const wanted = () => {
  const name = location.hash.slice(1);
  return PARTS().includes(name) ? name : PARTS()[0];
};

// ---- the frame ----

function frame() {
  document.getElementById("skip").textContent = t("skip");
  put(
    document.getElementById("header"),
    h("img", { src: "/assets/icon.svg", alt: "" }),
    h("h1", {}, "moodbox"),
    h("p", { class: "mode" }, now ? t(`mode.${now.mode}`) : "", session.locked && !session.login ? " · " : "",
      session.locked && !session.login ? h("a", { href: "#logout" }, t("logout")) : null),
  );
  const links = session.login ? [] : PARTS().map((name) =>
    h("li", {}, h("a", { href: `#${name}`, "aria-current": name === wanted() ? "page" : null }, t(`tab.${name}`))));
  put(document.getElementById("nav"), links.length ? h("ul", {}, ...links) : null);
}

function show() {
  if (location.hash === "#logout") return leave();
  if (session.login) {
    frame();
    return login();
  }
  frame();
  view?.close?.();
  view = {
    now: nowPart, library: libraryPart, templates: templatesPart, history: historyPart,
    health: () => healthPart(() => now), settings: settingsPart, device: devicePart,
  }[wanted()]();
  document.title = `${t(`tab.${wanted()}`)} · moodbox`;
  view.update?.();
}

function login() {
  const wrong = h("div");
  const word = h("input", { type: "password", id: "password", autocomplete: "current-password", required: true });
  const send = doing(async () => {
    session = await ask("POST", "/api/session", { password: word.value });
    begin();
  }, wrong);
  main.replaceChildren(h("form", { class: "card login", onsubmit: send },
    h("h2", {}, t("login")),
    h("p", { class: "field" }, h("label", { for: "password" }, t("password")), word),
    wrong, h("button", { class: "first" }, t("login"))));
  word.focus();
}

async function leave() {
  await ask("DELETE", "/api/session").catch(() => {});
  events?.close();
  location.hash = "";
  location.reload();
}

/** Says that the device is gone, or that it is back. */
function lost(gone) {
  document.getElementById("lost")?.remove();
  if (gone) main.before(h("p", { id: "lost", class: "note warn lost", role: "alert" }, t("lost")));
}

function listen() {
  events?.close();
  events = new EventSource("/api/events");
  events.addEventListener("snapshot", (event) => {
    lost(false);
    const before = now?.phase;
    now = JSON.parse(event.data);
    if (before && before !== now.phase) say(t(`stage.${now.phase}`));
    frame();
    view?.update?.();
  });
  events.addEventListener("panel", () => {
    drawn += 1;
    view?.update?.();
  });
  events.addEventListener("light", (event) => {
    light = event.data === "true";
    view?.update?.();
  });
  events.onerror = () => {
    lost(true);
    if (events.readyState === EventSource.CLOSED) setTimeout(start, 3000);
  };
}

const post = (path, body = {}) => () => ask("POST", path, body);

// ---- now ----

function panelCard() {
  const picture = h("img", { alt: "" });
  const none = h("p", {}, t("panel.none"));
  const screen = h("div", { class: "screen" }, none);
  let shown = -1;
  return {
    card: h("section", { "aria-label": t("panel") }, screen),
    update() {
      picture.alt = t("panel.alt", { stage: t(`stage.${now.phase}`) });
      if (shown === drawn) return;
      shown = drawn;
      const fresh = new Image();
      fresh.onload = () => {
        picture.src = fresh.src;
        if (picture.parentNode !== screen) screen.replaceChildren(picture);
      };
      fresh.src = `/api/panel.png?${Date.now()}`;
    },
  };
}

function moodOf(mood) {
  if (!mood) return [h("p", { class: "quiet" }, t("mood.none"))];
  const word = t(`mood.${mood.mood}`);
  const said = mood.by === "camera" ? t("you", { word }) : mood.by === "nobody" ? t("gentle")
    : mood.by === "sensor" ? t("named", { word, sensor: mood.sensor }) : t("picked", { word });
  const parts = [h("div", { class: "mood" }, face(mood.mood), h("p", {}, h("strong", {}, said),
    h("span", { class: "quiet" }, t(`by.${mood.by}`))))];
  if (mood.scores) {
    const rows = MOODS.map((name) => [name, mood.scores[name] ?? 0]).sort((a, b) => b[1] - a[1]);
    parts.push(h("h3", {}, t("scores")), h("dl", { class: "scores" }, ...rows.flatMap(([name, score]) => {
      const fill = h("i");
      fill.style.width = `${100 * score}%`;
      fill.style.background = `var(--${name})`;
      return [h("dt", {}, t(`mood.${name}`)), h("dd", { class: "bar", "aria-hidden": "true" }, fill), h("dd", {}, `${Math.round(100 * score)} %`)];
    })));
  }
  return parts;
}

function playing(item) {
  const length = item.length_s ? ` / ${time(item.length_s)}` : "";
  return [
    h("p", { class: "title" }, item.title),
    h("p", { class: "quiet" }, [item.artist, `${time(item.elapsed_s)}${length}`, item.paused ? t("paused") : "", item.ours ? "" : t("foreign")].filter(Boolean).join(" · ")),
    item.why ? h("p", { class: "why" }, item.why) : null,
  ];
}

function nowPart() {
  const panel = panelCard();
  const [mood, plays, upcoming, troubles] = [1, 2, 3, 4].map(() => h("div", { class: "stack" }));
  const [wrong, press] = [h("div"), h("div")];
  const lever = (name, path, kind) => h("button", { class: kind, onclick: doing(post(path), wrong) }, icon(name), h("span", {}, t(name)));
  const [next, stop, like] = [lever("next", "/api/next", "first"), lever("stop", "/api/stop"), lever("like", "/api/like")];
  const notSo = h("button", { onclick: doing(post("/api/not-so"), wrong) });
  const others = h("div", { class: "faces" });
  const slider = h("input", { type: "range", id: "volume", min: 0, step: 1 });
  const percent = h("output", { for: "volume" });
  slider.addEventListener("input", () => { percent.value = `${slider.value} %`; });
  slider.addEventListener("change", doing(() => ask("POST", "/api/volume", { percent: Number(slider.value) }), wrong));
  const cap = h("span", { class: "quiet small" });
  // The first one says what counts now.
  const timer = h("select", { id: "sleep" }, ...["now", 0, 15, 30, 45, 60, 90, 120].map((minutes) =>
    h("option", { value: minutes }, t(minutes ? "sleep.in" : "sleep.off", { minutes }))));
  timer.addEventListener("change", doing(() => ask("POST", "/api/sleep", { minutes: Number(timer.value) }), wrong));
  const pick = (name) => doing(post("/api/mood", { mood: name }), wrong);
  const colour = (name, to) => h("button", { onclick: pick(to) }, h("span", { class: `dot ${name}`, "aria-hidden": "true" }), t(name));
  const look = h("button", { class: "first", onclick: doing(post("/api/press"), wrong) }, icon("eye"), t("press"));
  main.replaceChildren(h("div", { class: "cards two" },
    h("div", { class: "stack" }, panel.card, press),
    h("div", { class: "stack" }, troubles, wrong,
      h("section", { class: "card", "aria-label": t("mood") }, h("h2", {}, t("mood")), mood, notSo, others),
      h("section", { class: "card", "aria-label": t("playing") }, h("h2", {}, t("playing")), plays,
        h("div", { class: "row" }, next, like, stop),
        h("div", { class: "field" }, h("p", { class: "row" }, h("label", { for: "volume" }, t("volume")), percent, cap), slider),
        h("p", { class: "row" }, h("label", { for: "sleep" }, t("sleep")), timer),
        upcoming),
      h("section", { class: "card", "aria-label": t("pick") }, h("h2", {}, t("pick")), h("p", { class: "quiet" }, t("pick.why")),
        h("div", { class: "faces" }, ...MOODS.map((name) => h("button", { onclick: pick(name) }, face(name), t(`mood.${name}`)))),
        h("h3", {}, t("colours")),
        h("div", { class: "colours" }, colour("green", "happy"), colour("yellow", "neutral"), colour("red", "sad"))))));
  return {
    update() {
      if (!now) return;
      panel.update();
      put(mood, ...moodOf(now.mood));
      notSo.hidden = !now.not_so;
      notSo.textContent = now.mood ? t("not.so", { word: t(`mood.${now.mood.mood}`) }) : "";
      // The next best first, as on the panel.
      put(others, ...now.candidates.map((name) => h("button", { onclick: pick(name) }, face(name), t(`mood.${name}`))));
      const heard = now[now.speaks];
      const shown = now.speaks === "music" ? now.video : null;
      put(plays,
        ...(heard ? playing(heard) : [h("p", { class: "quiet" }, t("nothing"))]),
        shown ? h("p", { class: "quiet" }, `${t("video")}: ${shown.title}`) : null);
      put(upcoming,
        now.next.length ? h("h3", {}, t("upcoming")) : null,
        now.next.length ? h("ol", { class: "list" }, ...now.next.map((item) => h("li", {}, [item.title, item.artist].filter(Boolean).join(" · "),
          item.why ? h("p", { class: "quiet small" }, item.why) : null))) : null);
      put(troubles, ...now.troubles.map((one) => h("p", { class: "note bad" }, h("b", {}, one.title), one.cure)));
      next.disabled = !heard;
      like.disabled = !heard?.ours;
      like.lastChild.textContent = t(heard?.liked ? "liked" : "like");
      like.setAttribute("aria-pressed", String(Boolean(heard?.liked)));
      stop.disabled = ["idle", "stopping", "leaving"].includes(now.phase);
      slider.max = now.volume_cap;
      if (document.activeElement !== slider) {
        slider.value = now.volume;
        percent.value = `${now.volume} %`;
      }
      timer.disabled = now.phase !== "playing";
      const [counts, off] = timer.options;
      counts.hidden = counts.disabled = now.sleep_min === null;
      counts.textContent = t(now.sleep_min ? "sleep.in" : "sleep.track", { minutes: now.sleep_min });
      if (document.activeElement !== timer) (now.sleep_min === null ? off : counts).selected = true;
      cap.textContent = t("volume.cap", { cap: now.volume_cap });
      const may = now.press === "look";
      look.disabled = ["notice", "looking", "choosing", "playing", "stopping", "leaving"].includes(now.phase);
      if (may && look.parentNode !== press) press.replaceChildren(look);
      if (!may) put(press, h("p", { class: "note" }, t(now.mode === "workplace" ? "press.never" : "press.none")));
    },
  };
}

// ---- library ----

function libraryPart() {
  let kind = "music";
  let place = null;
  let told = null;
  let turn = 0;
  const [list, sum, wrong, picture] = [h("div", { class: "scroll" }), h("p", { class: "quiet", role: "status" }), h("div"), h("div")];
  const search = h("input", { type: "search", id: "search" });
  const unknown = h("input", { type: "checkbox" });
  const kinds = ["music", "video"].map((name) => h("button", { "aria-pressed": String(name === kind), onclick: () => {
    kind = name;
    choose(null);
    kinds.forEach((button, at) => button.setAttribute("aria-pressed", String(["music", "video"][at] === kind)));
    load();
  } }, t(`library.${name}`)));
  let chosen = null;
  const number = (id) => h("input", { type: "number", id, min: -1, max: 1, step: 0.01, required: true });
  const [valence, arousal] = [number("valence"), number("arousal")];
  const heading = h("p", { class: "quiet" }, t("feeling.pick"));
  const change = (place) => doing(async () => {
    await ask("POST", "/api/library/feeling", { kind, id: chosen.id, ...place() });
    say(t("saved"));
    // The library hears of it by itself, sooner or later.
    for (const wait of [200, 800, 2500]) setTimeout(load, wait);
  }, wrong);
  const setting = h("form", { class: "stack", onsubmit: change(() => ({ valence: Number(valence.value), arousal: Number(arousal.value) })) },
    h("h2", {}, t("feeling.set")), heading,
    h("p", { class: "field" }, h("label", { for: "valence" }, t("valence")), valence),
    h("p", { class: "field" }, h("label", { for: "arousal" }, t("arousal")), arousal),
    h("div", { class: "row" }, h("button", { class: "first" }, t("set")), h("button", { type: "button", onclick: change(() => ({})) }, t("clear"))));
  const choose = (item) => {
    chosen = item;
    heading.textContent = item ? t("feeling.item", { title: item.title }) : t("feeling.pick");
    for (const control of setting.elements) control.disabled = !item;
    if (!item) return;
    if (item.valence !== null) place = { valence: item.valence, arousal: item.arousal };
    [valence.value, arousal.value] = [place?.valence.toFixed(2) ?? "", place?.arousal.toFixed(2) ?? ""];
    draw();
    valence.focus();
  };
  const distance = (item) => (item.valence === null ? 9 : Math.hypot(item.valence - place.valence, item.arousal - place.arousal));

  function draw() {
    const items = place ? [...told.items].sort((a, b) => distance(a) - distance(b)) : told.items;
    const dots = told.items.filter((item) => item.valence !== null)
      .map((item) => dot(item, item.source === "explicit" ? "item" : "item weak", 4, item.title));
    const focused = picture.contains(document.activeElement);
    picture.replaceChildren(
      plane({ at: place, label: t("plane"), layers: [...dots, ...(place ? [dot(place, "chosen", 8)] : [])], picked: (right, up) => {
        place = { valence: right, arousal: up };
        if (chosen) [valence.value, arousal.value] = [right, up];
        draw();
        say(t("plane.at", { valence: right, arousal: up }));
      } }),
      h("p", { class: "quiet small" }, t(place ? "plane.near" : "plane.pick")));
    if (focused) picture.firstChild.focus();
    sum.textContent = t("library.sum", told) + (told.found > told.items.length ? `. ${t("library.more", { shown: told.items.length })}` : "");
    const feeling = (item) => item.valence === null ? t("unknown")
      : [`${item.valence.toFixed(2)} / ${item.arousal.toFixed(2)} `, h("span", { class: "quiet small source" }, `(${t(`source.${item.source}`)})`)];
    put(list, h("table", {},
      h("thead", {}, h("tr", {}, ...["title", "artist", "feeling", "length"].map((name) => h("th", { scope: "col", class: `col-${name}` }, t(name))))),
      h("tbody", {}, ...items.map((item) => h("tr", { "aria-selected": String(chosen?.id === item.id) },
        h("td", {}, h("button", { class: "link", onclick: () => choose(item), title: t("choose") }, item.title), item.liked ? " ♥" : ""), h("td", {}, item.artist),
        h("td", {}, ...[feeling(item)].flat()), h("td", { class: "n" }, item.length_s === null ? "" : time(item.length_s)))))));
  }

  const load = doing(async () => {
    const mine = ++turn;
    const query = new URLSearchParams({ kind, search: search.value, unknown: unknown.checked });
    const answer = await ask("GET", `/api/library?${query}`);
    if (mine !== turn) return;
    told = answer;
    draw();
  }, wrong);
  search.addEventListener("input", load);
  unknown.addEventListener("change", load);
  main.replaceChildren(h("div", { class: "stack" },
    h("div", { class: "row" }, ...kinds, h("span", { class: "find" }, h("label", { for: "search" }, t("search")), search), h("label", { class: "plain" }, unknown, t("library.unknown"))),
    wrong, sum,
    h("div", { class: "cards two" }, h("section", { class: "card", "aria-label": t("plane") }, picture, setting), h("section", { class: "card", "aria-label": t("list") }, list))));
  choose(null);
  load();
  return {};
}

// ---- the simulated device ----

function devicePart() {
  const panel = panelCard();
  const [wrong, photos] = [h("div"), h("div", { class: "faces photos" })];
  const bulb = h("span", { class: "bulb", "aria-hidden": "true" });
  const glow = h("span");
  const edge = (button, kind) => ask("POST", "/api/device/button", { button, edge: kind });
  const touch = (name, text, style) => {
    let held = false;
    // One edge after the other, as they came: the device tells short from long by their times.
    let line = Promise.resolve();
    const send = (kind) => { line = line.then(() => doing(() => edge(name, kind), wrong)()); };
    const down = () => { if (!held) { held = true; send("down"); } };
    const up = () => { if (held) { held = false; send("up"); } };
    return h("button", {
      class: style,
      onpointerdown: (event) => { event.target.setPointerCapture?.(event.pointerId); down(); },
      onpointerup: up, onpointercancel: up, onblur: up,
      onkeydown: (event) => { if ([" ", "Enter"].includes(event.key) && !event.repeat) { event.preventDefault(); down(); } },
      onkeyup: (event) => { if ([" ", "Enter"].includes(event.key)) up(); },
    }, text);
  };
  const choose = (number) => doing(async () => {
    own.close();
    await ask("POST", "/api/device/photo", { number });
    await load();
  }, wrong);
  const load = doing(async () => {
    const device = await ask("GET", "/api/device");
    light = device.light;
    if (!device.photos.length) return put(photos, h("p", { class: "quiet" }, t("photos.real")));
    const chosen = (number) => String(device.chosen === number);
    photos.replaceChildren(
      h("button", { "aria-pressed": chosen(null), onclick: choose(null) }, t("photos.each")),
      ...device.photos.map((name, number) => h("button", { "aria-pressed": chosen(number), onclick: choose(number) },
        h("img", { src: `/api/device/photos/${number}`, alt: "" }), name.replace(/\.\w+$/, ""))));
  }, wrong);
  const own = eye(wrong);
  main.replaceChildren(h("div", { class: "cards two" },
    h("div", { class: "stack" }, panel.card,
      h("p", {}, bulb, " ", t("light"), ": ", glow)),
    h("div", { class: "stack" }, wrong,
      h("section", { class: "card" }, h("h2", {}, t("device")), h("p", { class: "quiet" }, t("device.why")),
        touch("main", t("button"), "big first"),
        h("div", { class: "row" }, touch("next", t("button.next")), touch("volume_up", t("button.up")), touch("volume_down", t("button.down")))),
      h("section", { class: "card" }, h("h2", {}, t("photos")), photos, own.controls))));
  load();
  return {
    update() {
      bulb.setAttribute("class", light ? "bulb on" : "bulb");
      glow.textContent = t(light ? "on" : "off");
      own.light(light);
      if (now) panel.update();
    },
    close: own.close,
  };
}

// ---- the start ----

function begin() {
  show();
  if (!session.login) listen();
}

async function start() {
  try {
    session = await ask("GET", "/api/session");
  } catch {
    lost(true);
    setTimeout(start, 3000);
    return;
  }
  const theirs = navigator.languages.map((code) => code.slice(0, 2)).find((code) => ["en", "de"].includes(code));
  speak(theirs ?? session.language);
  lost(false);
  begin();
}

addEventListener("hashchange", () => { if (session) { show(); main.focus(); } });
speak(spoken());
start();
