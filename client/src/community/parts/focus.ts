/** Focus the screen's title, after what had the focus is gone. */
export function focusTitle(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true }));
}
