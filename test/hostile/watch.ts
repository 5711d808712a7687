import { repeat } from '#platform';
import type { Processes } from '../diagnostics/processes.ts';

/** How a system lived while something was done to it. */
export interface Watched {
  /** Processes that ran at the beginning and no longer do, or the other way round. */
  readonly changed: readonly string[];
  /** The longest that /health/live of an api node, or another process itself, took to answer (ms). */
  readonly slowestLiveMs: number;
  /** The longest turn of the event loop of a process (ms of processor time), and of which. */
  readonly longestBlock: { readonly process: string; readonly ms: number };
}

const everyMs = 200;

/** Watches the processes of a system for as long as `work` runs. */
export async function watch(
  processes: Processes,
  apis: readonly string[],
  work: () => Promise<void>,
): Promise<Watched> {
  const before = await processes.held(false);
  const over = new AbortController();
  let slowestLiveMs = 0;
  let longestBlock = { process: '', ms: 0 };
  const look = async (): Promise<void> => {
    const start = performance.now();
    const [held] = await Promise.all([processes.held(false), ...apis.map(isLive)]);
    slowestLiveMs = Math.max(slowestLiveMs, performance.now() - start);
    for (const [process, { longestTurnMs: ms }] of held)
      if (ms > longestBlock.ms) longestBlock = { process, ms };
  };
  const watching = repeat(look, {
    everyMs,
    signal: over.signal,
    onError: () => {
      slowestLiveMs = Infinity;
    },
  });
  await work().finally(() => over.abort());
  await watching;
  const after = await processes.held(false);
  const all = new Set([...before.keys(), ...after.keys()]);
  const changed = [...all].filter((name) => !before.has(name) || !after.has(name));
  return { changed, slowestLiveMs, longestBlock };
}

async function isLive(url: string): Promise<void> {
  const answer = await fetch(`${url}/health/live`);
  if (!answer.ok) throw new Error(`${url}/health/live answers ${answer.status}`);
}
