/** What wraps data keys. The context (the partner's id and the key's) is authenticated: a wrapped key cannot be moved. */
export interface MasterKeys {
  /** The id of the master key that wraps new data keys. */
  readonly currentId: string;
  wrap(secret: Uint8Array, context: WrapContext): Promise<{ master_key_id: string; ciphertext: Uint8Array }>;
  unwrap(
    wrapped: { readonly master_key_id: string; readonly ciphertext: Uint8Array },
    context: WrapContext,
  ): Promise<Uint8Array>;
}

export interface WrapContext {
  readonly partner_id: string;
  readonly key_id: string;
}
