import type { DataKeys } from '#privacy';

/** The keys of KEYSTORE_URL, for programs; undefined: nothing is encrypted. */
export function openDataKeys(): DataKeys | undefined {
  return undefined;
}
