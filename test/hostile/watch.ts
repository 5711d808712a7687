import { repeat } from '#platform';
import type { Processes } from '../diagnostics/processes.ts';

/** The health of a system during some work. */
export interface Watched {
  /** Processes that were running at the beginning and no longer are, or vice versa. */
  readonly changed: readonly string[];
  /** The slowest answer of /health/live of an app (ms). */
  readonly slowestLiveMs: number;
  /** The longest turn of a process's event loop (ms of CPU time). */
  readonly longestBlock: { readonly process: string; readonly ms: number };
}

const everyMs = 200;

/** Watches the processes of a system while `work` runs. */
export async function watch(
  processes: Processes,
  apps: readonly string[],
  work: () => Promise<void>,
): Promise<Watched> {
  const before = await processes.held('none');
  const over = new AbortController();
  let slowestLiveMs = 0;
  let longestBlock = { process: '', ms: 0 };
  const askWhetherLive = async (url: string): Promise<void> => {
    const start = performance.now();
    await assertLive(url);
    slowestLiveMs = Math.max(slowestLiveMs, performance.now() - start);
  };
  const look = async (): Promise<void> => {
    const [held] = await Promise.all([processes.held('none'), ...apps.map(askWhetherLive)]);
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
  const after = await processes.held('none');
  const all = new Set([...before.keys(), ...after.keys()]);
  const changed = [...all].filter((name) => !before.has(name) || !after.has(name));
  return { changed, slowestLiveMs, longestBlock };
}

async function assertLive(url: string): Promise<void> {
  const answer = await fetch(`${url}/health/live`);
  if (!answer.ok) throw new Error(`${url}/health/live answers ${answer.status}`);
}
