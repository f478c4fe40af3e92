const KEY = "habits.mailed";

/** Remember, over a reload, the address that a mail was sent to. */
export function rememberMailedTo(email: string): void {
  sessionStorage.setItem(KEY, email);
}

export function mailedTo(): string {
  return sessionStorage.getItem(KEY) ?? "";
}
