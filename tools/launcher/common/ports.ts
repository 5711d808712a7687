import findProcess from 'find-process';
import getPort from 'get-port';
import { Failure } from '../../shared/failure.ts';

const HOST = '127.0.0.1';

/** `count` ports that nobody uses just now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await getPort({ host: HOST, exclude: ports }));
  return ports;
}

/** The port that a variable names, or the usual one. */
export function portOf(variable: string, usual: number): number {
  const text = process.env[variable] ?? String(usual);
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new Failure(`${variable} is '${text}': set it to a whole number from 1 to 65535.`);
}

/** Fails when two would listen on one port. */
export function assertDistinct(listeners: readonly { what: string; port: number }[]): void {
  const users = new Map<number, string>();
  for (const { what, port } of listeners) {
    const other = users.get(port);
    if (other !== undefined)
      throw new Failure(`Two would listen on port ${port} (${other}; ${what}): set another port for one.`);
    users.set(port, what);
  }
}

/** Fails when somebody listens on the port already. */
export async function assertFree(port: number, what: string, remedy: string): Promise<void> {
  if ((await getPort({ host: HOST, port })) === port) return;
  const [owner] = await findProcess('port', port).catch(() => []);
  const by = owner ? ` by ${owner.name} (process ${owner.pid})` : '';
  throw new Failure(`Port ${port} (${what}) is taken${by}: stop that program, or ${remedy}.`);
}
