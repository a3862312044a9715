// The page: which part of it is seen, and what the device tells it.

import { barOf } from "./bar.js";
import { able, ask, doing, door, face, h, icon, itsWords, mention, MOODS, put, repeats, say, speak, spoken, t, troubleNote } from "./parts.js";

const main = document.getElementById("main");
let session = null;
let now = null;
let light = false;
let drawn = 0;
let events = null;
let view = null;
let bar = null;
let version = null;

const PARTS = () => ["now", "library", "templates", "history", "health", "settings", ...(session.simulated ? ["device"] : [])];
const wanted = () => {
  const name = location.hash.slice(1);
  return PARTS().includes(name) || name === "guide" ? name : PARTS()[0];
};

// ---- the frame ----

function frame() {
  document.getElementById("skip").textContent = t("skip");
  put(document.getElementById("mode"), now ? t(`mode.${now.mode}`) : "", session.locked && !session.login ? " · " : "",
    session.locked && !session.login ? h("a", { href: "#logout" }, t("logout")) : null);
  const more = document.querySelector("#nav button");
  const links = session.login ? [] : PARTS().map((name, at) =>
    h("li", { class: at < DAILY ? "" : "seldom" }, h("a", { href: `#${name}`, "aria-current": name === wanted() ? "page" : null }, at < DAILY ? icon(name) : null, h("span", {}, t(`tab.${name}`)))));
  if (links.length) {
    links.push(h("li", { class: "more" }, h("button", { "aria-expanded": more?.getAttribute("aria-expanded") ?? "false" }, icon("more"), h("span", {}, t("tab.more")))));
  }
  put(document.getElementById("nav"), links.length ? h("ul", {}, ...links) : null);
}

/** Parts that people use every day: on a phone the others stand behind "More". */
const DAILY = 3;

function unfold(open) {
  document.getElementById("nav").classList.toggle("open", open);
  document.querySelector("#nav button")?.setAttribute("aria-expanded", String(open));
}
document.getElementById("nav").addEventListener("click", (event) => {
  // The part that is open already: there is no other address to go to, but its content is reached all the same.
  if (event.target.closest("a")?.hash === location.hash) main.focus();
  unfold(Boolean(event.target.closest("button")) && !document.getElementById("nav").classList.contains("open"));
});
document.getElementById("skip").addEventListener("click", (event) => {
  // Not by the address: that would draw the part anew and lose what was typed.
  event.preventDefault();
  main.focus();
});

/** What each part is made by. Those that are not seen at first come when they are opened, or when there is time. */
const made = { now: nowPart };
const MODULES = {
  library: async () => (await import("./library.js")).libraryPart,
  templates: async () => (await import("./templates.js")).templatesPart,
  history: async () => { const { historyPart } = await import("./history.js"); return () => historyPart(() => now); },
  health: async () => { const { healthPart } = await import("./health.js"); return () => healthPart(() => now); },
  settings: async () => (await import("./settings.js")).settingsPart,
  guide: async () => {
    const { guidePart } = await import("./guide.js");
    return () => guidePart(() => now, () => { session.guide = false; location.hash = "#now"; });
  },
  device: async () => { const { eye } = await import("./camera.js"); return () => devicePart(eye); },
};
let shows = 0;

async function bringPart(name) {
  made[name] ??= await MODULES[name]();
}

/** Once the first part is there, the others come: opening them then takes no time. */
async function bringOthers() {
  for (const name of PARTS()) {
    if (made[name]) continue;
    try { await bringPart(name); } catch { return; }
  }
}

async function show() {
  if (location.hash === "#logout") return leave();
  if (session.login) {
    frame();
    return login();
  }
  frame();
  view?.close?.();
  view = null;
  const [name, mine] = [wanted(), ++shows];
  if (!made[name]) {
    main.replaceChildren(h("p", { class: "loading", "aria-hidden": "true" }, "…"));
    try {
      await bringPart(name);
    } catch {
      // The device is away for a moment; as soon as it is back, the part is.
      lost(true);
      setTimeout(() => { if (mine === shows) show(); }, 3000);
      return;
    }
    if (mine !== shows) return;
  }
  view = made[name]();
  document.title = `${t(`tab.${wanted()}`)} · moodbox`;
  view.update?.();
}

/** The device asks for a password, in the middle of it all. */
door.stranger = () => {
  if (session?.login) return;
  session = { ...session, login: true };
  events?.close();
  show();
};

