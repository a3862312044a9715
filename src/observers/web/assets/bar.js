// The bar at the bottom of every part: what plays, whoever put it on, and the levers for it.

import { able, ask, doing, face, h, icon, put, t, time } from "./parts.js";

/** `show` is called with each state of the device; without one the bar is not there. */
export function barOf(root) {
  let now = null;
  let heard = null;
  let told = 0;
  let shown = "";
  const wrong = h("div", { class: "wrong" });
  const lever = (name, act, kind) => h("button", { class: kind, title: t(name), "aria-label": t(name), onclick: doing(act, wrong) }, icon(name));
  const post = (path, body = {}) => () => ask("POST", path, body);
  const back = lever("back", post("/api/back"));
  const play = lever("pause", () => ask("POST", "/api/pause", { hold: !heard.paused }), "first");
  const next = lever("next", post("/api/next"));
  const like = lever("like", () => (heard.liked ? ask("DELETE", "/api/like") : ask("POST", "/api/like", {})));
  const cover = h("div", { class: "cover", "aria-hidden": "true" });
  const [title, quiet] = [h("bdi", { class: "clip" }), h("span", { class: "quiet small clip" })];
  const seek = h("input", { type: "range", class: "seek", min: 0, step: 1, "aria-label": t("at") });
  const clock = h("span", { class: "quiet small clock", dir: "ltr" });
  const slider = h("input", { type: "range", id: "volume", min: 0, step: 1 });
  const percent = h("output", { for: "volume" });
  const cap = h("span", { class: "quiet small" });
  // A lever that a hand holds is not moved under it; one that only has the focus is.
  let [held, winding] = [false, false];
  const hold = (control, set) => {
    control.addEventListener("pointerdown", () => set(true));
    for (const end of ["pointerup", "pointercancel", "change"]) control.addEventListener(end, () => set(false));
  };
  hold(slider, (on) => { held = on; });
  hold(seek, (on) => { winding = on; });
  slider.addEventListener("input", () => { percent.value = `${slider.value} %`; });
  slider.addEventListener("change", doing(() => ask("POST", "/api/volume", { percent: Number(slider.value) }), wrong));
  seek.addEventListener("change", doing(() => ask("POST", "/api/seek", { second: Number(seek.value) }), wrong));
  const loud = h("div", { class: "loud", id: "loud" }, h("label", { for: "volume" }, t("volume")), slider, percent, cap);
  const open = h("button", { class: "opens", title: t("volume.more"), "aria-label": t("volume.more"), "aria-expanded": "false", "aria-controls": "loud", onclick: () => {
    open.setAttribute("aria-expanded", String(root.classList.toggle("open")));
  } }, icon("volume"));
  root.setAttribute("aria-label", t("bar"));
  root.replaceChildren(wrong, seek, h("div", { class: "levers" }, cover, h("div", { class: "what" }, title, quiet), clock, back, play, next, like, open, loud));

  function picture() {
    const key = heard ? `${heard.title}\n${heard.artist}` : "";
    const mood = now.mood?.mood;
    if (shown === `${key}\n${mood}`) return;
    shown = `${key}\n${mood}`;
    cover.replaceChildren(mood ? face(mood) : icon("library"));
    if (!heard || now.speaks !== "music") return;
    const fresh = new Image();
    fresh.alt = "";
    fresh.onload = () => { if (shown.startsWith(`${key}\n`)) cover.replaceChildren(fresh); };
    fetch(`/api/library/cover?${new URLSearchParams({ title: heard.title, artist: heard.artist })}`, { credentials: "same-origin" })
      .then(async (answer) => {
        // A title without a picture is no fault: the face of the mood stays.
        if (answer.status !== 200) return;
        const reader = new FileReader();
        reader.onload = () => { fresh.src = reader.result; };
        reader.readAsDataURL(await answer.blob());
      }).catch(() => {});
  }

  function tick() {
    if (!heard || winding) return;
    const gone = heard.paused ? 0 : (Date.now() - told) / 1000;
    const at = Math.min(heard.elapsed_s + gone, heard.length_s ?? Infinity);
    seek.value = Math.floor(at);
    clock.textContent = time(at) + (heard.length_s ? ` / ${time(heard.length_s)}` : "");
    seek.setAttribute("aria-valuetext", clock.textContent);
  }
  const timer = setInterval(() => document.hidden || tick(), 1000);

  const toggle = doing(() => (heard ? ask("POST", "/api/pause", { hold: !heard.paused }) : null), wrong);
  const key = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    const busy = event.target.closest?.("button, a, input, select, textarea, summary, [tabindex='0'], [contenteditable]");
    if (event.key === " " && !busy) { event.preventDefault(); toggle(); }
    if (event.key === "MediaPlayPause") toggle();
    if (event.key === "MediaTrackNext" && heard) doing(post("/api/next"), wrong)();
    if (event.key === "MediaTrackPrevious" && heard) doing(post("/api/back"), wrong)();
  };
  addEventListener("keydown", key);
  const session = navigator.mediaSession;
  for (const [name, act] of [["play", toggle], ["pause", toggle], ["nexttrack", doing(post("/api/next"), wrong)], ["previoustrack", doing(post("/api/back"), wrong)]]) {
    try { session?.setActionHandler(name, act); } catch { /* A browser that knows no such key. */ }
  }

  return {
    show(state) {
      now = state;
      heard = now[now.speaks];
      told = Date.now();
      root.hidden = false;
      put(title, heard?.title ?? t(`stage.${now.phase}`));
      put(quiet, ...(heard ? [h("bdi", {}, heard.artist), heard.artist && (heard.paused || !heard.ours) ? " · " : "", [heard.paused ? t("paused") : "", heard.ours ? "" : t("whose")].filter(Boolean).join(" · ")] : []));
      picture();
      for (const control of [back, play, next]) able(control, Boolean(heard));
      able(like, Boolean(heard?.ours));
      const word = heard?.paused ? "resume" : "pause";
      if (play.title !== t(word)) {
        play.title = t(word);
        play.setAttribute("aria-label", t(word));
        play.replaceChildren(icon(word));
      }
      like.setAttribute("aria-pressed", String(Boolean(heard?.liked)));
      like.title = t(heard?.liked ? "unlike" : "like");
      like.setAttribute("aria-label", t(heard?.liked ? "liked" : "like"));
      seek.max = heard?.length_s ?? 0;
      seek.disabled = !heard?.length_s;
      if (!heard) { seek.value = 0; clock.textContent = ""; }
      slider.max = now.volume_cap;
      if (!held) {
        slider.value = now.volume;
        percent.value = `${now.volume} %`;
      }
      cap.textContent = t("volume.cap", { cap: now.volume_cap });
      if (session && heard && typeof MediaMetadata !== "undefined") {
        session.metadata = new MediaMetadata({ title: heard.title, artist: heard.artist });
        session.playbackState = heard.paused ? "paused" : "playing";
      }
      tick();
    },
    close() {
      clearInterval(timer);
      removeEventListener("keydown", key);
      root.replaceChildren();
      root.hidden = true;
    },
  };
}
