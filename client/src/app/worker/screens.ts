/** Return whether an address is one of the client's screens. `scope`: the client's own address, with a slash at its end. */
export function screenOf(address: string, scope: string, screens: readonly string[]): boolean {
  const { origin, pathname } = new URL(address);
  const root = new URL(scope);
  if (origin !== root.origin || !pathname.startsWith(root.pathname)) return false;
  const [first] = pathname.slice(root.pathname.length).split("/");
  return first === "" || screens.includes(first ?? "");
}
