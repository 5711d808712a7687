import type { MessagingSettings } from '#messaging';
import { messagingSettings, wholeNumbers } from '#messaging';
import type { Config } from '#platform';
import { configExitCode } from '#platform';

export interface BridgeConfig extends Config {
  readonly messaging: MessagingSettings;
  readonly leaseMs: number;
  readonly circuit: { readonly threshold: number; readonly openMs: number };
}

const numbers = {
  BRIDGE_LEASE_MS: { fallback: 3_000, min: 300, max: 600_000 },
  CIRCUIT_THRESHOLD: { fallback: 10, min: 1, max: 1_000_000 },
  CIRCUIT_OPEN_MS: { fallback: 5_000, min: 10, max: 3_600_000 },
} as const;

/** What the bridge reads from its environment; on a fault writes its one line to stderr and exits with 78. */
export function bridgeConfigOrExit(config: Config): BridgeConfig {
  try {
    const values = wholeNumbers(process.env, numbers);
    return {
      ...config,
      messaging: messagingSettings(process.env),
      leaseMs: values.BRIDGE_LEASE_MS,
      circuit: { threshold: values.CIRCUIT_THRESHOLD, openMs: values.CIRCUIT_OPEN_MS },
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return process.exit(configExitCode);
  }
}
