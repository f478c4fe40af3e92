/** Whether this browser can keep passkeys, and speaks the JSON of the API. Only pages with https or on localhost can. */
export function hasPasskeys(): boolean {
  return typeof PublicKeyCredential === "function" && "parseRequestOptionsFromJSON" in PublicKeyCredential;
}
