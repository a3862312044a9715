// A Markdown text as elements of the page. They are made one by one and never from markup, so that nothing
// in the text can become more than text: HTML in it stands there as it was written.

import { h } from "./parts.js";

const RULE = /^ {0,3}([-*_])( *\1){2,} *$/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])( +|$)/;
const HEADING = /^ {0,3}(#{1,6}) +(.*?)( +#+)? *$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const QUOTE = /^ {0,3}> ?/;
const TABLE = /^ *\|?( *:?-+:? *\|)+( *:?-+:? *\|?)? *$/;
// A backslash, code, a picture, a link, an address in brackets, strong, stressed.
const INLINE = /\\([!-/:-@[-`{-~])|(`+)(.+?)\2(?!`)|!\[([^\]]*)\]\(([^)\s]*)[^)]*\)|\[([^\]]+)\]\(([^)\s]*)[^)]*\)|<(https?:[^>\s]+)>|(\*\*|__)(?=\S)(.+?)\9|\*(?=\S)([^*]+)(?<=\S)\*|_(?=\S)([^_]+)(?<=\S)_(?!\w)/s;
const NUMBER = /^[-+]?[\d.,]+( ?(%|ms|MB|kB|M))?$/;

/** Where a link may lead: to other sites, never to a script. */
const link = (words, to) => (/^(https?|mailto):/.test(to) ? h("a", { href: to, rel: "noreferrer", target: "_blank" }, ...words) : h("span", {}, ...words));

function inline(text, picture) {
  const parts = [];
  for (let rest = text; rest;) {
    const found = INLINE.exec(rest);
    // An underscore within a word is a part of the word.
    if (!found || (found[12] !== undefined && /\w$/.test(rest.slice(0, found.index)))) {
      const end = found ? found.index + 1 : rest.length;
      parts.push(rest.slice(0, end));
      rest = rest.slice(end);
      continue;
    }
    parts.push(rest.slice(0, found.index));
    const [all, escaped, , code, alt, source, words, to, address, , strong, stressed = found[12]] = found;
    const shown = source === undefined ? null : picture(source);
    if (escaped) parts.push(escaped);
    else if (code !== undefined) parts.push(h("code", {}, code.replace(/^ (.+) $/, "$1")));
    // A picture that is not ours to show leaves its words behind.
    else if (source !== undefined) parts.push(shown ? h("img", { src: shown, alt, loading: "lazy" }) : alt);
    else if (words !== undefined) parts.push(link(inline(words, picture), to));
    else if (address) parts.push(link([address], address));
    else if (strong !== undefined) parts.push(h("strong", {}, ...inline(strong, picture)));
    else parts.push(h("em", {}, ...inline(stressed, picture)));
    rest = rest.slice(found.index + all.length);
  }
  return parts;
}

const cells = (row) => row.trim().replace(/^\||(?<!\\)\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));

function table([head, , ...rows], name, picture) {
  const titles = cells(head);
  const body = rows.map(cells);
  const number = (at) => (NUMBER.test(body[0]?.[at] ?? "") ? "number" : null);
  const box = h("div", { class: "scroll", role: "region", "aria-label": name },
    h("table", {},
      h("thead", {}, h("tr", {}, ...titles.map((title, at) => title ? h("th", { scope: "col", class: number(at) }, ...inline(title, picture)) : h("td")))),
      h("tbody", {}, ...body.map((row) => h("tr", {}, ...titles.map((_, at) => h("td", { class: number(at) }, ...inline(row[at] ?? "", picture))))))));
  // What is wider than the screen has to be reached by keyboard, and nothing else is a stop on its way.
  new ResizeObserver(() => box.toggleAttribute("tabindex", box.scrollWidth > box.clientWidth) && (box.tabIndex = 0)).observe(box);
  return box;
}

/**
 * The elements of a text. Its first heading becomes one of `level`, and no heading skips a level.
 * `picture` gives the address of a picture by its name in the text, or nothing if it is not to be shown.
 */
export function markdown(text, { level = 2, name = "", picture = () => null } = {}) {
  const lines = text.replaceAll("\r\n", "\n").replaceAll("\t", "    ").split("\n");
  const made = [];
  let [at, top, above] = [0, 0, level - 1];
  /** The lines from here for as long as they belong together. */
  const take = (belongs) => {
    const from = at;
    do at += 1; while (at < lines.length && belongs(lines[at], at));
    return lines.slice(from, at);
  };
  const isTable = (at) => lines[at].includes("|") && TABLE.test(lines[at + 1] ?? "") && cells(lines[at]).length === cells(lines[at + 1]).length;
  const begins = (line, at) => !line.trim() || HEADING.test(line) || FENCE.test(line) || QUOTE.test(line) || RULE.test(line) || ITEM.test(line) || isTable(at);
  const within = (inner) => markdown(inner.join("\n"), { level: Math.min(above + 1, 6), name, picture });
  while (at < lines.length) {
    const line = lines[at];
    const heading = HEADING.exec(line);
    const fence = FENCE.exec(line);
    if (!line.trim()) at += 1;
    else if (heading) {
      top ||= heading[1].length;
      above = Math.min(6, above + 1, Math.max(level, level + heading[1].length - top));
      name = heading[2];
      made.push(h(`h${above}`, {}, ...inline(heading[2], picture)));
      at += 1;
    } else if (fence) {
      const inner = take((next) => !next.trim().startsWith(fence[1])).slice(1);
      at += 1;
      made.push(h("pre", { tabIndex: 0 }, inner.join("\n")));
    } else if (RULE.test(line)) {
      at += 1;
      made.push(h("hr"));
    } else if (QUOTE.test(line)) {
      made.push(h("blockquote", {}, ...within(take((next, at) => next.trim() && (QUOTE.test(next) || !begins(next, at))).map((one) => one.replace(QUOTE, "")))));
    } else if (ITEM.test(line)) {
      const [, indent, mark] = ITEM.exec(line);
      const sibling = (next) => ITEM.exec(next)?.[1].length === indent.length && /\d/.test(ITEM.exec(next)[2]) === /\d/.test(mark);
      const items = [];
      while (at < lines.length && sibling(lines[at]) && !RULE.test(lines[at])) {
        const wide = ITEM.exec(lines[at])[0].length;
        // What is indented belongs to the item, and so does a line that merely goes on.
        const inner = take((next, at) => (next.trim() ? next.search(/\S/) >= indent.length + 2 || (lines[at - 1].trim() && !begins(next, at)) : (lines[at + 1] ?? "").search(/\S/) >= indent.length + 2));
        const content = within(inner.map((one, at) => one.slice(Math.min(wide, at ? Math.max(0, one.search(/\S/)) : wide))));
        // A single paragraph needs no box of its own.
        items.push(h("li", {}, ...(content[0]?.tagName === "P" ? [...content.shift().childNodes] : []), ...content));
        while (at < lines.length && !lines[at].trim() && sibling(lines[at + 1] ?? "")) at += 1;
      }
      made.push(h(/\d/.test(mark) ? "ol" : "ul", {}, ...items));
    } else if (isTable(at)) made.push(table(take((next) => next.trim() && next.includes("|")), name, picture));
    else made.push(h("p", {}, ...inline(take((next, at) => !begins(next, at)).map((one) => one.trim()).join("\n"), picture)));
  }
  return made;
}
