// A template as a form: where it goes on the plane, how long and how loud, and out of what.

import { ask, doing, dot, h, journey, plane, put, t } from "./parts.js";

const MODES = ["match", "contrast", "journey"];
const LISTS = ["tags", "genres", "folders", "playlists"];
/** More words of the library than these are written by hand. */
const OFFERED = 12;

/** `change` is called with the form as it was changed; `known` tells what words the library has. */
export function templateForm({ change, wrong }) {
  let [form, known, tried, moves, kind] = [null, null, null, "to", null];
  const root = h("div", { class: "stack form" });
  const copy = () => structuredClone(form);
  const set = (name, value) => { const next = copy(); next[name] = value; change(next); };

  const modes = MODES.map((name) => h("button", { type: "button", onclick: () => {
    const next = copy();
    next.mode = name;
    if (name === "journey") next.to ??= [0.5, 0.2];
    else [next.from, next.to, next.steps] = [null, null, null];
    change(next);
  } }, t(`form.${name}`)));
  const [picture, ends, parts] = [h("div"), h("div", { class: "row" }), h("div", { class: "stack" })];
  let dragged = false;
  picture.addEventListener("pointerdown", () => { dragged = true; });
  for (const name of ["pointerup", "pointercancel"]) picture.addEventListener(name, () => { dragged = false; });
  const ENDS = ["from", "to"];
  const points = ENDS.map((name) => h("button", { type: "button", onclick: () => { moves = name; if (name === "from" && !form.from) set("from", [0, 0]); else draw(); } }, t(`form.${name}`)));
  const here = h("button", { type: "button", onclick: () => set("from", null) }, t("form.here"));

  const slider = (name, least, most, step) => {
    const field = h("input", { type: "range", id: `form-${name}`, min: least, max: most, step });
    const said = h("output", { for: `form-${name}` });
    const on = h("input", { type: "checkbox", id: `form-${name}-on` });
    field.addEventListener("input", () => { said.value = t(`form.${name}.is`, { value: field.value }); });
    field.addEventListener("change", () => set(name, Number(field.value)));
    on.addEventListener("change", () => set(name, on.checked ? Number(field.value) : null));
    const label = h("label", { for: `form-${name}` }, t(`form.${name}`));
    return {
      row: h("div", { class: "field" }, h("p", { class: "row" }, label, said, h("label", { class: "plain" }, on, t("form.set"))), field),
      show(value, usual) {
        on.checked = value !== null;
        field.disabled = value === null;
        if (document.activeElement !== field || value !== null) field.value = value ?? usual;
        said.value = value === null ? t("form.usual") : t(`form.${name}.is`, { value });
      },
    };
  };
  const length = slider("minutes", 5, 180, 5);
  const volume = slider("volume", 0, 100, 5);

  function draw() {
    const walks = form.mode === "journey";
    picture.hidden = ends.hidden = !walks;
    // A point that a hand holds is not taken out of it.
    if (!walks || dragged) return;
    const place = ([valence, arousal]) => ({ valence, arousal });
    const [from, to] = [form.from ?? null, form.to ?? [0.5, 0.2]];
    const active = form[moves] ?? to;
    const focused = picture.contains(document.activeElement);
    const stops = (tried?.items ?? []).filter((item) => item.valence !== null);
    const fresh = plane({
      at: place(active), label: t("form.plane", { end: t(`form.${moves}`) }),
      layers: [...journey(stops), ...(from ? [dot(place(from), moves === "from" ? "chosen" : "start", 11, t("form.from"))] : []), dot(place(to), moves === "to" ? "chosen" : "goal", 11, t("form.to"))],
      picked: (right, up) => set(moves, [right, up]),
    });
    // What is the same stays: a hand or the focus may be on it.
    if (!picture.firstChild?.isEqualNode(fresh)) picture.replaceChildren(fresh);
    if (focused) picture.firstChild.focus();
    points.forEach((button, at) => button.setAttribute("aria-pressed", String(ENDS[at] === moves)));
    here.hidden = !from;
  }

  /** One part of the library: words that are pressed count; those that the library has most of stand beside them. */
  function part(section, at, words) {
    const alter = (act) => { const next = copy(); act(next[section][at]); change(next); };
    const chip = (list, name, count) => h("button", {
      type: "button", class: "chip", "aria-pressed": String(words[list].some((one) => one.toLowerCase() === name.toLowerCase())), "data-chip": `${section}-${at}-${list}-${name}`,
      onclick: () => alter((mine) => {
        const index = mine[list].findIndex((one) => one.toLowerCase() === name.toLowerCase());
        if (index < 0) mine[list].push(name); else mine[list].splice(index, 1);
      }),
    }, h("bdi", {}, name), count === undefined ? null : h("span", { class: "quiet small" }, String(count)));
    const rows = LISTS.filter((list) => words[list].length || known?.[list]?.length).map((list) => {
      const offered = (known?.[list] ?? []);
      const counts = new Map(offered.map((one) => [one.name.toLowerCase(), one.count]));
      const more = offered.filter((one) => !words[list].some((word) => word.toLowerCase() === one.name.toLowerCase())).slice(0, OFFERED);
      return h("div", { role: "group", "aria-label": t(`form.${list}`) }, h("h3", {}, t(`form.${list}`)),
        h("div", { class: "chips" }, ...words[list].map((name) => chip(list, name, counts.get(name.toLowerCase()) ?? 0)), ...more.map((one) => chip(list, one.name, one.count))));
    });
    const regions = ["valence", "arousal"].filter((axis) => words[axis]).map((axis) => h("p", { class: "row" },
      t(`form.${axis}`, { least: words[axis][0], most: words[axis][1] }), h("button", { type: "button", onclick: () => alter((mine) => { mine[axis] = null; }) }, t("form.drop"))));
    const title = t(`form.${section}`, { number: at + 1 });
    return h("details", { class: "part", open: form[section].length === 1 || opened.has(`${section}${at}`), ontoggle: (event) => { opened[event.target.open ? "add" : "delete"](`${section}${at}`); } },
      h("summary", {}, title, " ", h("span", { class: "quiet small" }, LISTS.flatMap((list) => words[list]).slice(0, 4).join(", "))),
      ...regions, ...rows, h("button", { type: "button", class: "danger", onclick: () => { const next = copy(); next[section].splice(at, 1); change(next); } }, t("form.remove")));
  }
  const opened = new Set();
  const empty = () => ({ tags: [], genres: [], folders: [], playlists: [], valence: null, arousal: null });
  const adds = ["pool", "avoid"].map((section) => h("button", { type: "button", onclick: () => {
    opened.add(`${section}${form[section].length}`);
    form[section].push(empty());
    draw();
    words();
  } }, t(`form.${section}.add`)));

  function words() {
    const keep = document.activeElement?.dataset?.chip;
    parts.replaceChildren(...["pool", "avoid"].flatMap((section) => form[section].map((one, at) => part(section, at, one))), h("div", { class: "row" }, ...adds));
    if (keep) [...parts.querySelectorAll("[data-chip]")].find((one) => one.dataset.chip === keep)?.focus();
  }

  root.append(
    h("div", { class: "row", role: "group", "aria-label": t("form.mode") }, ...modes), ends, picture, length.row, volume.row,
    h("h2", {}, t("form.parts")), h("p", { class: "quiet small" }, t("form.parts.why")), parts);
  ends.append(...points, here);

  const load = doing(async () => {
    if (!kind) return;
    const mine = kind;
    const groups = await ask("GET", `/api/library/groups?kind=${mine}`);
    if (mine !== kind) return;
    known = groups;
    if (form) words();
  }, wrong);

  return {
    root,
    show(next, of) {
      if (of !== kind) { kind = of; known = null; load(); }
      form = next;
      modes.forEach((button, at) => button.setAttribute("aria-pressed", String(MODES[at] === form.mode)));
      length.row.hidden = form.items !== null;
      length.show(form.minutes, 30);
      volume.show(form.volume, 50);
      draw();
      words();
    },
    tried(told) { tried = told; if (form) draw(); },
    load,
  };
}
