import type { KeyObject } from 'node:crypto';
import { createSecretKey, hkdfSync } from 'node:crypto';

/** The unwrapped key of a partner, with those that derive from it, one for each use. Never logged, never stored. */
export interface DataKey {
  /** A random UUID: says nothing of the partner. */
  readonly id: string;
  readonly partner_id: string;
  /** AES-256-GCM. */
  readonly encryption: KeyObject;
  /** HMAC of the values that tokens stand for. */
  readonly tokens: KeyObject;
  /** HMAC of message ids, command ids and hashes of bodies. */
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
