// Building the page: elements whose text is always text, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element. `traits`: attributes; on*: a listener; a boolean: there or not. `content`: nodes, text, or nothing. */
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

/** One of the icons that the page brings along; says nothing to a screen reader. */
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

/** Replaces what is in `node`. */
export function fill(node, ...content) {
  node.replaceChildren();
  return append(node, content);
}

/** The title of a view, which gets the focus when one comes to it. */
export function title(text) {
  return el("h1", { tabindex: "-1" }, text);
}

/** What stands where something is being fetched. */
export function loading() {
  return el("p", { class: "muted loading" }, "Loading…");
}

/** What stands where there is nothing yet. */
export function empty(...content) {
  return el("p", { class: "empty muted" }, ...content);
}

/** A failure with a way to try again. */
export function failure(error, again) {
  return el("div", { class: "banner bad", role: "alert" }, el("p", {}, error.message), button("Try again", again));
}

let ids = 0;

export function newId(stem) {
  ids += 1;
  return `${stem}-${ids}`;
}
