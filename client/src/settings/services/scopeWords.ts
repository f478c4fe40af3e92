/** Return what scopes allow, in words; a scope that is not known stays as it is. */
export function scopeWords(scopes: readonly string[], words: Record<string, string>): string {
  return scopes.map((scope) => words[scope] ?? scope).join("; ");
}
