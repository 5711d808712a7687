/** A thread of `npm run replay -- --all`: replays its share of the sessions. */
import { parentPort, workerData } from 'node:worker_threads';
import { EventCodec, EventStore } from '#sessions';
import { addressOf } from '../shared/address.ts';
import { openKeys } from '../shared/data-keys.ts';
import { explained } from '../shared/explained.ts';
import { loadOtherCode } from './other-code.ts';
import { replaySession } from './session.ts';
import type { Share } from './sessions.ts';
import { eachSession } from './sessions.ts';
import { masked, unmasked } from './shown.ts';
import type { ReplayReport } from './summary.ts';
import { Summary } from './summary.ts';

export interface WorkerTask {
  readonly share: Share;
  readonly file: string;
  readonly samples: number;
  readonly isUnmasked: boolean;
}

/** A message of a thread: its progress, and finally its result. */
export type WorkerMessage =
  | { readonly kind: 'progress' | 'done'; readonly report: ReplayReport }
  | { readonly kind: 'failed'; readonly message: string };

const progressMs = 1_000;

async function run({ share, file, samples, isUnmasked }: WorkerTask): Promise<void> {
  const opened = openKeys();
  const store = new EventStore(addressOf('EVENTSTORE_URL'), new EventCodec(undefined, opened?.keys));
  const summary = new Summary(samples);
  const tell = (kind: 'progress' | 'done'): void => say({ kind, report: summary.report() });
  const timer = setInterval(() => tell('progress'), progressMs);
  try {
    const other = await loadOtherCode(file);
    const replay = { store, other, show: isUnmasked ? unmasked : masked };
    await eachSession(store, share, async (id) => summary.add(await replaySession(replay, id)));
    tell('done');
  } catch (error) {
    const shown = explained(error);
    say({ kind: 'failed', message: shown instanceof Error ? shown.message : String(shown) });
  } finally {
    clearInterval(timer);
    await store.dispose();
    await opened?.close();
  }
}

function say(message: WorkerMessage): void {
  parentPort?.postMessage(message, []);
}

await run(workerData as WorkerTask);
