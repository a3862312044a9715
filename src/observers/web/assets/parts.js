// What every part of the page is made of: elements, faces, the plane of feeling, the way to the device.

import { bring, words } from "./words.js";

export const MOODS = ["happy", "surprise", "neutral", "sad", "fear", "angry", "disgust"];

const SVG = "http://www.w3.org/2000/svg";
let language = "en";

export async function speak(code) {
  await bring(code);
  language = code in words ? code : "en";
  document.documentElement.lang = language;
  sayer = null;
  if (!ITS_OWN.includes(language)) await bringSaid();
}

export const spoken = () => language;

/** Languages in which the device itself says what plays, why, and what is wrong. */
const ITS_OWN = ["en", "de"];
let sayer = null;

/** Brings the words for what the device says in English alone. Without them it stays English. */
export async function bringSaid() {
  if (language === "en" || sayer) return;
  sayer = await import("./said.js").then((said) => said.sayer(language)).catch(() => null);
}

/** What the device said, in the person's language, and the language that it is in now. */
export function told(text) {
  const words = sayer?.(text) ?? null;
  return { text: words ?? text, lang: words === null ? "en" : language };
}

/** The same for what the device says in several languages. */
export const itsWords = (text) => (text && !ITS_OWN.includes(language) ? told(text).text : text);

/** The same language as it is written where the person is: days and hours differ between London and New York. */
export const region = () => navigator.languages.find((code) => code.startsWith(language)) ?? language;

/** A text in the person's language; {name} is filled in. */
export function t(key, values = {}) {
  const text = words[language][key] ?? words.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** An element: properties, attributes (with a dash, or `role`), listeners (`on...`), children. */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same for a picture. */
export function s(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.setAttribute("class", value);
    else if (name in element && !name.includes("-") && element.namespaceURI !== SVG && name !== "list") {
      element[name] = value;
    } else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Replaces what stands in an element, only if it differs: the focus and a screen reader stay where they are. */
export function put(element, ...children) {
  const fresh = document.createElement(element.tagName);
  fresh.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  if (!element.firstChild || !same(element, fresh)) element.replaceChildren(...fresh.childNodes);
}

const same = (a, b) =>
  a.childNodes.length === b.childNodes.length && [...a.childNodes].every((node, at) => node.isEqualNode(b.childNodes[at]));

/** Says something to whoever looks and to whoever listens; it goes by itself. */
export function say(text) {
  const said = document.getElementById("said");
  said.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { said.textContent = ""; }, 5000);
}

/** Says something to whoever listens instead of looking: the page shows it in another way. */
export function mention(text) {
  const heard = document.getElementById("heard");
  if (text && heard.textContent !== text) heard.textContent = text;
}

/** Whether a control does something now. It keeps the focus either way. */
export function able(control, yes) {
  control.setAttribute("aria-disabled", String(!yes));
}

// ---- the way to the device ----

let csrf = "";

/** What each change has to repeat, where /api/session was asked by other means. */
export function repeats(word) { csrf = word; }

export class Refused extends Error {
  constructor(status, message, field, words = null) {
    super(words ?? message);
    this.status = status;
    /** As the device says it, in English. */
    this.english = message;
    /** The language of the message, where it is not the page's. */
    this.lang = words ? null : "en";
    /** The setting that it is about. */
    this.field = field;
  }
}

/** What is done when the device asks for a password. */
export const door = { stranger() {} };

/** Asks the device. A CSRF token that is old, because the device was started again or the phone slept, is
 * fetched anew once. */
export async function ask(method, path, body) {
  try {
    return await send(method, path, body);
  } catch (error) {
    if (error.status === 403 && error.english.includes("X-CSRF-Token")) {
      await send("GET", "/api/session");
      return send(method, path, body);
    }
    if (error.status === 401 && path !== "/api/session") door.stranger();
    throw error;
  }
}

async function send(method, path, body) {
  const headers = {};
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  let content;
  if (body instanceof Blob) {
    headers["Content-Type"] = body.type;
    content = body;
  } else if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    content = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: content, credentials: "same-origin", cache: "no-store", keepalive: !(body instanceof Blob) });
  } catch {
    throw new Refused(0, "", undefined, t("lost"));
  }
  const text = await answer.text();
  let heard = null;
  try {
    heard = text ? JSON.parse(text) : null;
  } catch {
    heard = text;
  }
  if (heard?.csrf) csrf = heard.csrf;
  if (!answer.ok) {
    if (heard?.error) await bringSaid();
    throw new Refused(answer.status, heard?.error ?? `${answer.status}`, heard?.field, heard?.error ? sayer?.(heard.error) : null);
  }
  return heard;
}

