import { randomInt } from 'node:crypto';
import getPort from 'get-port';

/** Below the range for outgoing connections, which could take a port before it is listened on. */
const lowest = 20_000;
const highest = 32_000;

/** `count` different ports of this machine that are currently free. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const candidates = Array.from({ length: 100 }, () => randomInt(lowest, highest));
    ports.push(await getPort({ host: '127.0.0.1', port: candidates, exclude: ports }));
  }
  return ports;
}

/** The first of `count` such ports in a row. */
export async function freePortsInARow(count: number): Promise<number> {
  for (;;) {
    const first = randomInt(lowest, highest - count);
    const row = Array.from({ length: count }, (_, index) => first + index);
    const found = await Promise.all(row.map((port) => getPort({ host: '127.0.0.1', port })));
    if (found.every((port, index) => port === row[index])) return first;
  }
}
