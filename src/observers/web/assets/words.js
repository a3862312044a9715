// The languages of the page. A new one is a file `words-xx.js` beside this.

import en from "./words-en.js";

export const words = { en };

/** Brings the words of a language. What cannot be had is said in English. */
export async function bring(code) {
  if (words[code]) return;
  try {
    words[code] = (await import(`./words-${code}.js`)).default;
  } catch {
    words[code] = en;
  }
}