/** Hands a file of the device to the browser, to be kept. */
export async function fetchFile(path, name) {
  const answer = await fetch(path, { credentials: "same-origin", cache: "no-store" });
  if (!answer.ok) throw new Refused(answer.status, (await answer.json().catch(() => null))?.error ?? `${answer.status}`);
  const link = h("a", { href: URL.createObjectURL(await answer.blob()), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** Runs something for a button and shows beside it what went wrong. */
export function doing(action, where) {
  return async (event) => {
    event?.preventDefault?.();
    if (event?.currentTarget?.getAttribute?.("aria-disabled") === "true") return;
    try {
      await action(event);
      where.replaceChildren();
    } catch (error) {
      where.replaceChildren(h("p", { class: "note bad", role: "alert", lang: error.lang ?? null }, error.message));
    }
  };
}

// ---- faces ----

const LINE = { fill: "none", stroke: "#221c28", "stroke-width": 5, "stroke-linecap": "round", "stroke-linejoin": "round" };
const eyes = (rx, ry) => [34, 66].map((cx) => s("ellipse", { cx, cy: 44, rx, ry, fill: "#221c28" }));
const line = (...paths) => paths.map((d) => s("path", { ...LINE, d }));
const wide = (dy = 0) =>
  [34, 66].flatMap((cx) => [
    s("circle", { cx, cy: 44, r: 11, fill: "#fff" }),
    s("circle", { cx, cy: 44 + dy, r: 5.5, fill: "#221c28" }),
  ]);

const FACES = {
  happy: () => [...line("M25 46q9 -12 18 0", "M57 46q9 -12 18 0"), s("path", { d: "M28 60h44q-4 20 -22 20t-22 -20z", fill: "#221c28" }), s("path", { d: "M39 75q11 -8 22 0q-4 5 -11 5t-11 -5z", fill: "#ff5e78" })],
  surprise: () => [...wide(), ...line("M25 25q9 -7 18 -1", "M57 24q9 -6 18 1"), s("ellipse", { cx: 50, cy: 72, rx: 9, ry: 11, fill: "#221c28" })],
  neutral: () => [...eyes(5, 7), ...line("M36 70h28")],
  sad: () => [...eyes(5, 7), ...line("M24 31q9 -1 17 -7", "M76 31q-9 -1 -17 -7", "M36 75q14 -12 28 0"), s("path", { d: "M75 52q7 10 0 13q-7 -3 0 -13z", fill: "#fff" })],
  fear: () => [...wide(2), ...line("M22 29q8 -2 19 -8", "M78 29q-8 -2 -19 -8", "M32 73q4.500 -7 9 0t9 0t9 0t9 0")],
  angry: () => [...eyes(5.5, 6.5), ...line("M22 28l20 8", "M78 28l-20 8", "M36 74q14 -10 28 0")],
  disgust: () => [...line("M26 40l16 5l-16 5", "M74 40l-16 5l16 5", "M33 66q8 -5 17 0t17 0"), s("path", { d: "M46 68h16v9q-8 9 -16 0z", fill: "#ff5e78" })],
};

/** The face of a mood; decoration, because its word always stands beside it. */
export function face(mood) {
  const head = s("circle", { cx: 50, cy: 50, r: 47, fill: `var(--${mood})` });
  return s("svg", { viewBox: "0 0 100 100", class: "face", "aria-hidden": "true" }, head, ...(FACES[mood] ?? FACES.neutral)());
}

const ICONS = {
  back: "M19 4l-10 8l10 8zM4 4h3v16h-3z",
  pause: "M6 4h4v16h-4zM14 4h4v16h-4z",
  resume: "M6 3l15 9l-15 9z",
  volume: "M3 9h4l6-5v16l-6-5h-4zM16 7a6 6 0 0 1 0 10v-2.500a4 4 0 0 0 0-5z",
  now: "M12 2a10 10 0 1 0 0 20a10 10 0 0 0 0-20zm-4 7a1.500 2 0 1 1 0 4a1.500 2 0 0 1 0-4zm8 0a1.500 2 0 1 1 0 4a1.500 2 0 0 1 0-4zm-9 6h10a5 5 0 0 1-10 0z",
  library: "M3 4h4v16h-4zM9 4h4v16h-4zM15 5l4-1l4 15l-4 1z",
  templates: "M3 5h18v2h-18zM3 11h12v2h-12zM3 17h15v2h-15zM18 10l4 2l-4 2z",
  more: "M4 10h4v4h-4zM10 10h4v4h-4zM16 10h4v4h-4z",
  next: "M5 4l10 8l-10 8zM17 4h3v16h-3z",
  stop: "M5 5h14v14h-14z",
  like: "M12 21C4 14 2 11 2 7.500A5 5 0 0 1 12 6a5 5 0 0 1 10 1.500C22 11 20 14 12 21z",
  eye: "M12 5C6 5 2.500 10 1.500 12C2.500 14 6 19 12 19s9.500-5 10.500-7C21.500 10 18 5 12 5zm0 11a4 4 0 1 1 0-8a4 4 0 0 1 0 8z",
};

export const icon = (name) => s("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { d: ICONS[name] }));

// ---- the plane of feeling ----

const SIDE = 320;
const EDGE = 18;
const x = (valence) => EDGE + ((valence + 1) / 2) * (SIDE - 2 * EDGE);
const y = (arousal) => SIDE - EDGE - ((arousal + 1) / 2) * (SIDE - 2 * EDGE);

const STEPS = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowDown: [0, -0.1], ArrowUp: [0, 0.1] };
const within = (value) => Math.max(-1, Math.min(1, Math.round(value * 100) / 100));

/** Valence to the right, arousal upwards. `picked` gets the place of a click, or where the arrow keys lead from
 * `at`; `layers` are drawn on it. */
export function plane({ label, layers = [], picked, at }) {
  const kind = picked ? { role: "group", tabindex: 0, "aria-keyshortcuts": Object.keys(STEPS).join(" ") } : { role: "img" };
  const picture = s("svg", { viewBox: `0 0 ${SIDE} ${SIDE}`, class: "plane", ...kind, "aria-label": label });
  picture.append(
    s("rect", { class: "frame", x: EDGE, y: EDGE, width: SIDE - 2 * EDGE, height: SIDE - 2 * EDGE, rx: 8 }),
    s("path", { class: "axis", d: `M${x(0)} ${EDGE}V${SIDE - EDGE}M${EDGE} ${y(0)}H${SIDE - EDGE}` }),
    s("text", { x: x(0), y: 12, "text-anchor": "middle" }, t("plane.excited")),
    s("text", { x: x(0), y: SIDE - 4, "text-anchor": "middle" }, t("plane.calm")),
    s("text", { x: 12, y: y(0), "text-anchor": "middle", transform: `rotate(-90 12 ${y(0)})` }, t("plane.unpleasant")),
    s("text", { x: SIDE - 12, y: y(0), "text-anchor": "middle", transform: `rotate(90 ${SIDE - 12} ${y(0)})` }, t("plane.pleasant")),
    ...layers,
  );
  if (picked) {
    const place = (event) => {
      const box = picture.getBoundingClientRect();
      const scale = SIDE / box.width;
      const side = SIDE - 2 * EDGE;
      return [
        within((((event.clientX - box.left) * scale - EDGE) / side) * 2 - 1),
        within(1 - (((event.clientY - box.top) * scale - EDGE) / side) * 2),
      ];
    };
    let dragged = false;
    picture.addEventListener("pointerdown", (event) => { dragged = true; picture.setPointerCapture(event.pointerId); });
    picture.addEventListener("pointermove", (event) => {
      const ring = dragged && picture.querySelector(".chosen");
      if (!ring) return;
      const [right, up] = place(event);
      ring.setAttribute("cx", x(right));
      ring.setAttribute("cy", y(up));
    });
    picture.addEventListener("pointercancel", () => { dragged = false; });
    picture.addEventListener("pointerup", (event) => { if (dragged) { dragged = false; picked(...place(event)); } });
    picture.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (!step) return;
      event.preventDefault();
      picked(within((at?.valence ?? 0) + step[0]), within((at?.arousal ?? 0) + step[1]));
    });
  }
  return picture;
}

export const dot = (point, kind, radius = 3.5, title) =>
  s("circle", { class: kind, cx: x(point.valence), cy: y(point.arousal), r: radius }, title && s("title", {}, title));

export const time = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** The way of a journey: a line, and a numbered stop for each item. */
export function journey(stops) {
  if (!stops.length) return [];
  const d = stops.map((stop, at) => `${at ? "L" : "M"}${x(stop.valence).toFixed(1)} ${y(stop.arousal).toFixed(1)}`).join("");
  return [
    s("path", { class: "path", d }),
    ...stops.flatMap((stop, at) => [
      dot(stop, "stop", 8, `${at + 1}. ${stop.title}`),
      s("text", { class: "step", x: x(stop.valence), y: y(stop.arousal) + 3.5 }, String(at + 1)),
    ]),
  ];
}

/** Moods over time: a dot for each session, higher is more pleasant. */
export function timeline(sessions, from, to, valence) {
  // As wide as a phone or as a table: its words are read at the same size on both.
  const [width, height, edge] = matchMedia("(max-width: 46rem)").matches ? [320, 180, 12] : [720, 200, 12];
  const day = new Intl.DateTimeFormat(region(), { day: "numeric", month: "short" });
  const picture = s("svg", { viewBox: `0 0 ${width} ${height}`, class: "plane wide", role: "img", "aria-label": t("history.picture", { count: sessions.length }) },
    s("rect", { class: "frame", x: 0, y: 0, width, height, rx: 8 }),
    s("path", { class: "axis", d: `M0 ${height / 2}H${width}` }),
    s("text", { x: 8, y: 16 }, t("plane.pleasant")),
    s("text", { x: 8, y: height - 8 }, t("plane.unpleasant")),
    s("text", { x: width - 8, y: height - 8, "text-anchor": "end" }, t("history.ends", { from: day.format(from), to: day.format(to) })));
  for (const session of sessions) {
    const cx = edge + ((session.at - from) / Math.max(1, to - from)) * (width - 2 * edge);
    const cy = height / 2 - valence[session.mood] * (height / 2 - 2 * edge);
    picture.append(s("circle", { class: "session", cx, cy, r: 6, fill: `var(--${session.mood})` }, s("title", {}, t(`mood.${session.mood}`))));
  }
  return picture;
}

/** What is wrong, and the cure. That the music is being read is no fault. */
export const troubleNote = (one) => h("p", { class: one.kind === "music_scanning" ? "note" : "note bad" }, h("b", {}, itsWords(one.title)), itsWords(one.cure));

/** A place on the plane in words. */
export function feelingWords({ valence, arousal }) {
  const words = [arousal < -0.2 ? "calm" : arousal > 0.2 ? "lively" : "", valence > 0.2 ? "bright" : valence < -0.2 ? "dark" : ""].filter(Boolean);
  return (words.length ? words : ["even"]).map((word) => t(`feel.${word}`)).join(", ");
}
