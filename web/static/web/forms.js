// Forms: labelled controls, and API errors shown next to their fields.

import { el, fill, newId } from "./dom.js";
import { ApiError } from "./http.js";
import { limits } from "./limits.js";

/** Return a labelled control. `name` is the field's name in the API, which its errors refer to. */
export function field(label, name, control, hint) {
  const id = newId(name);
  const described = [];
  const notes = [];
  if (hint) {
    described.push(`${id}-hint`);
    notes.push(el("p", { class: "hint", id: `${id}-hint` }, hint));
  }
  described.push(`${id}-error`);
  control.id = id;
  control.name ||= name;
  control.setAttribute("aria-describedby", described.join(" "));
  return el(
    "div",
    { class: "field", "data-field": name },
    el("label", { for: id }, label),
    control,
    notes,
    el("p", { class: "error", id: `${id}-error` }),
  );
}

/** Return several controls under one legend, as one field. */
export function group(legend, name, controls, hint) {
  const id = newId(name);
  return el(
    "fieldset",
    { class: "field group", "data-field": name, "aria-describedby": `${id}-error` },
    el("legend", {}, legend),
    el("div", { class: "choices" }, controls),
    hint ? el("p", { class: "hint" }, hint) : null,
    el("p", { class: "error", id: `${id}-error` }),
  );
}

/** Return a checkbox or radio button inside its label. */
export function choice(label, type, traits, look = "choice") {
  return el("label", { class: look }, el("input", { type, ...traits }), el("span", {}, label));
}

export function input(type, traits = {}) {
  return el("input", { type, ...traits });
}

export function select(options, chosen, traits = {}) {
  const list = el(
    "select",
    traits,
    options.map(([value, text]) => el("option", { value }, text)),
  );
  list.value = chosen ?? "";
  return list;
}

/** Return a form that calls `submit(form)` and shows the ApiError it throws. A second submit while it runs is ignored. */
export function form(traits, submit, ...content) {
  const alert = el("div", { class: "form-error", role: "alert" });
  let busy = false;
  const node = el("form", { novalidate: true, ...traits }, alert, ...content);
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    node.setAttribute("aria-busy", "true");
    clearErrors(node);
    try {
      complete(node);
      await submit(node);
    } catch (error) {
      if (!error.errors) throw error;
      showErrors(node, error);
    } finally {
      busy = false;
      node.removeAttribute("aria-busy");
    }
  });
  return node;
}

/** Throw for an incomplete number, date or time, which the browser would send as empty. */
function complete(node) {
  const half = [...node.querySelectorAll("input")].filter((control) => control.validity.badInput && !control.closest("[hidden]"));
  const errors = half.map(({ name }) => ({ code: "invalid", detail: "Complete this field, or leave it empty.", attr: name }));
  if (errors.length) throw new ApiError(400, errors);
}

export function clearErrors(node) {
  fill(node.querySelector(".form-error"));
  for (const place of node.querySelectorAll("[data-field]")) {
    place.classList.remove("invalid");
    fill(place.querySelector(".error"));
    for (const control of controls(place)) control.removeAttribute("aria-invalid");
  }
}

/** Show each error at its field and the others above the form, followed by `extra`. Focus the first field with an error. */
export function showErrors(node, error, extra = null) {
  const rest = [];
  let first = null;
  for (const { detail, attr } of error.errors) {
    const place = attr && node.querySelector(`[data-field="${CSS.escape(attr.split(".")[0])}"]`);
    if (!place || place.hidden || place.closest("[hidden]")) {
      rest.push(attr ? `${attr.replaceAll("_", " ")}: ${detail}` : detail);
      continue;
    }
    place.classList.add("invalid");
    place.querySelector(".error").append(el("span", {}, detail));
    const own = controls(place);
    for (const control of own) control.setAttribute("aria-invalid", "true");
    first ??= own[0];
  }
  if (rest.length || extra) {
    fill(node.querySelector(".form-error"), rest.map((text) => el("p", {}, text)), extra);
    node.querySelector(".form-error").scrollIntoView({ block: "nearest" });
  }
  first?.focus();
}

function controls(place) {
  return [...place.querySelectorAll("input, select, textarea")];
}

/** Return a password field with a Show button. */
export function password(label, name, traits, hint) {
  const control = input("password", { maxlength: limits.account.password_length.max, ...traits });
  const place = field(label, name, control, hint);
  const show = el("button", { type: "button", class: "quiet show", "aria-pressed": "false" }, "Show");
  show.setAttribute("aria-label", `Show ${label.toLowerCase()}`);
  show.addEventListener("click", () => {
    const hidden = control.type === "password";
    control.type = hidden ? "text" : "password";
    show.setAttribute("aria-pressed", String(hidden));
    show.textContent = hidden ? "Hide" : "Show";
  });
  const box = el("div", { class: "with-button" });
  control.replaceWith(box);
  box.append(control, show);
  return place;
}
