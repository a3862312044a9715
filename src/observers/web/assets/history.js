// History: the moods of this place over time, where somebody switched that on.

import { MOODS, ask, doing, face, h, put, region, say, t, timeline } from "./parts.js";

/** `now` tells what is known of the device at this moment. */
export function historyPart(now) {
  const main = document.getElementById("main");
  const [wrong, body] = [h("div"), h("div", { class: "stack" })];
  const days = h("select", { id: "days" }, ...[1, 7, 30, 365].map((number) => h("option", { value: number, selected: number === 30 }, t(`days.${number}`))));

  const load = doing(async () => {
    const told = await ask("GET", `/api/history?days=${days.value}`);
    if (!told.kept) return put(body, h("p", { class: "note" }, t("history.off")));
    const sessions = told.visits.map((session) => ({ ...session, at: Date.parse(session.time) }));
    const today = Date.now();
    const counts = MOODS.map((mood) => [mood, sessions.filter((session) => session.mood === mood).length]).filter(([, count]) => count);
    const most = Math.max(1, ...counts.map(([, count]) => count));
    const when = new Intl.DateTimeFormat(region(), { dateStyle: "medium", timeStyle: "short" });
    const erase = h("button", { class: "danger", onclick: doing(async () => {
      if (!confirm(t("history.sure"))) return;
      await ask("DELETE", "/api/history");
      say(t("history.erased"));
      await load();
    }, wrong) }, t("history.erase"));
    put(body,
      h("section", { class: "card", "aria-label": t("tab.history") },
        sessions.length ? timeline(sessions, today - days.value * 86400e3, today, told.valence) : h("p", { class: "quiet" }, t("history.none")),
        h("dl", { class: "scores" }, ...counts.flatMap(([mood, count]) => {
          const fill = h("i");
          fill.style.width = `${(100 * count) / most}%`;
          fill.style.background = `var(--${mood})`;
          return [h("dt", {}, t(`mood.${mood}`)), h("dd", { class: "bar", "aria-hidden": "true" }, fill), h("dd", {}, String(count))];
        })),
        h("div", { class: "row" }, h("a", { class: "button", href: "/api/history.csv", download: "moodbox-moods.csv" }, t("history.export")), erase)),
      h("section", { class: "card", "aria-label": t("history.last") }, h("h2", {}, t("history.last")),
        h("ol", { class: "list" }, ...sessions.slice(-30).reverse().map((session) => h("li", { class: "row" }, face(session.mood),
          h("span", { class: "grow" }, t(`mood.${session.mood}`), h("span", { class: "quiet small" }, ` · ${t(`by.${session.by}`)}`)),
          h("time", { class: "quiet small", datetime: session.time }, when.format(session.at)))))));
  }, wrong);
  const forget = h("button", { class: "danger", onclick: doing(async () => {
    if (!confirm(t("forget.sure"))) return;
    await ask("POST", "/api/forget", {});
    put(forgotten, h("p", { class: "note good" }, t("forget.done")));
    erased = true;
    await load();
    // MPD is about to take our hearts away; what is left then is other people's.
    setTimeout(hearts, 1500);
  }, wrong) }, t("forget"));
  const forgotten = h("div");
  let erased = false;
  /** What other programs wrote is theirs: it is named, and left. */
  const hearts = doing(async () => {
    const { hearts: count } = await ask("GET", "/api/library");
    if (erased && count) put(forgotten, h("p", { class: "note good" }, t("forget.hearts", { count })));
    else if (erased) put(forgotten, h("p", { class: "note good" }, t("forget.done")));
  }, wrong);
  days.addEventListener("change", load);
  main.replaceChildren(h("div", { class: "stack" },
    h("div", { class: "row" }, h("label", { for: "days" }, t("history.span")), days), wrong, body,
    h("section", { class: "card", "aria-label": t("forget") }, h("h2", {}, t("forget")), h("p", { class: "quiet" }, t("forget.why")), h("div", { class: "row" }, forget), forgotten)));
  load();
  let sessions = null;
  return {
    /** A session has begun somewhere: the list is drawn anew. */
    update() {
      const seen = now()?.visits ?? null;
      if (sessions !== null && seen !== sessions) load();
      sessions = seen;
    },
    library: hearts,
  };
}
