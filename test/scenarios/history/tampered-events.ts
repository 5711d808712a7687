import { generateKeyPairSync, randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inParallel } from '#platform';
import type { SessionCommand } from '#domain';
import type { EventStore, SessionCachePort, StreamReport, Totals } from '#sessions';
import {
  CommandExecutor,
  HistoryKeys,
  HistorySigner,
  Roots,
  sealHistory,
  sessionStream,
  VerifyAll,
} from '#sessions';
import type { Part } from './stored-file.ts';
import { StoredFile } from './stored-file.ts';
import { withStore } from './with-store.ts';

interface Options {
  readonly sessions: number;
  readonly eventsEach: number;
  /** Events with a changed byte. */
  readonly changed: number;
}

/** The results. Events are named `session revision`. */
interface TamperedEvents {
  readonly before: Totals;
  /** CPU time of the check per event, in microseconds, including the store, which runs in the same process. */
  readonly cpuUs: number;
  /** Changed events that were not named, and named events that were not changed. */
  readonly missed: readonly string[];
  readonly falselyNamed: readonly string[];
}

const noCache: SessionCachePort = {
  load: async () => undefined,
  remember: () => undefined,
  forget: async () => undefined,
  findCommand: async () => ({ revision: Number.MAX_SAFE_INTEGER }),
};
const start: SessionCommand = {
  type: 'StartSession',
  partner_id: 'P7689',
  channel: 'whatsapp',
  language: 'hi',
  region: null,
  name: 'Asha',
  device: null,
  expires_in_s: 3_600,
  memory: null,
};

const parts: readonly Part[] = ['data', 'meta', 'data', 'meta', 'type', 'id'];

/** Changes one random byte in each of some events in the file of a store, and checks which events are named. */
export async function tamperedEvents({ sessions, eventsEach, changed }: Options): Promise<TamperedEvents> {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-history-'));
  const { privateKey } = generateKeyPairSync('ed25519');
  const signer = new HistorySigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const keys = new HistoryKeys([signer.publicKey]);
  const ids = Array.from({ length: sessions }, () => randomUUID());
  try {
    const before = await withStore(dir, async (store) => {
      const executor = new CommandExecutor(store, noCache);
      const flags = Array.from({ length: eventsEach - 1 }, (_, n): SessionCommand => ({
        type: 'RaiseFlag',
        flag: `flag-${n}`,
        value: `value ${n}`,
      }));
      const actor = { role: 'agent', id: 'scenario' } as const;
      await inParallel(ids, 8, async (id) => {
        const commands = [start, ...flags];
        await executor.execute({ sessionId: id, commands, actor, commandIds: [], body: {} });
      });
      await sealHistory(store, { signer });
      return verify(store, keys);
    });
    const places = changeBytes(dir, ids, eventsEach, changed);
    const after = await withStore(dir, (store) => verify(store, keys));
    return {
      before: before.totals,
      cpuUs: before.cpuUs / before.totals.events,
      missed: [...places].filter((place) => !after.named.has(place)),
      falselyNamed: [...before.named, ...[...after.named].filter((place) => !places.has(place))],
    };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function verify(store: EventStore, keys: HistoryKeys) {
  const named = new Set<string>();
  const onFault = ({ session_id, faults }: StreamReport): void => {
    for (const { kind, revision } of faults)
      named.add(kind === 'changed' ? `${session_id} ${revision}` : `${session_id} ${revision} ${kind}`);
  };
  const began = process.cpuUsage();
  const totals = await new VerifyAll(store, await Roots.read(store, keys), keys, { onFault }).run();
  const { user, system } = process.cpuUsage(began);
  return { totals, named, cpuUs: user + system };
}

function changeBytes(dir: string, ids: readonly string[], eventsEach: number, count: number): Set<string> {
  const places = new Set<string>();
  const file = new StoredFile(dir);
  while (places.size < count) {
    const [id, revision] = [ids[randomInt(ids.length)] ?? '', randomInt(eventsEach)];
    if (places.has(`${id} ${revision}`)) continue;
    const part = parts[randomInt(parts.length)] ?? 'data';
    file.change(sessionStream(id), revision, part, randomInt(2 ** 32));
    places.add(`${id} ${revision}`);
  }
  file.close();
  return places;
}
