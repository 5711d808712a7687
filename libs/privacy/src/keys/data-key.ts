import type { KeyObject } from 'node:crypto';
import { createSecretKey, hkdfSync } from 'node:crypto';

/** The unwrapped key of a partner, with a derived key for each use. Never logged, never stored. */
export interface DataKey {
  /** A random UUID, unrelated to the partner. */
  readonly id: string;
  readonly partner_id: string;
  /** AES-256-GCM. */
  readonly encryption: KeyObject;
  /** HMAC key for the values of tokens. */
  readonly tokens: KeyObject;
  /** HMAC key for message ids, command ids and hashes of bodies. */
  readonly identifiers: KeyObject;
}

/** @param secret 32 random bytes */
export function dataKey(id: string, partner_id: string, secret: Uint8Array): DataKey {
  const derive = (use: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `turnstream ${use}`, 32)));
  return {
    id,
    partner_id,
    encryption: derive('encryption'),
    tokens: derive('tokens'),
    identifiers: derive('identifiers'),
  };
}
