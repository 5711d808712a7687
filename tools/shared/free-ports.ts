import { randomInt } from 'node:crypto';
import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';

/** Below the range for outgoing connections, which could take a port before it is listened on. */
const lowest = 20_000;
const highest = 32_000;
/** How long a port is reserved for the process that asked for it: a busy machine takes a while to start a service (ms). */
const reservedMs = 120_000;
const reservations = join(tmpdir(), `turnstream-ports-${userInfo().uid}`);

/** `count` different ports of this machine that are currently free, and that no other process has been given lately. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const candidates = Array.from({ length: 100 }, () => randomInt(lowest, highest));
    const port = await getPort({ host: '127.0.0.1', port: candidates, exclude: ports });
    if (reserve(port)) ports.push(port);
  }
  return ports;
}

/** The first of `count` such ports in a row. */
export async function freePortsInARow(count: number): Promise<number> {
  for (;;) {
    const first = randomInt(lowest, highest - count);
    const row = Array.from({ length: count }, (_, index) => first + index);
    const found = await Promise.all(row.map((port) => getPort({ host: '127.0.0.1', port })));
    if (found.every((port, index) => port === row[index]) && row.every(reserve)) return first;
  }
}

/** Reserves a port among the processes of this user; false: another one has it. */
function reserve(port: number): boolean {
  const file = join(reservations, String(port));
  mkdirSync(reservations, { recursive: true });
  try {
    writeFileSync(file, '', { flag: 'wx' });
  } catch {
    if (Date.now() - statSync(file).mtimeMs < reservedMs) return false;
    utimesSync(file, new Date(), new Date());
  }
  return true;
}
