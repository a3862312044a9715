// Settings: what people change. It is written over the configuration after the daemon's own check. Most of it
// counts at once, the rest from the next start on.

import { ask, doing, h, put, t } from "./parts.js";

const GROUPS = [["place", ["device", "times", "house", "history"]], ["sound", ["music"]], ["parts", ["button", "panel"]]];

/** One after the other, each with its full stop if another follows. */
const sentences = (...all) => all.filter(Boolean).map((one, at, { length }) => (at + 1 < length && !/[.!?%]$/.test(one) ? `${one}.` : one)).join(" ");

export function settingsPart() {
  const main = document.getElementById("main");
  const [wrong, body, state, done] = [h("div"), h("form"), h("div", { role: "status" }), h("div", { role: "status" })];
  let told = null;

  const word = (one, option) => (["device.mode", "device.language"].includes(one.name) ? t(`option.${option}`) : option);
  const input = (one) => {
    const id = `set-${one.name}`;
    const shared = { id, name: one.name, "aria-describedby": `${id}-why` };
    const usual = one.default === null ? t("default") : t("default.is", { value: word(one, one.default) });
    const field = one.kind === "choice"
      ? h("select", shared, ...(one.configured === null ? [h("option", { value: "" }, usual)] : []),
        ...one.options.map((option) => h("option", { value: option, selected: option === one.value }, word(one, option))))
      : h("input", { ...shared, type: one.kind, min: one.least, max: one.kind === "number" ? one.most : null, maxLength: one.kind === "text" ? one.most : null,
        value: one.value ?? "", placeholder: one.configured === null ? usual : String(one.configured) });
    const was = one.own ? [" ", t("settings.own", { value: one.configured === null ? t("default") : word(one, one.configured) })] : [];
    return h("p", { class: "field" }, h("label", { for: id }, t(`set.${one.name}`)), field,
      h("span", { class: "quiet small", id: `${id}-why` }, sentences(t(`why.${one.name}`), one.live ? "" : t("settings.later")), ...was));
  };

  /** What counts only after a restart, said as long as it is so. */
  function pending() {
    if (!told.pending) return put(state);
    put(state, h("div", { class: "note warn" }, h("p", {}, t(told.restartable ? "settings.restart" : "settings.byhand")),
      told.restartable ? h("button", { type: "button", onclick: doing(() => ask("POST", "/api/restart", {}), wrong) }, t("restart")) : null));
  }

  const load = doing(async () => {
    told = await ask("GET", "/api/settings");
    const cards = GROUPS.map(([name, sections]) => {
      const mine = told.settings.filter((one) => sections.includes(one.name.split(".")[0]));
      return mine.length ? h("fieldset", { class: "card" }, h("legend", { class: "legend" }, t(`group.${name}`)), ...mine.map(input)) : null;
    });
    body.replaceChildren(h("div", { class: "cards" }, ...cards.filter(Boolean)),
      h("div", { class: "row bottom" }, h("button", { class: "first" }, t("save")), done, h("span", { class: "quiet small" }, t("settings.file", told))));
    pending();
  }, wrong);

  body.addEventListener("submit", doing(async () => {
    const changes = {};
    for (const one of told.settings) {
      const typed = body.elements[one.name].value.trim();
      const value = typed === "" ? null : one.kind === "number" ? Number(typed) : typed;
      // What the configuration says anyway needs no line over it.
      if (value !== one.value) changes[one.name] = value === one.configured ? null : value;
    }
    if (!Object.keys(changes).length) return put(done, h("p", { class: "note" }, t("settings.same")));
    put(done);
    await ask("POST", "/api/settings", { changes });
    await load();
    put(done, h("p", { class: "note good" }, t("saved"), told.pending ? ` ${t(told.restartable ? "settings.restart" : "settings.byhand")}` : ""));
  }, wrong));
  main.replaceChildren(h("div", { class: "stack" }, h("p", { class: "quiet" }, t("settings.why")), state, wrong, body));
  load();
  return {};
}
