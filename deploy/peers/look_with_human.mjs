// Reads pictures with human on its WebAssembly backend: look_with_human.mjs [--cropped] PHOTO..., run in the folder
// that it is installed in; a JSON object on a line for each. Only what a mood needs is switched on.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const modules = `${process.cwd()}/node_modules`;
const require = createRequire(`${modules}/`);
const sharp = require('sharp');
const { Human } = require(`${modules}/@vladmandic/human/dist/human.node-wasm.js`);

// In a browser the models come from the page's server; here, from the package.
globalThis.fetch = async (address) => new Response(await readFile(new URL(address)));

const off = { enabled: false };
const human = new Human({
  backend: 'wasm',
  wasmPath: `${modules}/@tensorflow/tfjs-backend-wasm/dist/`,
  modelBasePath: `file://${modules}/@vladmandic/human/models/`,
  // Every picture is a new one.
  cacheSensitivity: 0,
  face: {
    enabled: true, emotion: { enabled: true, minConfidence: 0 },
    mesh: off, iris: off, description: off, antispoof: off, liveness: off,
  },
  body: off, hand: off, object: off, gesture: off, segmentation: off, filter: off,
});
await human.load();
const { tf } = human;
const MOODS = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'];

/** The mood of a picture that is the face: its network alone, with the input that human gives it. */
async function moodOf(picture) {
  const scores = tf.tidy(() => {
    const small = tf.image.resizeBilinear(tf.div(picture, 255), [64, 64]);
    const grey = tf.sum(tf.mul(small, [0.2989, 0.587, 0.114]), 3, true);
    return human.models.models.emotion.execute(tf.mul(tf.sub(grey, 0.5), 2));
  });
  const values = await scores.data();
  tf.dispose(scores);
  return MOODS[values.indexOf(Math.max(...values))];
}

/** The mood of the largest face. */
async function look(picture) {
  const { face } = await human.detect(picture);
  face.sort((a, b) => b.box[2] * b.box[3] - a.box[2] * a.box[3]);
  return { faces: face.length, mood: face[0]?.emotion[0]?.emotion ?? null };
}

const names = process.argv.slice(2);
const cropped = names[0] === '--cropped';
for (const photo of names.slice(cropped ? 1 : 0)) {
  const { data, info } = await sharp(photo).removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const picture = tf.tensor(new Uint8Array(data), [1, info.height, info.width, info.channels], 'float32');
  const said = cropped ? { faces: 1, mood: await moodOf(picture) } : await look(picture);
  tf.dispose(picture);
  console.log(JSON.stringify({ photo, ...said }));
}
