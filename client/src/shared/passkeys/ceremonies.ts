// What the browser does with passkeys: making one, and signing by one.
import { clientError } from "../api/ApiError";
import { answered, api } from "../api/client";
import { post, postNothing } from "../api/plain";
import { keepProof } from "../api/proof";
import { replaceBy } from "../api/session";
import type { Schema } from "../api/types";

/** Sign in by a passkey that the person chooses. Throws ApiError. */
export async function signInByPasskey(): Promise<void> {
  const credential = await sign(await postNothing("/token/passkey/begin/"));
  await replaceBy(() => post("/token/passkey/", { credential }));
}

/** Add a passkey that this device, or another one beside it, makes. `password`: the one of now. Throws ApiError. */
export async function addPasskey(name: string, password: string): Promise<void> {
  const { options } = await answered(api.POST("/passkeys/begin/", { body: { password } }));
  const credential = await make(options);
  await answered(api.POST("/passkeys/", { body: { name, credential } }));
}

/** Keep the proof of a signature by one of the person's passkeys, in place of a password. Throws ApiError. */
export async function proveByPasskey(): Promise<void> {
  const credential = await sign(await answered(api.POST("/passkeys/proof/begin/")));
  const { proof } = await answered(api.POST("/passkeys/proof/", { body: { credential } }));
  keepProof(proof);
}

async function make(options: unknown): Promise<Schema<"MadeCredential">> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as PublicKeyCredentialCreationOptionsJSON,
  );
  return given(navigator.credentials.create({ publicKey }));
}

async function sign({ options }: { options: unknown }): Promise<Schema<"SignedCredential">> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as PublicKeyCredentialRequestOptionsJSON,
  );
  return given(navigator.credentials.get({ publicKey }));
}

/** Return the credential as JSON. A browser does not say whether its person refused or had none; both are one error. */
async function given<Shape>(asked: Promise<Credential | null>): Promise<Shape> {
  try {
    return ((await asked) as PublicKeyCredential).toJSON() as Shape;
  } catch (error) {
    const isThere = error instanceof DOMException && error.name === "InvalidStateError";
    throw clientError(400, isThere ? "passkey_known" : "no_passkey_used");
  }
}
