// Settings: what people change. It is written over the configuration after the daemon's own check. Most of it
// counts at once, the rest from the next start on.

import { ask, doing, fetchFile, h, put, say, t } from "./parts.js";
import { radioCard } from "./radio.js";

const GROUPS = [["place", ["device", "times", "house", "history"]], ["sound", ["music"]], ["parts", ["button", "panel"]]];

/** One after the other, each with its full stop if another follows. */
const sentences = (...all) => all.filter(Boolean).map((one, at, { length }) => (at + 1 < length && !/[.!?%]$/.test(one) ? `${one}.` : one)).join(" ");

export function settingsPart() {
  const main = document.getElementById("main");
  const [wrong, body, state, done] = [h("div"), h("form", { noValidate: true }), h("div", { role: "status" }), h("div", { role: "status" })];
  let told = null;

  const word = (one, option) => (["device.mode", "device.language"].includes(one.name) ? t(`option.${option}`) : option);
  const input = (one) => {
    const id = `set-${one.name}`;
    const shared = { id, name: one.name, "aria-describedby": `${id}-bad ${id}-why` };
    const usual = one.default === null ? t("default") : t("default.is", { value: word(one, one.default) });
    const field = one.kind === "choice"
      ? h("select", shared, ...(one.configured === null ? [h("option", { value: "" }, usual)] : []),
        ...one.options.map((option) => h("option", { value: option, selected: option === one.value }, word(one, option))))
      : h("input", { ...shared, type: one.kind, min: one.least, max: one.kind === "number" ? one.most : null, maxLength: one.kind === "text" ? one.most : null,
        value: one.value ?? "", placeholder: one.configured === null ? usual : String(one.configured) });
    const was = one.own ? [" ", t("settings.own", { value: one.configured === null ? t("default") : word(one, one.configured) })] : [];
    return h("p", { class: "field" }, h("label", { for: id }, t(`set.${one.name}`)), field, h("span", { class: "note bad", id: `${id}-bad`, role: "alert", hidden: true }),
      h("span", { class: "quiet small", id: `${id}-why` }, sentences(t(`why.${one.name}`), one.live ? "" : t("settings.later")), ...was));
  };

  /** What is wrong stands at its field, in the person's language, and is brought into sight. */
  function complain(name, ...what) {
    const [field, note] = [body.elements[name], document.getElementById(`set-${name}-bad`)];
    field.setAttribute("aria-invalid", "true");
    note.replaceChildren(...what);
    note.hidden = false;
    const first = body.querySelector("[aria-invalid=true]");
    first.focus();
    first.scrollIntoView({ block: "center" });
    put(done, h("p", { class: "note bad" }, t("bad.some")));
  }

  function quieten() {
    for (const note of body.querySelectorAll(".field .note.bad")) note.hidden = true;
    for (const field of body.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  }

  /** What the page sees by itself: a number out of range, half of the quiet hours, a start over the cap. */
  function wrongs(values) {
    const all = [];
    for (const one of told.settings) {
      const value = values[one.name];
      if (one.kind === "number" && value !== null && !(Number.isInteger(value) && value >= one.least && value <= one.most)) all.push([one.name, t("bad.number", one)]);
      if (one.kind === "text" && value !== null && value.length > one.most) all.push([one.name, t("bad.text", one)]);
    }
    const [from, to] = ["house.quiet.from", "house.quiet.to"];
    const hour = (name) => /^([01]?\d|2[0-3]):[0-5]\d$/.test(values[name] ?? "");
    if ((values[from] ?? values[to] ?? null) !== null) for (const name of [from, to]) if (name in values && !hour(name)) all.push([name, t("bad.quiet")]);
    const count = (name) => values[name] ?? told.settings.find((one) => one.name === name)?.default ?? null;
    const [start, cap] = [count("music.start_volume"), count("music.volume_cap")];
    if (start !== null && cap !== null && start > cap) all.push([values["music.start_volume"] === null ? "music.volume_cap" : "music.start_volume", t("bad.volume")]);
    return all;
  }

  /** What counts only after a restart, said as long as it is so. */
  function pending() {
    if (!told.pending) return put(state);
    put(state, h("div", { class: "note warn" }, h("p", {}, t(told.restartable ? "settings.restart" : "settings.byhand")),
      told.restartable ? h("button", { type: "button", onclick: doing(() => ask("POST", "/api/restart", {}), wrong) }, t("restart")) : null));
  }

  const music = h("div");
  const load = doing(async () => {
    told = await ask("GET", "/api/settings");
    // Without music there is no radio; what is typed there stays.
    if (!music.firstChild && told.settings.some((one) => one.name.startsWith("music."))) put(music, radioCard());
    const cards = GROUPS.map(([name, sections]) => {
      const mine = told.settings.filter((one) => sections.includes(one.name.split(".")[0]));
      return mine.length ? h("fieldset", { class: "card" }, h("legend", { class: "legend" }, t(`group.${name}`)), ...mine.map(input)) : null;
    });
    body.replaceChildren(h("div", { class: "cards" }, ...cards.filter(Boolean)),
      h("div", { class: "row bottom" }, h("button", { class: "first" }, t("save")), done, wrong, h("span", { class: "quiet small" }, t("settings.file", told))));
    pending();
  }, wrong);

  body.addEventListener("submit", doing(async () => {
    quieten();
    const changes = {};
    const values = {};
    for (const one of told.settings) {
      const typed = body.elements[one.name].value.trim();
      const value = typed === "" ? null : one.kind === "number" ? Number(typed) : typed;
      values[one.name] = value;
      // What the configuration says anyway needs no line over it.
      if (value !== one.value) changes[one.name] = value === one.configured ? null : value;
    }
    if (!Object.keys(changes).length) return put(done, h("p", { class: "note" }, t("settings.same")));
    put(done);
    const seen = wrongs(values).filter(([name]) => name in changes || Object.keys(changes).some((other) => other.split(".")[0] === name.split(".")[0]));
    if (seen.length) {
      seen.reverse().forEach(([name, what]) => complain(name, what));
      return;
    }
    try {
      await ask("POST", "/api/settings", { changes });
    } catch (error) {
      if (!(error.field in changes)) throw error;
      const known = error.field.startsWith("button.") && !error.field.endsWith("_ms") ? "bad.line" : error.field.startsWith("house.quiet") ? "bad.quiet" : null;
      return complain(error.field, ...(known ? [t(known)] : [t("bad.any"), " ", h("span", { lang: error.lang }, error.message)]));
    }
    await load();
    say(t("saved"));
    put(done, h("p", { class: "note good" }, t("saved"), told.pending ? ` ${t(told.restartable ? "settings.restart" : "settings.byhand")}` : ""));
  }, wrong));
  const [back, kept] = [h("div"), h("div", { role: "status" })];
  const pick = h("input", { type: "file", id: "restore", accept: ".json,application/json" });
  pick.addEventListener("change", doing(async () => {
    const [file] = pick.files;
    pick.value = "";
    if (!file || !confirm(t("restore.sure"))) return;
    put(kept);
    const done = await ask("POST", "/api/restore", new Blob([file], { type: "application/json" }));
    await load();
    put(kept, h("p", { class: "note good" }, t("restored", { templates: done.templates })));
  }, back));
  const save = doing(() => fetchFile("/api/backup", `moodbox-backup-${new Date().toISOString().slice(0, 10)}.json`), back);
  main.replaceChildren(h("div", { class: "stack" }, h("p", { class: "quiet" }, t("settings.why"), " ", h("a", { href: "#guide" }, t("guide.again"))), state, body, music,
    h("section", { class: "card", "aria-label": t("backup") }, h("h2", {}, t("backup")), h("p", { class: "quiet" }, t("backup.why")),
      h("div", { class: "row" }, h("button", { onclick: save }, t("backup.save")), h("label", { for: "restore" }, t("restore")), pick), back, kept)));
  load();
  return {};
}
