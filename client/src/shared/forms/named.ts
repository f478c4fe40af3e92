/** Return the label of a field, and a name of its own where several such fields are on a screen. `of`: whose it is. */
export function named(label: string, of = ""): { label: string; "aria-label"?: string } {
  return of ? { label, "aria-label": `${label}: ${of}` } : { label };
}
