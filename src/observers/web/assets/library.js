// The library: what there is to play, where it lies on the plane of feeling, and a way to hear it now.

import { adding } from "./add.js";
import { ask, doing, dot, feelingWords, h, plane, put, say, t, time } from "./parts.js";

export function libraryPart() {
  const main = document.getElementById("main");
  let [kind, view, album] = ["music", "titles", null];
  let [place, told, dots, chosen] = [null, null, [], null];
  let [turn, timer] = [0, 0];
  const [list, sum, wrong, picture, empty] = [h("div", { class: "scroll" }), h("p", { class: "quiet", role: "status" }), h("div"), h("div"), h("div")];
  const search = h("input", { type: "search", id: "search" });
  const unknown = h("input", { type: "checkbox" });
  const pressed = (buttons, names, name) => buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(names[at] === name)));
  const KINDS = ["music", "video"];
  const VIEWS = ["titles", "albums", "playlists"];
  const kinds = KINDS.map((name) => h("button", { onclick: () => { [kind, view, album, chosen] = [name, "titles", null, null]; fresh(); } }, t(`library.${name}`)));
  const views = VIEWS.map((name) => h("button", { onclick: () => { [view, album, chosen] = [name, null, null]; fresh(); } }, t(`library.${name}`)));

  const play = (what, after) => doing(async () => {
    await ask("POST", "/api/library/play", { kind, ...what, after });
    say(t("play.started"));
  }, wrong);

  // ---- one item, opened where it stands ----

  const number = (id) => h("input", { type: "number", id, min: -1, max: 1, step: 0.01, required: true });
  const [valence, arousal] = [number("valence"), number("arousal")];
  const change = (place) => doing(async () => {
    await ask("POST", "/api/library/feeling", { kind, id: chosen.id, ...place() });
    say(t("saved"));
  }, wrong);
  const setting = h("form", { class: "row", onsubmit: change(() => ({ valence: Number(valence.value), arousal: Number(arousal.value) })) },
    h("p", { class: "field" }, h("label", { for: "valence" }, t("valence")), valence),
    h("p", { class: "field" }, h("label", { for: "arousal" }, t("arousal")), arousal),
    h("button", { class: "first" }, t("set")), h("button", { type: "button", onclick: change(() => ({})) }, t("clear")));
  const inside = h("div", { class: "stack inside" });
  for (const field of [valence, arousal]) field.addEventListener("input", () => { mark(); });

  function choose(item) {
    chosen = chosen?.id === item.id ? null : item;
    if (chosen) {
      [valence.value, arousal.value] = item.valence === null ? ["", ""] : [item.valence.toFixed(2), item.arousal.toFixed(2)];
      inside.replaceChildren(
        h("div", { class: "row" }, h("button", { class: "first", onclick: play({ ids: [item.id] }, false) }, t("play.this")),
          kind === "music" ? h("button", { onclick: play({ ids: [item.id] }, true) }, t("play.after")) : null,
          item.album && kind === "music" ? h("button", { onclick: play({ album: item.album }, false) }, t("play.album")) : null),
        setting);
    }
    rows();
    mark();
  }

  // ---- the plane ----

  /** The ring: of the chosen item, else of the place that was picked. */
  const ring = () => {
    if (!chosen) return place;
    return valence.value === "" || arousal.value === "" ? null : { valence: Number(valence.value), arousal: Number(arousal.value) };
  };

  function mark() {
    const at = ring();
    const focused = picture.contains(document.activeElement);
    picture.replaceChildren(
      plane({ at, label: t("plane"), layers: [...dots, ...(at ? [dot(at, "chosen", 8)] : [])], picked: (right, up) => {
        if (chosen) [valence.value, arousal.value] = [right, up];
        else {
          place = { valence: right, arousal: up };
          clearTimeout(timer);
          timer = setTimeout(load, 150);
        }
        mark();
        say(t("plane.at", { valence: right, arousal: up }));
      } }),
      h("p", { class: "quiet small" }, t(chosen ? "feeling.item" : place ? "plane.near" : "plane.pick", { title: chosen?.title })));
    if (focused) picture.firstChild.focus();
  }

  const map = doing(async () => {
    const answer = await ask("GET", `/api/library/plane?kind=${kind}`);
    dots = answer.dots.map(([right, up, said]) => dot({ valence: right / 100, arousal: up / 100 }, said ? "item" : "item weak", 4));
    mark();
  }, wrong);

  // ---- lists ----

  function rows() {
    const feeling = (item) => item.valence === null ? [t("unknown")]
      : [`${feelingWords(item)} `, h("span", { class: "quiet small" }, `${item.valence.toFixed(2)} / ${item.arousal.toFixed(2)} `), h("span", { class: "quiet small source" }, `(${t(`source.${item.source}`)})`)];
    const keep = document.activeElement?.dataset?.id;
    put(list, h("table", {},
      h("thead", {}, h("tr", {}, ...["title", "artist", "feeling", "length"].map((name) => h("th", { scope: "col", class: `col-${name}` }, t(name))))),
      h("tbody", {}, ...told.items.map((item) => h("tr", { "aria-selected": String(chosen?.id === item.id) },
        h("td", {}, h("button", { class: "link", "data-id": item.id, "aria-expanded": String(chosen?.id === item.id), title: t("choose") }, h("bdi", {}, item.title)), item.liked ? " ♥" : ""),
        h("td", {}, h("bdi", {}, item.artist)), h("td", {}, ...feeling(item)), h("td", { class: "n" }, item.length_s === null ? "" : time(item.length_s)))))));
    inside.closest("tr")?.remove();
    if (chosen) list.querySelector(`[data-id="${chosen.id}"]`)?.closest("tr").after(h("tr", { class: "opened" }, h("td", { colSpan: 4 }, inside)));
    if (keep) list.querySelector(`[data-id="${keep}"]`)?.focus({ preventScroll: true });
  }
  list.addEventListener("click", (event) => {
    const id = event.target.closest("[data-id]")?.dataset.id;
    const item = id && told?.items.find((one) => one.id === id);
    if (item) choose(item);
  });

  function tiles(groups) {
    const tile = (name, quiet, id, what, word) => h("li", { class: "tile" },
      h("div", { class: "cover", "aria-hidden": "true" }, id ? h("img", { src: `/api/library/cover?id=${id}`, alt: "", loading: "lazy", onerror: (event) => event.target.remove() }) : null),
      h("p", { class: "grow" }, h("b", {}, h("bdi", {}, name)), h("span", { class: "quiet small" }, h("bdi", {}, quiet))),
      h("div", { class: "row" }, h("button", { class: "first", "aria-label": `${t(word)}: ${name}`, onclick: play(what, false) }, t("play.this")),
        what.album ? h("button", { "aria-label": `${t("album.show")}: ${name}`, onclick: () => { [view, album] = ["titles", name]; fresh(); } }, t("album.show")) : null));
    const all = view === "albums"
      ? groups.albums.map((one) => tile(one.album, [one.artist, t("many", one)].filter(Boolean).join(" · "), one.id, { album: one.album }, "play.album"))
      : groups.playlists.map((one) => tile(one.name, t("many", one), null, { playlist: one.name }, "play.list"));
    list.replaceChildren(all.length ? h("ul", { class: "tiles" }, ...all) : h("p", { class: "quiet" }, t("groups.none")));
  }

  function folders() {
    if (told.total) return put(empty);
    put(empty, h("div", { class: "note" }, h("p", {}, t(told.folders.length ? "library.folder" : "library.nofolder")), ...told.folders.map((folder) => h("p", {}, h("code", {}, folder)))));
  }

  const load = doing(async () => {
    const mine = ++turn;
    if (view !== "titles") {
      const groups = await ask("GET", `/api/library/groups?kind=${kind}`);
      if (mine !== turn) return;
      sum.textContent = "";
      return tiles(groups);
    }
    const query = new URLSearchParams({ kind, search: search.value, unknown: unknown.checked, ...(place && !chosen ? { near: `${place.valence},${place.arousal}` } : {}), ...(album ? { album } : {}) });
    const answer = await ask("GET", `/api/library?${query}`);
    if (mine !== turn) return;
    // What is opened stays where it is: nothing jumps away under a finger.
    if (chosen && told) {
      const fresh = new Map(answer.items.map((item) => [item.id, item]));
      if (fresh.has(chosen.id)) {
        answer.items = [...told.items.flatMap((item) => fresh.get(item.id) ?? []), ...answer.items.filter((item) => !told.items.some((old) => old.id === item.id))];
      }
    }
    told = answer;
    sum.textContent = `${t("library.sum", told)}${told.found > told.items.length ? `. ${t(place ? "library.first" : "library.more", { shown: told.items.length })}` : ""}`;
    folders();
    rows();
  }, wrong);

  function fresh() {
    pressed(kinds, KINDS, kind);
    pressed(views, VIEWS, view);
    views.forEach((button) => { button.hidden = kind !== "music"; });
    all.hidden = !album;
    place = null;
    map();
    load();
    add.load();
  }
  const all = h("button", { hidden: true, onclick: () => { album = null; fresh(); } }, t("album.all"));
  search.addEventListener("input", () => { if (view !== "titles") { view = "titles"; pressed(views, VIEWS, view); } chosen = null; load(); });
  unknown.addEventListener("change", () => { chosen = null; load(); });
  const add = adding(() => kind);
  main.replaceChildren(h("div", { class: "stack" },
    h("div", { class: "row" }, ...kinds, h("span", { class: "find" }, h("label", { for: "search" }, t("search")), search), h("label", { class: "plain" }, unknown, t("library.unknown"))),
    h("div", { class: "row" }, ...views, all),
    wrong, sum, empty,
    h("div", { class: "cards two" }, h("section", { class: "card", "aria-label": t("plane") }, picture), h("section", { class: "card", "aria-label": t("list") }, list)), add.card));
  fresh();
  return { library() { map(); load(); }, close: add.close };
}
