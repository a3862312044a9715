// The first steps: where the device stands, its button, its sound, its panel, its camera, the first music. Each is tried
// on the device itself; of what the camera sees nothing comes here but a word.

import { adding } from "./add.js";
import { ask, doing, h, put, s, say, t } from "./parts.js";

const STEPS = ["place", "press", "sound", "panel", "camera", "music"];

export function guidePart(state, leave) {
  const main = document.getElementById("main");
  let [told, settings, at, presses, heard, asked, adds] = [null, null, 0, null, null, null, null];
  const body = h("div", { class: "stack" });
  const way = h("p", { class: "quiet", role: "status" });

  const steps = () => STEPS.filter((step) =>
    step === "panel" ? told.panel : step === "sound" || step === "music" ? state().has.music : true);

  // What was asked for is taken back whatever the page has heard of it since: the answer, or the state that shows it, may
  // come after the person has gone on. The second request waits for the first, for they may travel by two connections.
  async function stop() {
    const before = asked ?? (state()?.phase === "aiming" ? Promise.resolve() : null);
    if (!before) return;
    asked = null;
    await before.catch(() => {});
    await ask("POST", "/api/guide/camera", { on: false }).catch(() => {});
  }

  const go = (to) => async () => {
    await stop();
    adds?.close();
    [at, presses, heard, adds] = [to, null, null, null];
    if (at >= steps().length) return finish();
    draw();
    body.querySelector("h2").focus();
  };

  async function finish() {
    await ask("POST", "/api/guide", { done: true });
    say(t("guide.done"));
    leave();
  }

  const choice = (name) => {
    const one = settings.settings.find((setting) => setting.name === name);
    return h("p", { class: "field" }, h("label", { for: `guide-${name}` }, t(`set.${name}`)),
      h("select", { id: `guide-${name}`, name }, ...one.options.map((option) => h("option", { value: option, selected: option === one.value }, t(`option.${option}`)))),
      h("span", { class: "quiet small" }, t(`why.${name}`)));
  };

  const DRAW = {
    place(wrong) {
      const pending = h("div", { role: "status" });
      const form = h("form", { onsubmit: doing(async () => {
        const changes = {};
        for (const name of ["device.mode", "device.language"]) {
          const one = settings.settings.find((setting) => setting.name === name);
          const value = form.elements[name].value;
          if (value !== one.value) changes[name] = value === one.configured ? null : value;
        }
        const saved = Object.keys(changes).length ? await ask("POST", "/api/settings", { changes }) : { restart: settings.pending };
        settings = await ask("GET", "/api/settings");
        if (!saved.restart) return go(at + 1)();
        put(pending, restart());
      }, wrong) }, choice("device.mode"), choice("device.language"), h("div", { class: "row" }, h("button", { class: "first" }, t("save")), wrong), pending);
      return [form];
    },
    press(wrong) {
      const seen = h("p", { role: "status" });
      const begin = doing(async () => {
        presses = state().presses;
        put(seen, t("guide.press.waits"));
        await ask("POST", "/api/guide/press", {});
      }, wrong);
      return [h("p", {}, t("guide.press.why")), h("div", { class: "row" }, h("button", { class: "first", onclick: begin }, t("guide.press.begin"))), seen, wrong];
    },
    sound(wrong) {
      const reply = h("div", { role: "status" });
      const play = doing(async () => {
        put(reply);
        heard = await ask("POST", "/api/guide/sound", {});
        put(reply, h("p", {}, t("guide.sound.heard", heard), " ", heard.card ? h("code", {}, heard.card) : null), h("div", { class: "row" },
          h("button", { onclick: go(at + 1) }, t("guide.yes")),
          h("button", { onclick: () => put(reply, h("p", { class: "note warn" }, t("guide.sound.no"), " ", h("code", {}, "sudo moodbox setup --sound"))) }, t("guide.no"))));
      }, wrong);
      return [h("p", {}, t("guide.sound.why")), h("div", { class: "row" }, h("button", { class: "first", onclick: play }, t("guide.sound.play"))), reply, wrong];
    },
    panel(wrong) {
      const reply = h("div", { role: "status" });
      const turn = (arrow) => doing(async () => {
        const saved = await ask("POST", "/api/guide/upright", { arrow });
        settings = await ask("GET", "/api/settings");
        if (arrow === "up" || !saved.restart) return go(at + 1)();
        put(reply, restart());
      }, wrong);
      const begin = doing(async () => {
        await ask("POST", "/api/guide/panel", {});
        put(reply, h("p", {}, t("guide.panel.ask")), h("div", { class: "row" },
          ...["up", "right", "down", "left"].map((arrow) => h("button", { onclick: turn(arrow) }, t(`guide.panel.${arrow}`)))));
      }, wrong);
      return [h("p", {}, t("guide.panel.why")), h("div", { class: "row" }, h("button", { class: "first", onclick: begin }, t("guide.panel.begin"))), reply, wrong];
    },
    camera(wrong) {
      if (!told.camera) return [h("p", { class: "note" }, t("guide.camera.not"))];
      const oval = s("ellipse", { class: "oval", cx: 50, cy: 50, rx: 32, ry: 42 });
      const word = h("p", { class: "advice", role: "status" });
      const picture = s("svg", { viewBox: "0 0 100 100", class: "aim", "aria-hidden": "true" }, oval);
      const begin = h("button", { class: "first" }, t("guide.camera.begin"));
      begin.addEventListener("click", doing(async () => {
        if (state().phase === "aiming") return stop();
        await (asked = ask("POST", "/api/guide/camera", { on: true }));
      }, wrong));
      DRAW.advise = () => {
        const now = state();
        const on = now.phase === "aiming";
        begin.textContent = t(on ? "guide.camera.end" : "guide.camera.begin");
        oval.setAttribute("class", on && now.advice === "good" ? "oval good" : "oval");
        put(word, on ? t(`advice.${now.advice ?? "wait"}`) : "");
      };
      DRAW.advise();
      return [h("p", {}, t("guide.camera.why")), picture, word, h("div", { class: "row" }, begin), wrong];
    },
    music() {
      adds = adding(() => "music");
      return [h("p", {}, t("guide.music.why")), adds.card];
    },
  };

  /** What was saved counts after a restart: the steps go on where they were. */
  function restart() {
    const wrong = h("div");
    if (!settings.restartable) return h("p", { class: "note warn" }, t("settings.byhand"));
    return h("div", { class: "note warn" }, h("p", {}, t("settings.restart")),
      h("button", { type: "button", onclick: doing(() => ask("POST", "/api/restart", {}), wrong) }, t("restart")), wrong);
  }

  function draw() {
    const [all, wrong] = [steps(), h("div")];
    const step = all[at];
    DRAW.advise = null;
    put(way, t("guide.step", { at: at + 1, of: all.length }));
    const last = at + 1 === all.length;
    body.replaceChildren(h("section", { class: "card", "aria-labelledby": "guide-step" },
      h("h2", { id: "guide-step", tabindex: -1 }, t(`guide.${step}`)), ...DRAW[step](wrong),
      h("div", { class: "row bottom" },
        at ? h("button", { onclick: go(at - 1) }, t("back")) : null,
        h("button", { onclick: doing(go(at + 1), wrong) }, t(last ? "guide.finish" : "guide.next")))));
  }

  // Whoever closes the page does not leave the camera on.
  addEventListener("pagehide", stop);
  const wrong = h("div");
  main.replaceChildren(h("div", { class: "stack narrow" }, h("h2", {}, t("guide")), way, body, wrong));
  doing(async () => {
    [told, settings] = await Promise.all([ask("GET", "/api/guide"), ask("GET", "/api/settings")]);
    if (told.why) return put(body, h("p", { class: "note" }, h("span", { lang: "en" }, told.why)));
    if (state()) draw();
  }, wrong)();
  return {
    update() {
      if (!told || told.why || !state()) return;
      if (!body.firstChild) draw();
      DRAW.advise?.();
      if (presses !== null && state().presses > presses) {
        presses = null;
        put(body.querySelector("[role=status]"), h("span", { class: "note good" }, t("guide.press.came")));
      }
    },
    close() {
      removeEventListener("pagehide", stop);
      stop();
      adds?.close();
    },
  };
}
