// The proof that another service has signed the person in just now. It stands for the password of an account without one.

const LIFETIME = 5 * 60_000 - 15_000; // milliseconds: the server takes it for five minutes

let proof: string | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

export function keepProof(given: string | null): void {
  clearTimeout(timer);
  proof = given;
  if (given) timer = setTimeout(() => keepProof(null), LIFETIME);
  for (const listener of listeners) listener();
}

export function currentProof(): string | null {
  return proof;
}

/** Call `listener` when there is another proof, or none any more. Return how to stop that. */
export function onProofChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
