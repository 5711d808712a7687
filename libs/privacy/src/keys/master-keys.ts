import type { WrappedKey } from './key-store.ts';

/** Wraps data keys. The context (the partner's id and the key's) is authenticated: a wrapped key cannot be moved. */
export interface MasterKeys {
  /** The id of the master key that wraps new data keys. @throws KeyStoreUnavailableError */
  current(): Promise<string>;
  /** @throws KeyStoreUnavailableError */
  wrap(secret: Uint8Array, context: WrapContext): Promise<WrappedKey>;
  /** @throws UnknownKeyError when it was changed, or wrapped for another context; KeyStoreUnavailableError */
  unwrap(wrapped: WrappedKey, context: WrapContext): Promise<Uint8Array>;
  close?(): void;
}

export interface WrapContext {
  readonly partner_id: string;
  readonly key_id: string;
}
