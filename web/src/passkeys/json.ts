/**
 * Options and answers of passkeys as JSON, bytes as base64url: what newer browsers do themselves, for those
 * of 2021 too (WebAuthn level 3, § 5.1.8 to 5.1.10).
 */

interface Descriptor {
  readonly id: string;
}

interface Options {
  readonly challenge: string;
  readonly excludeCredentials?: readonly Descriptor[];
  readonly allowCredentials?: readonly Descriptor[];
  readonly user?: { readonly id: string };
}

export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (one) => one.charCodeAt(0));
}

export function fromBytes(buffer: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(buffer), (one) => String.fromCharCode(one)).join("");
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** What the server wrote for `navigator.credentials.create`. */
export function creationOptions(text: string): PublicKeyCredentialCreationOptions {
  const found = parsed(text);
  return {
    ...(found as unknown as PublicKeyCredentialCreationOptions),
    challenge: toBytes(found.challenge),
    user: { ...(found.user as unknown as PublicKeyCredentialUserEntity), id: toBytes(found.user?.id ?? "") },
    excludeCredentials: descriptors(found.excludeCredentials),
  };
}

/** What the server wrote for `navigator.credentials.get`. */
export function requestOptions(text: string): PublicKeyCredentialRequestOptions {
  const found = parsed(text);
  return {
    ...(found as unknown as PublicKeyCredentialRequestOptions),
    challenge: toBytes(found.challenge),
    allowCredentials: descriptors(found.allowCredentials),
  };
}

/** A new passkey, or what one signed, as the server reads it. */
export function answer(credential: PublicKeyCredential): string {
  const { response } = credential;
  const said: Record<string, string> = { clientDataJSON: fromBytes(response.clientDataJSON) };
  if ("attestationObject" in response) {
    said["attestationObject"] = fromBytes((response as AuthenticatorAttestationResponse).attestationObject);
  } else {
    const { authenticatorData, signature, userHandle } = response as AuthenticatorAssertionResponse;
    said["authenticatorData"] = fromBytes(authenticatorData);
    said["signature"] = fromBytes(signature);
    if (userHandle) said["userHandle"] = fromBytes(userHandle);
  }
  const id = fromBytes(credential.rawId);
  return JSON.stringify({ id, rawId: id, type: credential.type, response: said, clientExtensionResults: {} });
}

function parsed(text: string): Options {
  return (JSON.parse(text) as { publicKey: Options }).publicKey;
}

function descriptors(found: readonly Descriptor[] | undefined): PublicKeyCredentialDescriptor[] {
  return (found ?? []).map((one) => ({ type: "public-key", id: toBytes(one.id) }));
}
