import { pageNonce } from "../shared/api/site";

// Dialogs and menus keep the page from scrolling by a style element of another library, which takes its nonce from here.
(globalThis as { __webpack_nonce__?: string }).__webpack_nonce__ = pageNonce();
