import { begin } from "./app/before";
import { followHashAddress } from "./app/hashes";
import { isStorageBlocked, tellThatStorageIsBlocked } from "./app/storage";

document.getElementById("unsupported")?.remove();

if (isStorageBlocked()) tellThatStorageIsBlocked();
else {
  followHashAddress();
  const texts = begin();
  void import("./app/start").then(({ start }) => start(texts));
}
