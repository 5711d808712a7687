import { randomInt } from 'node:crypto';
import getPort from 'get-port';

/** Below those that systems give to outgoing connections, which could take one before it is listened at. */
const lowest = 20_000;
const highest = 32_000;

/** `count` ports of this machine that nobody uses just now, all different. */
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
