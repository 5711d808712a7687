import type { MessagingSettings } from '#messaging';
import { messagingSettings } from '#messaging';
import type { Config } from '#platform';
import { configExitCode, loadConfigOrExit } from '#platform';

export interface BridgeConfig extends Config {
  readonly messaging: MessagingSettings;
  readonly leaseMs: number;
  readonly circuit: { readonly threshold: number; readonly openMs: number };
}

/** What the bridge reads from its environment; on a fault writes its one line to stderr and exits with 78. */
export function bridgeConfigOrExit(): BridgeConfig {
  const config = loadConfigOrExit({ PORT: 3002 });
  try {
    return {
      ...config,
      messaging: messagingSettings(process.env),
      leaseMs: whole('BRIDGE_LEASE_MS', 3_000, 300),
      circuit: { threshold: whole('CIRCUIT_THRESHOLD', 10, 1), openMs: whole('CIRCUIT_OPEN_MS', 5_000, 10) },
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return process.exit(configExitCode);
  }
}

function whole(name: string, fallback: number, min: number): number {
  const text = process.env[name]?.trim();
  const value = text ? Number(text) : fallback;
  if (Number.isInteger(value) && value >= min) return value;
  throw new Error(`Wrong environment: ${name} must be a whole number from ${min} on`);
}
