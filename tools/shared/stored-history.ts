import { readFileSync } from 'node:fs';
import type { Signed } from '#sessions';
import { EventStore, HistoryKeys } from '#sessions';
import { addressOf } from './address.ts';
import { explained } from './explained.ts';
import { Failure } from './failure.ts';
import { historyKeys } from './history-keys.ts';

/** Runs `work` on the event store that the environment names, or else on that of the system that npm start runs. */
export async function withHistory<T>(work: (store: EventStore) => Promise<T>): Promise<T> {
  const store = new EventStore(addressOf('EVENTSTORE_URL'));
  try {
    return await work(store);
  } catch (error) {
    throw explained(error);
  } finally {
    await store.dispose();
  }
}

/** The public keys of a file, or else those that the environment names. @throws Failure */
export function publicKeys(path: string | undefined): HistoryKeys {
  if (path === undefined) return historyKeys().keys;
  try {
    const keys = HistoryKeys.parse(readFileSync(path, 'utf8'));
    if (keys.isKnown) return keys;
  } catch {
    // Reported below.
  }
  throw new Failure(`${path} has no public key of Ed25519 (PEM).`);
}

/** Exported roots, one per line. @throws Failure */
export function exportedRoots(path: string | undefined): Signed[] {
  if (path === undefined) return [];
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as Signed);
  } catch (error) {
    throw new Failure(`${path} cannot be read as exported roots: ${(error as Error).message}`);
  }
}
