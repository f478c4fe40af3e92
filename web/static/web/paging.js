// Lists with pages.

import { button, el, failure, fill, loading } from "./dom.js";

const SIZE = 10;

/**
 * Fill `place` with a list: `fetchPage({page, page_size})` loads a page, `draw(results, count)` renders it.
 * Return a function that shows a page, or reloads the current one.
 */
export function paged(place, name, fetchPage, draw) {
  let current = 1;
  let latest = 0;
  const show = async (page = current, { focus = false } = {}) => {
    current = Math.max(1, page);
    latest += 1;
    const asked = latest;
    if (!place.firstChild) fill(place, loading());
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetchPage({ page: current, page_size: SIZE });
      if (asked !== latest) return;
      fill(place, draw(answer.results, answer.count), pager(answer.count));
      if (focus) place.querySelector("h2, h3, li")?.scrollIntoView({ block: "nearest" });
    } catch (error) {
      if (asked !== latest) return;
      // The last item of the page was removed, so the page no longer exists.
      if (error.status === 404 && current > 1) return show(current - 1);
      if (!error.errors) throw error;
      fill(place, failure(error, () => show(current)));
    } finally {
      if (asked === latest) place.removeAttribute("aria-busy");
    }
  };
  return show;

  function pager(count) {
    const pages = Math.ceil(count / SIZE);
    if (pages < 2) return null;
    const turn = (page) => async () => {
      await show(page, { focus: true });
      place.querySelector(".pager [aria-current]")?.focus();
    };
    return el(
      "nav",
      { class: "pager", "aria-label": `Pages of ${name}` },
      button("← Previous", turn(current - 1), { disabled: current === 1 }),
      el("span", { tabindex: "-1", "aria-current": "page" }, `Page ${current} of ${pages}`),
      button("Next →", turn(current + 1), { disabled: current >= pages }),
    );
  }
}
