// Adding music and videos: files that are dropped or chosen go to the device in pieces, one file after the other.

import { ask, h, put, say, t } from "./parts.js";

const megabytes = (bytes) => Math.round(bytes / 1e6);
const room = (bytes) => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${megabytes(bytes)} MB`);

/** The card below the library; `kind` tells which items are seen. */
export function adding(kind) {
  let [told, busy, closed] = [null, false, false];
  const queue = [];
  const list = h("ul", { class: "list adds" });
  const about = h("p", { class: "quiet" });
  const pick = h("input", { type: "file", id: "add", multiple: true });
  const label = h("label", { for: "add" }, t("add.pick"));
  const card = h("section", { class: "card drop", "aria-label": t("add") }, h("h2", {}, t("add")), about,
    h("p", { class: "row" }, label, pick), list);

  async function load() {
    const mine = kind();
    told = await ask("GET", `/api/library/files?kind=${mine}`).catch((error) => ({ why: error.message, lang: error.lang, endings: [] }));
    if (mine !== kind()) return;
    pick.accept = told.endings.map((ending) => `.${ending}`).join();
    pick.disabled = Boolean(told.why);
    put(about, ...(told.why ? [t("add.not"), " ", h("span", { lang: told.lang }, told.why)] : [t("add.room", { free: room(told.free) }), " ", h("code", {}, told.folder)]));
  }

  function add(files) {
    for (const file of files) {
      const bar = h("progress", { max: file.size || 1, value: 0, "aria-label": file.name });
      const state = h("span", { class: "quiet small", role: "status" }, t("add.waits"));
      const one = { file, kind: kind(), bar, state, over: false, id: null };
      const stop = h("button", { "aria-label": `${t("add.stop")}: ${file.name}`, onclick: () => {
        one.over = true;
        if (one.id) ask("DELETE", `/api/library/files/${one.id}`).catch(() => {});
        row.remove();
      } }, t("add.stop"));
      const row = h("li", {}, h("b", {}, h("bdi", {}, file.name)), " ", bar, " ", state, " ", stop);
      Object.assign(one, { row, stop });
      list.append(row);
      queue.push(one);
    }
    work();
  }

  async function work() {
    if (busy) return;
    busy = true;
    let done = 0;
    for (let one = queue.shift(); one && !closed; one = queue.shift()) {
      if (one.over) continue;
      try {
        await send(one);
        if (one.over) continue;
        done += 1;
        one.state.textContent = t("add.done");
        one.row.className = "good";
      } catch (error) {
        if (one.over) continue;
        one.state.replaceChildren(t("add.failed"), " ", h("span", { lang: error.lang ?? null }, error.message));
        one.row.className = "bad";
      }
      one.bar.remove();
      one.stop.remove();
    }
    busy = false;
    if (done) say(t("add.added", { count: done }));
    if (!closed) load();
  }

  async function send(one) {
    let progress = await ask("POST", "/api/library/files", { kind: one.kind, name: one.file.name, size: one.file.size });
    one.id = progress.id;
    let broken = 0;
    while (!progress.done && !one.over) {
      const piece = new Blob([one.file.slice(progress.at, progress.at + progress.piece)], { type: "application/octet-stream" });
      try {
        progress = await ask("POST", `/api/library/files/${one.id}?at=${progress.at}`, piece);
        broken = 0;
      } catch (error) {
        // A link that breaks off is tried again from where the device stopped; what the device says no to is not.
        broken += 1;
        if ((error.status >= 400 && ![408, 503].includes(error.status)) || broken > 5) throw error;
        await new Promise((wake) => { setTimeout(wake, 1000 * broken); });
        continue;
      }
      one.bar.value = progress.at;
      one.state.textContent = t("add.at", { percent: Math.floor((100 * progress.at) / one.file.size) });
    }
  }

  pick.addEventListener("change", () => { add(pick.files); pick.value = ""; });
  // Files are dropped anywhere on the page; elsewhere a browser would open them and leave.
  const over = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    card.classList.toggle("over", event.type === "dragover");
    if (event.type === "drop" && !told?.why) { add(event.dataTransfer.files); card.scrollIntoView({ block: "nearest" }); }
  };
  for (const name of ["dragover", "dragleave", "drop"]) addEventListener(name, over);
  load();
  return {
    card, load,
    close() {
      closed = true;
      for (const name of ["dragover", "dragleave", "drop"]) removeEventListener(name, over);
    },
  };
}
