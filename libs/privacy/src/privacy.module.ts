import type { OnApplicationShutdown } from '@nestjs/common';
import { Global, Inject, Module, Optional } from '@nestjs/common';
import type { Logger } from '#platform';
import { HealthChecks, LOGGER, Metrics, orExit } from '#platform';
import { KeysConfig, loadKeysConfigOrExit } from './keys/config.ts';
import { DataKeys } from './keys/data-keys.ts';
import type { KeyStore } from './keys/key-store.ts';
import type { MasterKeys } from './keys/master-keys.ts';
import { openKeyStore } from './keys/open-key-store.ts';
import { openMasterKeys } from './keys/open-master-keys.ts';

/** The injection tokens of the key store and of the master keys; their values are undefined while nothing is encrypted. */
export const KEY_STORE = Symbol('KEY_STORE');
export const MASTER_KEYS = Symbol('MASTER_KEYS');

/**
 * The keys of the process. `DataKeys`, `KEY_STORE` and `MASTER_KEYS` are undefined when nothing is encrypted: inject them with
 * `{ token: DataKeys, optional: true }`, or `@Optional() @Inject(DataKeys)`; a type that may be undefined is no injection token by itself.
 */
@Global()
@Module({
  providers: [
    { provide: KeysConfig, useFactory: loadKeysConfigOrExit },
    { provide: KEY_STORE, useFactory: createKeyStore, inject: [KeysConfig, LOGGER] },
    { provide: MASTER_KEYS, useFactory: createMasterKeys, inject: [KeysConfig] },
    {
      provide: DataKeys,
      useFactory: createDataKeys,
      inject: [
        KeysConfig,
        Metrics,
        { token: KEY_STORE, optional: true },
        { token: MASTER_KEYS, optional: true },
      ],
    },
  ],
  exports: [KeysConfig, KEY_STORE, MASTER_KEYS, DataKeys],
})
export class PrivacyModule implements OnApplicationShutdown {
  constructor(
    health: HealthChecks,
    @Optional() @Inject(DataKeys) keys: DataKeys | undefined,
    @Optional() @Inject(KEY_STORE) private readonly store: KeyStore | undefined,
    @Optional() @Inject(MASTER_KEYS) private readonly masters: MasterKeys | undefined,
  ) {
    if (keys) health.addCheck('key_store', () => keys.ping());
  }

  async onApplicationShutdown(): Promise<void> {
    this.masters?.close?.();
    await this.store?.close();
  }
}

function createKeyStore({ keys }: KeysConfig, logger: Logger): KeyStore | undefined {
  return keys ? openKeyStore(keys.storeUrl, logger) : undefined;
}

/** A master key file that is missing or readable by others ends the process. */
function createMasterKeys({ keys }: KeysConfig): MasterKeys | undefined {
  return keys ? orExit(() => openMasterKeys(keys.masterKeys)) : undefined;
}

function createDataKeys(
  { keptS, kept, together }: KeysConfig,
  metrics: Metrics,
  store: KeyStore | undefined,
  masters: MasterKeys | undefined,
): DataKeys | undefined {
  if (!store || !masters) return undefined;
  const unwraps = metrics.counter('keys_unwrapped_total', 'Data keys that a master key unwrapped');
  const help =
    'Calls to the key store or the master keys that failed, or were not made after one that failed';
  const failures = metrics.counter('keys_failures_total', help);
  const keys = new DataKeys(store, masters, {
    keepMs: keptS * 1_000,
    max: kept,
    together,
    onUnwrapped: () => unwraps.inc(),
    onFailure: () => failures.inc(),
  });
  metrics.gauge('keys_cached', 'Unwrapped data keys in memory', [], (gauge) => gauge.set(keys.size));
  return keys;
}
