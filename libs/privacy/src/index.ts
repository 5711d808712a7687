export type { Caller, CallerLimits, Reach, Role } from './access/caller.ts';
export { openCaller, reaches, roles } from './access/caller.ts';
export type { DataKey } from './keys/data-key.ts';
export { dataKey } from './keys/data-key.ts';
export { DataKeys, erased } from './keys/data-keys.ts';
export { KeyStoreUnavailableError, UnknownKeyError } from './keys/errors.ts';
export type { Erasure, KeyStore, StoredKey } from './keys/key-store.ts';
export type { MasterKeys, WrapContext } from './keys/master-keys.ts';
export type { Place } from './seal/seal.ts';
export { BrokenSealError, erasedValue, keyIdOf, open, seal } from './seal/seal.ts';
export {
  loadRetentionConfig,
  loadRetentionConfigOrExit,
  RetentionConfig,
  retentionConfigProvider,
} from './retention/config.ts';
