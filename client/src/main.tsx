import { begin } from "./app/before";
import { isStorageBlocked, tellThatStorageIsBlocked } from "./app/storage";

document.getElementById("unsupported")?.remove();

if (isStorageBlocked()) tellThatStorageIsBlocked();
else {
  const texts = begin();
  void import("./app/start").then(({ start }) => start(texts));
}
