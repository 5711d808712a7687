import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { append } from '../store/append.ts';
import type { ProposedEvent } from '../store/records.ts';
import { Store } from '../store/store.ts';
import { spawnEventStore, withClient } from './processes.ts';
import { atMost, measured, type Measurement } from './report.ts';
import { best, inTurns, ratioMeasurements } from './speed.ts';
import { appendRate } from './workloads.ts';
import { newId } from '../store/event-id.ts';

const IN_FLIGHT = 64;
const EVENTS_PER_STREAM = 100;
const TEXT = 'x'.repeat(200);

interface MillionSize {
  readonly events: number;
  readonly appends: number;
  readonly rounds: number;
}

/** Compares a large store with an empty one: start time, memory, append rate. */
export const runMillion = async (dir: string, size: MillionSize): Promise<Measurement[]> => {
  const large = join(dir, 'large');
  await fillStore(large, size.events);
  const store = await spawnEventStore(large);
  const empty = await spawnEventStore(join(dir, 'empty'));
  try {
    const atStart = residentMiB(store.child.pid);
    const rates = await inTurns(size.rounds, [empty.url, store.url], (url) =>
      withClient(url, async (client) => {
        await appendRate(client, Math.ceil(size.appends / 10), IN_FLIGHT);
        return appendRate(client, size.appends, IN_FLIGHT);
      }),
    );
    const read = await withClient(store.url, async (client) => {
      let count = 0;
      for await (const { event } of client.readAll({ maxCount: size.events })) if (event) count++;
      return count;
    });
    return [
      measured('events in the store', String(size.events)),
      atMost('start', store.startMs, 2_000, ' ms'),
      measured('resident memory after the start', `${atStart.toFixed(0)} MiB`),
      atMost(`resident memory after appends and ${read} reads`, residentMiB(store.child.pid), 300, ' MiB'),
      measured('appends/s: empty store', best(rates[0]).toFixed(0)),
      measured('appends/s: large store', best(rates[1]).toFixed(0)),
      ...ratioMeasurements('appends', rates, 0.9),
    ];
  } finally {
    await store.kill('SIGTERM');
    await empty.kill('SIGTERM');
  }
};

const fillStore = async (dir: string, count: number): Promise<void> => {
  const store = Store.open(dir);
  for (let done = 0; done < count; done += 10_000) {
    await store.writer.write((tx) => {
      for (let n = done; n < Math.min(done + 10_000, count); n += EVENTS_PER_STREAM) {
        append(tx, `session-${crypto.randomUUID()}`, 'no_stream', sampleEvents(EVENTS_PER_STREAM));
      }
    });
  }
  store.close();
};

const sampleEvents = (count: number): ProposedEvent[] =>
  Array.from({ length: count }, (_, n) => ({
    id: newId(),
    type: 'Happened',
    isJson: true,
    data: Buffer.from(JSON.stringify({ n, text: TEXT })),
    meta: Buffer.alloc(0),
  }));

/** The resident memory of a process; 0 where there is no /proc. */
const residentMiB = (pid: number | undefined): number => {
  try {
    const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib ?? 0) / 1024;
  } catch {
    return 0;
  }
};
