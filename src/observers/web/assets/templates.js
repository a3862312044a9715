// Templates: what is played for each mood, checked while it is written and tried on the library.

import { templateForm } from "./template-form.js";
import { MOODS, ask, doing, dot, face, h, journey, plane, put, say, t } from "./parts.js";

export function templatesPart() {
  const main = document.getElementById("main");
  let [kind, mood] = ["music", "happy"];
  let saved = "";
  let turn = 0;
  let timer = 0;
  const [wrong, problems, tried, picture, state] = [h("div"), h("div", { role: "status" }), h("div"), h("div"), h("p", { class: "quiet small" })];
  const text = h("textarea", { id: "template", autocapitalize: "off", "aria-describedby": "template-state" });
  state.id = "template-state";
  text.spellcheck = false;
  const draft = h("div");
  let way = "form";
  const form = templateForm({ wrong, change: doing(async (next) => {
    const told = await ask("POST", "/api/templates/form", { text: text.value, form: next });
    text.value = told.text;
    changed();
    form.show(told.form, kind);
    attempt();
  }, wrong) });
  const WAYS = ["form", "text"];
  const ways = WAYS.map((name) => h("button", { onclick: () => { way = name; look(); } }, t(`template.as.${name}`)));
  const no = h("p", { class: "note warn", hidden: true }, t("template.noform"));

  function look() {
    ways.forEach((button, at) => button.setAttribute("aria-pressed", String(WAYS[at] === way)));
    form.root.hidden = way !== "form" || !no.hidden;
    text.hidden = way !== "text";
    no.classList.toggle("unseen", way !== "form");
  }

  /** What the text says, for the form. */
  async function read() {
    const of = kind;
    try {
      const told = await ask("POST", "/api/templates/form", { text: text.value });
      if (of !== kind) return;
      no.hidden = true;
      form.show(told.form, kind);
    } catch (error) {
      if (error.status !== 422) throw error;
      no.hidden = false;
    }
    look();
  }
  /** What was typed and not saved stays in this browser, through another mood, another part and a restart. */
  const key = () => `template ${kind} ${mood}`;
  const store = { get: () => { try { return localStorage.getItem(key()); } catch { return null; } }, put: (text) => { try { text === null ? localStorage.removeItem(key()) : localStorage.setItem(key(), text); } catch { /* A browser that keeps nothing. */ } } };
  const path = (rest = "") => `/api/templates/${kind}/${mood}${rest}`;

  const kinds = ["music", "video"].map((name) => h("button", { onclick: () => { kind = name; open(); } }, t(`library.${name}`)));
  const moods = MOODS.map((name) => h("button", { onclick: () => { mood = name; open(); } }, face(name), h("span", {}, t(`mood.${name}`))));
  const save = h("button", { class: "first", onclick: doing(async () => take(await ask("POST", path(), { text: text.value }), t("saved")), wrong) }, t("save"));
  const undo = h("button", { onclick: doing(async () => take(await ask("POST", path("/undo"), {}), t("undone")), wrong) }, t("undo"));
  const reset = h("button", { class: "danger", onclick: doing(async () => take(await ask("DELETE", path()), t("undone")), wrong) }, t("shipped"));

  /** Another template: what was typed and not saved is asked for first. */
  async function open() {
    kinds.forEach((button, at) => button.setAttribute("aria-pressed", String(["music", "video"][at] === kind)));
    moods.forEach((button, at) => button.setAttribute("aria-pressed", String(MOODS[at] === mood)));
    await doing(async () => take(await ask("GET", path())), wrong)();
    own();
  }

  /** Which ones somebody wrote here. */
  const own = doing(async () => {
    const { templates } = await ask("GET", "/api/templates");
    for (const one of templates.filter((one) => one.kind === kind)) {
      moods[MOODS.indexOf(one.mood)].lastChild.textContent = t(`mood.${one.mood}`) + (one.own ? " *" : "");
    }
  }, wrong);

  function take(told, said) {
    const kept = said ? null : store.get();
    if (said) store.put(null);
    saved = told.text;
    text.value = kept ?? saved;
    text.setAttribute("aria-label", t("template", { mood: t(`mood.${mood}`) }));
    undo.disabled = told.undo === 0;
    reset.disabled = !told.own;
    state.textContent = t(told.own ? "template.own" : told.configured ? "template.configured" : "template.shipped");
    if (said) { say(said); own(); }
    changed();
    doing(read, wrong)();
    attempt();
  }

  function changed() {
    save.disabled = text.value === saved;
    store.put(save.disabled ? null : text.value);
    put(draft, save.disabled ? null : h("p", { class: "note warn row" }, t("template.draft"), " ", h("button", { "data-drop": "" }, t("template.drop"))));
  }
  draft.addEventListener("click", (event) => {
    if (!event.target.closest("[data-drop]")) return;
    text.value = saved;
    changed();
    doing(read, wrong)();
    attempt();
    (way === "text" ? text : ways[0]).focus();
  });

  const attempt = doing(async () => {
    const mine = ++turn;
    const told = await ask("POST", path("/try"), { text: text.value });
    if (mine !== turn) return;
    const right = told.problems.length === 0;
    text.setAttribute("aria-invalid", String(!right));
    save.disabled = !right || text.value === saved;
    put(problems, ...told.problems.map((one) => h("p", { class: "note bad" },
      h("button", { class: "place", onclick: () => place(one.line, one.column) }, t("line", one)), " ", one.what, h("b", {}, `→ ${one.cure}`))));
    if (!right) return;
    form.tried(told);
    const stops = told.items.filter((item) => item.valence !== null);
    picture.replaceChildren(plane({ label: t("journey"), layers: [
      ...(told.to ? [dot(told.to, "goal", 11, t("goal"))] : []),
      ...(told.from ? [dot(told.from, "chosen", 11, t("from"))] : []),
      ...journey(stops)] }), told.to ? h("p", { class: "quiet small" }, t("journey.key")) : "");
    put(tried, ...told.notes.map((note) => h("p", { class: "note warn" }, note)),
      told.items.length ? h("ol", { class: "list numbered" }, ...told.items.map((item) => h("li", {}, h("bdi", {}, item.title), item.artist ? " · " : "", h("bdi", {}, item.artist),
        h("p", { class: "quiet small" }, item.why)))) : h("p", { class: "quiet" }, t("tried.nothing")));
  }, wrong);

  function place(line, column) {
    way = "text";
    look();
    const at = text.value.split("\n").slice(0, line - 1).reduce((sum, row) => sum + row.length + 1, 0) + column - 1;
    text.focus();
    text.setSelectionRange(at, at);
  }

  text.addEventListener("input", () => {
    changed();
    clearTimeout(timer);
    timer = setTimeout(() => { attempt(); doing(read, wrong)(); }, 250);
  });
  main.replaceChildren(h("div", { class: "stack" },
    h("div", { class: "row", role: "group", "aria-label": t("kind") }, ...kinds),
    h("div", { class: "faces", role: "group", "aria-label": t("mood") }, ...moods),
    wrong,
    h("div", { class: "cards halves" },
      h("section", { class: "card", "aria-label": t("tab.templates") }, h("div", { class: "row", role: "group", "aria-label": t("template.way") }, ...ways), state, draft, no, form.root, text, problems, h("div", { class: "row" }, save, undo, reset)),
      h("section", { class: "card", "aria-label": t("tried") }, h("h2", {}, t("tried")), picture, tried))));
  open();
  return { library: () => { attempt(); form.load(); } };
}
