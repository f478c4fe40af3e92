const { root, home } = document.documentElement.dataset;

/** The path of the service, with a slash at its end: it may live below a path. */
export const ROOT = root ?? "/";

/** The path below which the screens are: that of the service, or of its Mini App. */
export const HOME = home ?? ROOT;

/** Whether Telegram shows this page, as the Mini App of the bot. */
export const IN_TELEGRAM = HOME !== ROOT;

/** The path of the screens without the last slash, as the router takes it. */
export const BASENAME = HOME.replace(/\/$/, "");

/** The nonce of this page's policy; style elements without it have no effect. */
export function pageNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
}
