// Health: what is wrong now, what an examination finds, the log, and what the model says of itself.

import { markdown } from "./markdown.js";
import { ask, bringSaid, doing, h, put, region, t, told as inWords, troubleNote } from "./parts.js";

/** The pictures of a card lie in a folder beside it. */
const PICTURE = /^card\/\w[\w-]*\.png$/;

/** The row of the card that says how often people agree: accuracy, how often it is sure, and is right then, in %. */
const AGREES = /^\| majority of ten voters \|[^|]*\|[^|]*\| ([\d.]+) % \|[^|]*\|[^|]*\| ([\d.]+) % \| ([\d.]+) % \|/m;

/** `state` tells what is known of the device now. */
export function healthPart(state) {
  const main = document.getElementById("main");
  const [troubles, report, wrong, version] = [h("div", { class: "stack" }), h("div"), h("div"), h("p", { class: "quiet" })];
  const newer = h("div");
  const kind = { ok: "good", warning: "warn", fault: "bad", skipped: "quiet" };
  // What is ill when it was examined last: another trouble is a reason to look again.
  let ill = null;
  const load = doing(async () => {
    again.disabled = true;
    ill = JSON.stringify(state()?.troubles ?? []);
    version.textContent = t("examining");
    try {
      const [told] = await Promise.all([ask("GET", "/api/health"), bringSaid()]);
      version.textContent = t("version", told);
      put(newer, told.offered ? h("p", { class: "note warn" }, t("version.newer", told), " ", h("code", {}, "sudo apt install moodbox")) : null);
      // The doctor speaks English, as on the command line.
      const said = (text) => { const { text: words, lang } = inWords(text); return h("span", { lang }, words); };
      const row = (one) => h("li", {}, h("span", { class: `badge ${kind[one.level]}` }, t(`level.${one.level}`)), h("b", {}, t(`part.${one.part}`)),
        h("div", {}, said(one.what), one.cure ? h("p", {}, h("b", {}, "→ "), said(one.cure)) : null));
      put(report, told.findings.length ? h("ul", { class: "list findings" }, ...told.findings.map(row)) : h("p", { class: "quiet" }, t("doctor.none")));
    } finally {
      again.disabled = false;
    }
  }, wrong);
  const again = h("button", { onclick: load }, t("examine"));
  const clock = new Intl.DateTimeFormat(region(), { timeStyle: "medium" });
  const log = h("pre", { tabIndex: 0, "aria-label": t("log") });
  const records = doing(async () => {
    const [{ lines }] = await Promise.all([ask("GET", "/api/log"), bringSaid()]);
    const said = (text) => { const { text: words, lang } = inWords(text); return h("span", { lang }, `${words}\n`); };
    const below = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    put(log, ...(lines.length ? lines.map((one) => h("span", { class: `log-${one.level}` }, `${clock.format(Date.parse(one.time))} ${t(`log.${one.level}`)} `, said(one.text))) : [t("log.none")]));
    if (below) log.scrollTop = log.scrollHeight;
  }, wrong);
  const [card, missing] = [h("div"), h("div")];
  const model = doing(async () => {
    const told = (await ask("GET", "/api/model")).card;
    if (!told) return put(card, h("p", { class: "quiet" }, t("model.none")));
    const picture = (name) => (PICTURE.test(name) ? `/api/model/${name}` : null);
    const content = markdown(told, { level: 3, name: t("model"), picture });
    const title = content[0]?.tagName === "H3" ? content.shift() : t("model");
    const [agrees, sure, right] = (AGREES.exec(told) ?? []).slice(1).map((share) => Math.round(share));
    card.replaceChildren(agrees ? h("p", {}, t("model.agrees", { agrees, sure, right })) : "", h("details", {}, h("summary", {}, title), h("div", { class: "md", lang: "en" }, ...content)));
    for (const shown of card.querySelectorAll("img")) shown.addEventListener("error", () => shown.replaceWith(shown.alt));
  }, missing);
  main.replaceChildren(h("div", { class: "stack" },
    h("section", { class: "card" }, h("h2", {}, t("troubles")), troubles),
    h("section", { class: "card" }, h("h2", {}, t("doctor")), h("div", { class: "row" }, again, version), newer, wrong, report),
    h("section", { class: "card" }, h("h2", {}, t("log")), log),
    h("section", { class: "card" }, h("h2", {}, t("model")), missing, card)));
  load();
  records();
  model();
  // Nobody looks at a page in the background.
  const timers = [[records, 5000], [load, 60000]].map(([task, every]) => setInterval(() => document.hidden || task(), every));
  return {
    close() { timers.forEach(clearInterval); },
    update() {
      const now = state();
      if (!now) return;
      if (!again.disabled && ill !== JSON.stringify(now.troubles)) load();
      put(troubles, ...(now.troubles.length
        ? now.troubles.map(troubleNote)
        : [h("p", { class: "note good" }, t("troubles.none"))]));
    },
  };
}
