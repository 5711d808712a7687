export type { Caller, CallerLimits, Reach, Role } from './access/caller.ts';
export { mayActAs, mayJoin, openCaller, reaches, readableSince, roles } from './access/caller.ts';
export { AccessConfig, loadAccessConfigOrExit } from './access/config.ts';
export type { TokenClaims } from './access/development-issuer.ts';
export { DevelopmentIssuer } from './access/development-issuer.ts';
export { purposeForm, purposePattern, visibleForm, visiblePattern } from './access/forms.ts';
export { InvalidTokenError, IssuerUnavailableError } from './access/errors.ts';
export type { DaysByRole } from './access/read-days.ts';
export { readDaysByRole } from './access/read-days.ts';
export { TokenVerifier } from './access/token-verifier.ts';
export { loadKeysConfig } from './keys/config.ts';
export type { DataKey } from './keys/data-key.ts';
export { BlindIndex } from './blind-index.ts';
export { DataKeys, erased } from './keys/data-keys.ts';
export { destroyOld } from './keys/destroy-old.ts';
export { KeyStoreUnavailableError, PartnerErasedError, UnknownKeyError } from './keys/errors.ts';
export type { Erasure, KeyStore, StoredKey } from './keys/key-store.ts';
export type { MasterKeys } from './keys/master-keys.ts';
export { readKeyFile, withNewKey } from './keys/key-file.ts';
export { openKeyStore, pathOf } from './keys/open-key-store.ts';
export { openMasterKeys } from './keys/open-master-keys.ts';
export { rewrap } from './keys/rewrap.ts';
export { KEY_STORE, PrivacyModule } from './privacy.module.ts';
export type { Place } from './seal/seal.ts';
export {
  BrokenSealError,
  countIn,
  erasedText,
  erasedTogether,
  erasedValue,
  keyIdOf,
  open,
  openText,
  openTogether,
  seal,
  sealObjectText,
  sealTogether,
  typesIn,
} from './seal/seal.ts';
export type { PersonalType } from './recognise/found.ts';
export { personalTypes } from './recognise/found.ts';
export { stemOf, tokenOf, typeOfToken } from './tokens/token.ts';
export type { Token } from './tokens/tokenise.ts';
export { tokenise } from './tokens/tokenise.ts';
export { loadRetentionConfig, RetentionConfig, retentionConfigProvider } from './retention/config.ts';
