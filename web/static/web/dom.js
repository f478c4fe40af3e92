// Helpers that build DOM elements. Text is always inserted as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/** Return an element. `traits`: attributes and on* listeners; `content`: nodes, text or null. */
export function el(name, traits = {}, ...content) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(traits)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "value") node.value = value;
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  append(node, content);
  return node;
}

export function append(node, content) {
  node.append(...content.flat(3).filter((part) => part !== null && part !== undefined && part !== false));
  return node;
}

/** Return an icon of the page, hidden from screen readers. */
export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  picture.append(use);
  return picture;
}

export function button(text, onclick, traits = {}) {
  return el("button", { type: "button", onclick, ...traits }, text);
}

/** Replace the content of `node`. */
export function fill(node, ...content) {
  node.replaceChildren();
  return append(node, content);
}

/** Return the heading of a view. It gets the focus when the view opens. */
export function title(text) {
  return el("h1", { tabindex: "-1" }, text);
}

/** Return a placeholder for content that is being loaded. */
export function loading() {
  return el("p", { class: "muted loading" }, "Loading…");
}

/** Return a placeholder for an empty list. */
export function empty(...content) {
  return el("p", { class: "empty muted" }, ...content);
}

/** Return an error message with a button that tries again. */
export function failure(error, again) {
  return el("div", { class: "banner bad", role: "alert" }, el("p", {}, error.message), button("Try again", again));
}

let ids = 0;

export function newId(stem) {
  ids += 1;
  return `${stem}-${ids}`;
}
