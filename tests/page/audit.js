// What a person with a screen reader, a keyboard or weak eyes would stumble over. Returns a list of it.
() => {
  const found = [];
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility !== "hidden";
  };
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
  const told = (element) => element.outerHTML.slice(0, 120);
  const byId = (ids) => ids.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim();
  const named = (element) =>
    element.getAttribute("aria-label") || byId(element.getAttribute("aria-labelledby") ?? "") ||
    [...(element.labels ?? [])].map((label) => label.textContent).join(" ").trim() ||
    (["BUTTON", "A"].includes(element.tagName) &&
      (element.textContent.trim() || [...element.querySelectorAll("img")].map((image) => image.alt).join(""))) ||
    element.title;

  if (!document.documentElement.lang) found.push("the page does not say its language");
  if (!document.title) found.push("the page has no title");
  for (const one of ["main", "h1"]) if (all(one).length !== 1) found.push(`${all(one).length} of ${one}`);
  for (const element of all("button, a[href], input, select, textarea")) if (!named(element)) found.push(`no name: ${told(element)}`);
  for (const image of document.querySelectorAll("img")) if (!image.hasAttribute("alt")) found.push(`no alt: ${told(image)}`);
  for (const picture of all("svg")) {
    if (!picture.closest("[aria-hidden=true]") && !picture.getAttribute("aria-label")) found.push(`no label: ${told(picture)}`);
  }
  for (const group of all("section")) {
    if (!named(group) && !group.querySelector("h2, h3")) found.push(`a section without name or heading: ${told(group)}`);
  }
  for (const cell of all("th")) if (!cell.scope) found.push(`a heading of a table without scope: ${told(cell)}`);
  for (const element of all("[tabindex]")) if (element.tabIndex > 0) found.push(`out of the order: ${told(element)}`);
  for (const element of all("pre, .scroll")) {
    if (element.scrollHeight > element.clientHeight + 1 && element.tabIndex < 0) found.push(`cannot be scrolled by keyboard: ${told(element)}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push(`twice: #${id}`);
  for (const attribute of ["aria-describedby", "aria-labelledby", "for"]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(/\s+/)) if (!document.getElementById(id)) found.push(`${attribute} names nothing: ${told(element)}`);
    }
  }
  let level = 0;
  for (const heading of all("h1, h2, h3, h4")) {
    const now = Number(heading.tagName[1]);
    if (level && now > level + 1) found.push(`from h${level} to h${now}: ${told(heading)}`);
    level = now;
  }

  // Contrast, as WCAG 2.2 counts it: 4.5, for large letters 3.
  const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (text, under) => {
    canvas.fillStyle = under;
    canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;
  const luminance = (rgb) => { const [r, g, b] = rgb.map((value) => channel(value / 255)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (element) => {
    const above = [];
    for (let at = element; at; at = at.parentElement) above.unshift(getComputedStyle(at).backgroundColor);
    return above.reduce((under, over) => css(colour(over, under)), "white");
  };
  const faint = (element) => { for (let at = element; at; at = at.parentElement) if (Number(getComputedStyle(at).opacity) < 1) return true; return false; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !seen(element) || element.closest("svg, option, noscript, .unseen, .skip, [disabled]") || faint(element)) continue;
    const style = getComputedStyle(element);
    const under = ground(element);
    const [a, b] = [luminance(colour(style.color, under)), luminance(colour(under, "white"))].sort((one, two) => two - one);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(`contrast ${ratio.toFixed(2)}: ${told(element)}`);
  }
  for (const element of all("button, select, input:not([type=checkbox])")) {
    const box = element.getBoundingClientRect();
    if (!element.classList.contains("unseen") && (box.width < 24 || box.height < 24)) found.push(`too small for a finger: ${told(element)}`);
  }
  return found;
}
