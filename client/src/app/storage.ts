/** Whether the browser keeps nothing for this site: then nobody can stay signed in. */
export function isStorageBlocked(): boolean {
  try {
    localStorage.setItem("habits.probe", "1");
    localStorage.removeItem("habits.probe");
    return false;
  } catch {
    return true;
  }
}

/** Say so in plain HTML: nothing else has been loaded. */
export function tellThatStorageIsBlocked(): void {
  const isRussian = navigator.language?.startsWith("ru");
  const sentence = document.createElement("p");
  sentence.setAttribute("role", "alert");
  sentence.textContent = isRussian
    ? "Браузер не даёт этому сайту хранить данные, поэтому войти нельзя. Разрешите сайту хранить данные (cookies) и загрузите страницу снова."
    : "Your browser does not let this site store data, so you cannot sign in. Allow the site to store data (cookies), and load the page again.";
  document.getElementById("root")?.replaceChildren(sentence);
}
