import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { sleep } from '#platform';
import { forkProgram, killChild } from '../../../tools/shared/fork.ts';
import { AgentSockets } from './sockets.ts';

const answerTimeoutMs = 30_000;

/** Bytes that an idle socket costs a server: what the later ones add, since by then the process has its own memory. */
export async function memoryPerSocket(
  sockets: AgentSockets,
  count: number,
  memory: () => Promise<number>,
): Promise<number> {
  const first = Math.floor(count / 5);
  await sockets.connect(first);
  await sockets.warmUp();
  const before = await memory();
  await sockets.connect(count);
  await sleep(2_000);
  return ((await memory()) - before) / (count - first);
}

/** The same of a server of `ws` that does nothing. */
export async function bareMemoryPerSocket(count: number): Promise<number> {
  const server = forkProgram(join(import.meta.dirname, 'bare-server.ts'));
  let sockets: AgentSockets | undefined;
  try {
    const { port } = await answerOf<{ port: number }>(server);
    sockets = new AgentSockets(`ws://127.0.0.1:${port}`, 'bare', 1);
    return await memoryPerSocket(sockets, count, async () => {
      const answer = answerOf<{ rss: number }>(server);
      server.send('memory');
      return (await answer).rss;
    });
  } finally {
    sockets?.close();
    await killChild(server);
  }
}

async function answerOf<T>(server: ChildProcess): Promise<T> {
  const [answer] = (await once(server, 'message', { signal: AbortSignal.timeout(answerTimeoutMs) })) as [T];
  return answer;
}
