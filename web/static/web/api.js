// API requests of the signed-in user. If the access token has expired, it is refreshed and the request is repeated once.

import { send } from "./http.js";
import { limits } from "./limits.js";
import { accessToken, freshAccess } from "./session.js";

export const api = {
  get: (path) => call("GET", path),
  post: (path, body) => call("POST", path, body),
  put: (path, body) => call("PUT", path, body),
  patch: (path, body) => call("PATCH", path, body),
  delete: (path, body) => call("DELETE", path, body),

  /** Return all results of a list, from all pages. `path` has no query. */
  async all(path, query = {}) {
    const found = [];
    for (let page = 1; ; page += 1) {
      const answer = await call("GET", withQuery(path, { ...query, page, page_size: limits.page.max_size }));
      found.push(...answer.results);
      if (!answer.next) return found;
    }
  },

  /** Return a picture as SVG text. */
  picture: (path, query = {}) => call("GET", withQuery(path, query), undefined, "image/svg+xml"),

  /** Return one page of a list: {count, next, previous, results}. */
  page: (path, query) => call("GET", withQuery(path, query)),
};

async function call(method, path, body, accept) {
  const access = accessToken() ?? (await freshAccess(null));
  try {
    return await send(method, path, body, access, accept);
  } catch (error) {
    if (error.status !== 401) throw error;
    return send(method, path, body, await freshAccess(access), accept);
  }
}

function withQuery(path, query) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value != null);
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}
