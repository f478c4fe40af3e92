// Pictures of the API: fetched with the access token and shown as images with the alternative text in the SVG.

import { el, failure, fill } from "./dom.js";

/** Return a container for the SVG that `fetchSvg()` loads. Calls `arrived` when the picture or an error is shown. */
export function picture(fetchSvg, arrived = () => {}) {
  const place = el("div", { class: "picture" });
  const load = async () => {
    try {
      const svg = await fetchSvg();
      const bare = svg.replaceAll(/<style>[^]*?<\/style>/g, ""); // the content security policy forbids inline styles in parsed documents
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
