import findProcess from 'find-process';
import getPort from 'get-port';
import { Failure } from './failure.ts';

/** The port that a variable names, or the usual one. */
export function portOf(variable: string, usual: number): number {
  const text = process.env[variable] ?? String(usual);
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new Failure(`${variable} is '${text}': set it to a whole number from 1 to 65535.`);
}

/** A listener on a port, and the variable for another port. */
interface Listener {
  readonly what: string;
  readonly variable: string;
  readonly port: number;
}

/** Fails when two listeners share a port, or a port is taken. */
export async function assertUsable(listeners: readonly Listener[]): Promise<void> {
  for (const { what, variable, port } of listeners) {
    const [one, two] = listeners.filter((listener) => listener.port === port);
    if (one && two)
      throw new Failure(
        `${one.what} (${one.variable}) and ${two.what} (${two.variable}) ` +
          `would both listen on port ${port}: set one of them to another port.`,
      );
    if ((await getPort({ host: '127.0.0.1', port })) === port) continue;
    const [owner] = await findProcess('port', port).catch(() => []);
    const by = owner ? ` by ${owner.name} (process ${owner.pid})` : '';
    throw new Failure(
      `Port ${port} (${what}) is taken${by}: stop that program, or set ${variable} to a free port.`,
    );
  }
}