function login() {
  bar?.close();
  bar = null;
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

/** What goes on at the device now. */
function hear(state) {
  const before = now?.phase;
  now = state;
  if (before && before !== now.phase) mention(t(`stage.${now.phase}`));
  frame();
  if (!bar) {
    bar = barOf(document.getElementById("bar"));
    setTimeout(bringOthers, 2000);
  }
  bar.show(now);
  view?.update?.();
}

function listen() {
  events?.close();
  events = new EventSource("/api/events");
  events.addEventListener("snapshot", (event) => {
    lost(false);
    hear(JSON.parse(event.data));
  });
  events.addEventListener("library", () => view?.library?.());
  // Back after a silence: the device may have been started again, and may be another version.
  let gone = false;
  events.addEventListener("open", () => { if (gone) refresh(); gone = false; });
  events.addEventListener("panel", () => {
    drawn += 1;
    view?.update?.();
  });
  events.addEventListener("light", (event) => {
    light = event.data === "true";
    view?.update?.();
  });
  events.onerror = () => {
    gone = true;
    lost(true);
    if (events.readyState === EventSource.CLOSED) setTimeout(start, 3000);
  };
}

const post = (path, body = {}) => () => ask("POST", path, body);

// ---- now ----

/** Over a slow link the panel is asked for in half its size. */
let slow = navigator.connection?.saveData === true;
const SLOW = 900;

function panelCard() {
  const picture = h("img", { alt: "" });
  const screen = h("div", { class: "screen" }, h("p", {}, t("loading")));
  let [shown, loading] = [-1, false];
  const card = {
    card: h("section", { "aria-label": t("panel") }, screen),
    update() {
      picture.alt = t("panel.alt", { stage: t(`stage.${now.phase}`) });
      if (!now.has.panel && !drawn) return put(screen, h("p", {}, t("panel.none")));
      // One at a time, and then the newest: a slow link is not filled with pictures of the past.
      if (shown === drawn || loading || document.hidden) return;
      loading = true;
      const [mine, began, fresh] = [drawn, performance.now(), new Image()];
      const done = () => {
        [shown, loading] = [mine, false];
        slow = performance.now() - began > SLOW;
        if (shown !== drawn) setTimeout(card.update, slow ? 1000 : 0);
      };
      fresh.onload = () => {
        picture.src = fresh.src;
        if (picture.parentNode !== screen) screen.replaceChildren(picture);
        done();
      };
      fresh.onerror = () => {
        if (picture.parentNode !== screen) put(screen, h("p", {}, t("panel.none")));
        done();
      };
      fresh.src = `/api/panel.png?small=${slow}&at=${Date.now()}`;
    },
  };
  return card;
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
  const quiet = [item.paused ? t("paused") : "", item.ours ? "" : t("foreign")].filter(Boolean).join(" · ");
  return [
    h("p", { class: "title" }, h("bdi", {}, item.title)),
    h("p", { class: "quiet" }, h("bdi", {}, item.artist), item.artist && quiet ? " · " : "", quiet),
    item.why ? h("p", { class: "why" }, itsWords(item.why)) : null,
  ];
}

/** What the device asks at this moment, as its panel does. */
function asked() {
  if (now.phase !== "choosing" || !now.candidates.length) return [];
  const few = now.candidates.length;
  const question = few === 2 ? "choose.ask" : few === 3 ? "choose.three" : "choose.any";
  const word = (name) => (few === 3 ? t({ happy: "green", neutral: "yellow", sad: "red" }[name] ?? `mood.${name}`) : t(`mood.${name}`));
  return [h("section", { class: "card ask", "aria-label": t(question) }, h("h2", {}, t(question)),
    h("div", { class: "faces" }, ...now.candidates.map((name) => h("button", { "data-mood": name, "aria-pressed": String(name === now.selected) }, face(name), h("span", {}, word(name))))))];
}

/** What a new device is offered once, and again from the settings. */
function firstSteps() {
  if (!session.guide) return null;
  const wrong = h("div");
  const card = h("section", { class: "card", "aria-label": t("guide") }, h("h2", {}, t("guide")), h("p", {}, t("guide.why")),
    h("div", { class: "row" }, h("a", { class: "button first", href: "#guide" }, t("guide.begin")),
      h("button", { onclick: doing(async () => {
        await ask("POST", "/api/guide", { done: true });
        session.guide = false;
        card.remove();
        say(t("guide.later"));
        main.focus();
      }, wrong) }, t("guide.dismiss"))), wrong);
  return card;
}

function nowPart() {
  const panel = panelCard();
  const [mood, plays, upcoming, troubles, question] = [1, 2, 3, 4, 5].map(() => h("div", { class: "stack" }));
  const [wrong, press] = [h("div"), h("div")];
  const notSo = h("button", { hidden: true, onclick: doing(post("/api/not-so"), wrong) });
  const stop = h("button", { onclick: doing(post("/api/stop"), wrong) }, icon("stop"), h("span", {}, t("stop")));
  // The first one says what counts now.
  const timer = h("select", { id: "sleep" }, ...["now", 0, 15, 30, 45, 60, 90, 120].map((minutes) =>
    h("option", { value: minutes }, t(minutes ? "sleep.in" : "sleep.off", { minutes }))));
  timer.addEventListener("change", doing(() => ask("POST", "/api/sleep", { minutes: Number(timer.value) }), wrong));
  const pick = (name) => doing(post("/api/mood", { mood: name }), wrong);
  const colour = (name, to) => h("button", { onclick: pick(to) }, h("span", { class: `dot ${name}`, "aria-hidden": "true" }), t(name));
  const look = h("button", { class: "first", onclick: doing(post("/api/press"), wrong) }, icon("eye"), t("press"));
  question.addEventListener("click", (event) => {
    const name = event.target.closest("[data-mood]")?.dataset.mood;
    if (name) pick(name)();
  });
  main.replaceChildren(h("div", { class: "cards two" },
    h("div", { class: "stack thumb" }, panel.card, press),
    h("div", { class: "stack" }, firstSteps(), troubles, wrong, question,
      h("section", { class: "card", "aria-label": t("mood") }, h("h2", {}, t("mood")), mood, notSo),
      h("section", { class: "card", "aria-label": t("playing") }, h("h2", {}, t("playing")), plays,
        h("div", { class: "row" }, stop, h("label", { for: "sleep" }, t("sleep")), timer),
        upcoming),
      h("section", { class: "card", "aria-label": t("pick") }, h("h2", {}, t("pick")), h("p", { class: "quiet" }, t("pick.why")),
        h("div", { class: "faces" }, ...MOODS.map((name) => h("button", { onclick: pick(name) }, face(name), t(`mood.${name}`)))),
        h("h3", {}, t("colours")),
        h("div", { class: "colours" }, colour("green", "happy"), colour("yellow", "neutral"), colour("red", "sad"))))));
  return {
    update() {
      if (!now) return;
      panel.update();
      put(question, ...asked());
      const asks = now.phase === "choosing" && now.candidates.length > 0;
      put(mood, ...(asks ? [h("p", { class: "quiet" }, t("stage.choosing"))] : moodOf(now.mood)));
      notSo.hidden = !now.not_so;
      notSo.textContent = now.mood ? t("not.so", { word: t(`mood.${now.mood.mood}`) }) : "";
      const heard = now[now.speaks];
      const shown = now.speaks === "music" ? now.video : null;
      put(plays,
        ...(heard ? playing(heard) : [h("p", { class: "quiet" }, t("nothing"))]),
        shown ? h("p", { class: "quiet" }, `${t("video")}: `, h("bdi", {}, shown.title)) : null);
      put(upcoming,
        now.next.length ? h("h3", {}, t("upcoming")) : null,
        now.next.length ? h("ol", { class: "list" }, ...now.next.map((item) => h("li", {}, h("bdi", {}, item.title), item.artist ? " · " : "", h("bdi", {}, item.artist),
          item.why ? h("p", { class: "quiet small" }, itsWords(item.why)) : null))) : null);
      put(troubles, ...now.troubles.map(troubleNote));
      able(stop, !["idle", "stopping", "leaving"].includes(now.phase) || Boolean(heard));
      timer.disabled = now.phase !== "playing";
      const [counts, off] = timer.options;
      counts.hidden = counts.disabled = now.sleep_min === null;
      counts.textContent = t(now.sleep_min ? "sleep.in" : "sleep.track", { minutes: now.sleep_min });
      if (document.activeElement !== timer) (now.sleep_min === null ? off : counts).selected = true;
      const may = now.press === "look";
      able(look, !["notice", "looking", "choosing", "playing", "stopping", "leaving"].includes(now.phase));
      if (may && look.parentNode !== press) press.replaceChildren(look);
      if (!may) put(press, h("p", { class: "note" }, t(now.mode === "workplace" ? "press.never" : "press.none")));
    },
  };
}

// ---- the simulated device ----

function devicePart(eye) {
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
  // Asked for before this script was here; once, for what is old by then is asked for again.
  const { early } = globalThis;
  delete globalThis.early;
  try {
    session = (await early) ?? await ask("GET", "/api/session");
    repeats(session.csrf);
  } catch {
    lost(true);
    setTimeout(start, 3000);
    return;
  }
  if (version && version !== session.version) return renew();
  version = session.version;
  const theirs = navigator.languages.map((code) => code.slice(0, 2)).find((code) => session.languages.includes(code));
  await speak(theirs ?? session.language);
  lost(false);
  begin();
  if (session.state && !now && !session.login) hear(session.state);
}

/** The files of another version wait at the device. Drafts are kept. */
function renew() {
  say(t("update"));
  location.reload();
}

/** After a silence: a fresh word for changes, and whether we are still known. What is typed stays. */
async function refresh() {
  const fresh = await ask("GET", "/api/session").catch(() => null);
  if (!fresh) return;
  if (fresh.version !== version) return renew();
  if (fresh.login && !session.login) return door.stranger();
  session = fresh;
  view?.again?.();
}

addEventListener("hashchange", () => { if (session) { show(); main.focus(); } });
// A phone that slept may have lost the stream without a word.
document.addEventListener("visibilitychange", () => {
  if (document.hidden || !session || session.login) return;
  if (events?.readyState !== EventSource.OPEN) listen();
  refresh();
});
speak(spoken());
start();
