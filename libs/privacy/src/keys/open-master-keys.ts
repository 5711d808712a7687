import { FileMasterKeys } from './key-file.ts';
import { KmsMasterKeys } from './kms.ts';
import type { MasterKeys } from './master-keys.ts';
import { pathOf } from './open-key-store.ts';

const kms = 'aws-kms:';

/** The master keys at `file:…` or `aws-kms:…`. @throws ConfigError */
export function openMasterKeys(address: string): MasterKeys {
  return address.startsWith(kms)
    ? new KmsMasterKeys(address.slice(kms.length))
    : new FileMasterKeys(pathOf(address));
}
