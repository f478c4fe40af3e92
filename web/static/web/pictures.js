// The API's pictures: fetched as the person, shown as an image with the text alternative that they bring along.

import { el, failure, fill } from "./dom.js";

/** A place for the SVG that `fetchSvg()` answers; calls `arrived` once it stands there, or something instead of it. */
export function picture(fetchSvg, arrived = () => {}) {
  const place = el("div", { class: "picture" });
  const load = async () => {
    try {
      const svg = await fetchSvg();
      const bare = svg.replaceAll(/<style>[^]*?<\/style>/g, ""); // the page's policy lets no style into what it parses itself
      const alternative = new DOMParser().parseFromString(bare, "image/svg+xml");
      const text = ["title", "desc"].map((name) => alternative.querySelector(name)?.textContent ?? "").join(". ");
      const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
      const free = () => URL.revokeObjectURL(address);
      fill(place, el("img", { src: address, alt: text, onload: free, onerror: free }));
    } catch (error) {
      if (!error.errors) throw error;
      fill(place, failure(error, load));
    }
    arrived();
    arrived = () => {};
  };
  load();
  return place;
}
