export type { Caller, CallerLimits, Reach, Role } from './access/caller.ts';
export { openCaller, reaches, roles } from './access/caller.ts';
export { KeysConfig, loadKeysConfig } from './keys/config.ts';
export type { DataKey } from './keys/data-key.ts';
export { BlindIndex, indexPartner } from './blind-index.ts';
export { dataKey } from './keys/data-key.ts';
export { DataKeys, erased } from './keys/data-keys.ts';
export { KeyStoreUnavailableError, UnknownKeyError } from './keys/errors.ts';
export type { Erasure, KeyCounts, KeyStore, StoredKey, WrappedKey } from './keys/key-store.ts';
export type { MasterKeys, WrapContext } from './keys/master-keys.ts';
export { readKeyFile, withNewKey } from './keys/key-file.ts';
export { openKeyStore, pathOf } from './keys/open-key-store.ts';
export { openMasterKeys } from './keys/open-master-keys.ts';
export { rewrap } from './keys/rewrap.ts';
export { KEY_STORE, MASTER_KEYS, PrivacyModule } from './privacy.module.ts';
export type { Place } from './seal/seal.ts';
export { BrokenSealError, erasedValue, keyIdOf, open, openText, seal, sealObjectText } from './seal/seal.ts';
export {
  loadRetentionConfig,
  loadRetentionConfigOrExit,
  RetentionConfig,
  retentionConfigProvider,
} from './retention/config.ts';
