// Web radio: the stations that are kept on the page. MPD fetches them, so a device with one is offline no more.

import { ask, doing, feelingWords, h, put, say, t } from "./parts.js";

/** What a station may feel like, as places on the plane. */
const FEELINGS = [[0.4, -0.6], [0, -0.5], [0, 0], [0.5, 0], [0.6, 0.6], [0, 0.6], [-0.4, -0.4], [-0.4, 0.5]];

export function radioCard() {
  const [rows, wrong, done] = [h("div", { class: "stack" }), h("div"), h("div", { role: "status" })];
  const fixed = h("p", { class: "quiet small", hidden: true });
  let number = 0;

  function row(station = { name: "", address: "", feeling: FEELINGS[0] }) {
    const id = `station-${number += 1}`;
    const places = FEELINGS.some((place) => String(place) === String(station.feeling)) ? FEELINGS : [station.feeling, ...FEELINGS];
    const field = (name, control) => h("p", { class: "field" }, h("label", { for: `${id}-${name}` }, t(`radio.${name}`)), control,
      h("span", { class: "note bad", id: `${id}-${name}-bad`, role: "alert", hidden: true }));
    const input = (name, type, more) => h("input", { id: `${id}-${name}`, name, type, value: station[name], "aria-describedby": `${id}-${name}-bad`, ...more });
    const one = h("fieldset", { class: "card station" }, h("legend", { class: "legend" }, station.name || t("radio.new")),
      field("name", input("name", "text", { maxLength: 80, autocomplete: "off" })),
      field("address", input("address", "url", { maxLength: 500 })),
      field("feeling", h("select", { id: `${id}-feeling`, name: "feeling" },
        ...places.map(([valence, arousal]) => h("option", { value: `${valence},${arousal}`, selected: String([valence, arousal]) === String(station.feeling) }, feelingWords({ valence, arousal }))))),
      h("button", { type: "button", onclick: () => { one.remove(); add.focus(); } }, t("radio.remove")));
    one.tags = station.tags ?? [];
    return one;
  }

  function complain(control, what) {
    const note = document.getElementById(`${control.id}-bad`);
    put(note, what);
    note.hidden = false;
    control.setAttribute("aria-invalid", "true");
    control.focus();
    control.scrollIntoView({ block: "center" });
  }

  function listed(told) {
    put(rows, ...told.stations.map(row));
    put(fixed, t("radio.configured", { names: told.configured.join(", ") }));
    fixed.hidden = !told.configured.length;
  }

  const add = h("button", { type: "button", onclick: () => { const one = row(); rows.append(one); one.querySelector("input").focus(); } }, t("radio.add"));
  const save = doing(async () => {
    put(done);
    for (const note of rows.querySelectorAll(".note.bad")) note.hidden = true;
    for (const control of rows.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
    const all = [...rows.children];
    const control = (one, name) => one.querySelector(`[name=${name}]`);
    for (const one of all) {
      if (!control(one, "name").value.trim()) return complain(control(one, "name"), t("radio.bad.name"));
      if (!/^https?:\/\/[^\s/]\S*$/.test(control(one, "address").value.trim())) return complain(control(one, "address"), t("radio.bad.address"));
    }
    const stations = all.map((one) => ({
      name: control(one, "name").value.trim(), address: control(one, "address").value.trim(),
      feeling: control(one, "feeling").value.split(",").map(Number), ...(one.tags.length ? { tags: one.tags } : {}),
    }));
    listed(await ask("POST", "/api/radio", { stations }));
    say(t("saved"));
    put(done, h("p", { class: "note good" }, t("saved")));
  }, wrong);

  const card = h("section", { class: "card stack", "aria-label": t("radio") }, h("h2", {}, t("radio")), h("p", { class: "quiet" }, t("radio.why")),
    fixed, rows, h("div", { class: "row" }, add, h("button", { type: "button", onclick: save }, t("radio.save")), done, wrong));
  doing(async () => listed(await ask("GET", "/api/radio")), wrong)();
  return card;
}
