// Runs while the rest of the page is still on its way: what has to be known first is asked for at once, so that a slow
// link carries both at the same time.

{
  const ask = (path) => fetch(path, { credentials: "same-origin", cache: "no-store" }).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
  // What goes on now comes with it, for whoever may see it: one way there and back less.
  globalThis.early = ask("/api/session");
}
