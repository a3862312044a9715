// The browser's own camera, or a photo, as the camera of the simulated device. Pictures leave this page only
// while the light is on, and only for the device it came from, which takes them from its own machine alone.

import { ask, h, t } from "./parts.js";

/** Wide enough for a face at arm's length. */
const WIDTH = 640;
const EVERY = 100;

export function eye(wrong) {
  const video = h("video", { muted: true, playsInline: true, hidden: true });
  const file = h("input", { type: "file", accept: "image/*", id: "photo", class: "unseen", tabIndex: -1, "aria-label": t("camera.photo") });
  const note = h("p", { class: "quiet small", hidden: true }, t("camera.on"));
  const canvas = h("canvas", { hidden: true });
  let [stream, photo, on, timer] = [null, null, false, 0];

  const tell = (error) => wrong.replaceChildren(h("p", { class: "note bad", role: "alert" }, t("camera.denied", { why: error.message })));

  function release() {
    stream?.getTracks().forEach((track) => track.stop());
    photo?.close();
    [stream, photo, video.srcObject] = [null, null, null];
    video.hidden = note.hidden = true;
    canvas.width = canvas.height = 0;
  }

  async function use(source) {
    note.hidden = false;
    await ask("POST", "/api/device/camera", { page: true });
    source();
  }

  const camera = h("button", { onclick: async () => {
    release();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: WIDTH, facingMode: "user" } });
      await use(() => { video.srcObject = stream; video.hidden = false; });
      await video.play();
    } catch (error) {
      release();
      tell(error);
    }
  } }, t("camera.own"));
  const pick = h("button", { onclick: () => file.click() }, t("camera.photo"));
  file.addEventListener("change", async () => {
    release();
    try {
      photo = await createImageBitmap(file.files[0]);
      await use(() => {});
    } catch (error) {
      release();
      tell(error);
    }
    file.value = "";
  });

  /** One picture, as small as the device needs it. */
  async function send() {
    const source = stream ? video : photo;
    const width = stream ? video.videoWidth : photo?.width;
    const height = stream ? video.videoHeight : photo?.height;
    if (!source || !width) return;
    const scale = Math.min(1, WIDTH / Math.max(width, height));
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.9); });
    // Between the last picture and the light that goes off, one may come too late.
    await ask("POST", "/api/device/frame", blob).catch(() => {});
  }

  async function look() {
    await send();
    if (on) timer = setTimeout(look, EVERY);
    else canvas.width = canvas.height = 0;
  }

  addEventListener("pagehide", () => { if (stream || photo) ask("POST", "/api/device/camera", { page: false }).catch(() => {}); });
  return {
    controls: h("div", { class: "stack" }, h("div", { class: "row" }, camera, pick, file), video, note),
    light(lit) {
      if (lit === on) return;
      on = lit;
      clearTimeout(timer);
      if (on && (stream || photo)) look();
    },
    close() {
      on = false;
      clearTimeout(timer);
      if (stream || photo) ask("POST", "/api/device/camera", { page: false }).catch(() => {});
      release();
    },
  };
}
