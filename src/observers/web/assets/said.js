// What the device says in its own English (a refusal, what the doctor finds, a line of the log), in the language of the
// page. Its sentences are in `said-xx.js`, a file for each language, and asked for only when they are needed.

/** Between two sentences that are said as one, the last of them first: what is wrong; what helps. */
const JOINTS = ["; ", ". ", ": "];

/** What stands in a sentence may be another one, and so on. */
const DEEPEST = 4;

const NAME = /\{\w+\}/g;
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** From a text of the device to the same in this language: none where there are no words for it. */
export async function sayer(language) {
  const sentences = (await import(`./said-${language}.js`)).default;
  const patterns = [];
  for (const [english, other] of Object.entries(sentences)) {
    const pieces = english.split(NAME);
    if (pieces.length === 1) continue;
    const names = english.match(NAME);
    const longest = pieces.reduce((one, two) => (two.length > one.length ? two : one));
    patterns.push({ names, other, longest, sure: pieces.join("").length, whole: new RegExp(`^${pieces.map(escaped).join("(.+?)")}$`, "s") });
  }
  // The more of a text is known, the surer it is.
  patterns.sort((one, two) => two.sure - one.sure);
  const known = new Map();

  function say(text, depth) {
    if (known.has(text)) return known.get(text);
    if (depth > DEEPEST) return null;
    const words = find(text, depth);
    if (known.size > 2000) known.clear();
    known.set(text, words);
    return words;
  }

  function find(text, depth) {
    if (Object.hasOwn(sentences, text)) return sentences[text];
    const inner = (part) => say(part, depth + 1) ?? part;
    // A line of the log begins with its part.
    const part = /^(\w+): (.+)$/s.exec(text);
    if (part && Object.hasOwn(sentences, part[1])) return `${sentences[part[1]]}: ${inner(part[2])}`;
    for (const { names, other, longest, whole } of patterns) {
      if (!text.includes(longest)) continue;
      const found = whole.exec(text);
      if (found) return names.reduce((words, name, place) => words.replace(name, () => inner(found[place + 1])), other);
    }
    // An error of the system has its number behind it, a line of the log has what belongs to it.
    const tail = /^(.+?)( \(os error \d+\)| \w+=.+)$/s.exec(text);
    if (tail && say(tail[1], depth + 1)) return say(tail[1], depth + 1) + tail[2];
    const section = /^(\[\w+\] )(.+)$/s.exec(text);
    if (section && say(section[2], depth + 1)) return section[1] + say(section[2], depth + 1);
    for (const joint of JOINTS) {
      for (let at = text.indexOf(joint), tries = 0; at > 0 && tries < 8; at = text.indexOf(joint, at + 1), tries += 1) {
        const [left, right] = [text.slice(0, at), text.slice(at + joint.length)];
        const behind = say(right, depth + 1);
        if (behind !== null) return inner(left) + joint + behind;
      }
    }
    return null;
  }

  return (text) => say(text, 0);
}
