import { EventEmitter } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { deferred } from '../client/deferred.ts';
import { SigtermShutdown } from './sigterm.ts';

/** A process that records its exit. */
class TestHost extends EventEmitter {
  readonly exits: number[] = [];

  exit(code: number): void {
    this.exits.push(code);
  }
}

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

function agentThatCloses(closed: Promise<void> = Promise.resolve()): { close(): Promise<void> } {
  return { close: () => closed };
}

describe('SIGTERM', () => {
  test('ends the process once all agents are closed', async () => {
    const host = new TestHost();
    const shutdown = new SigtermShutdown(host);
    const closed = deferred<void>();
    shutdown.add(agentThatCloses());
    shutdown.add(agentThatCloses(closed.promise));
    host.emit('SIGTERM');
    await settled();
    expect(host.exits).toEqual([]);
    closed.resolve();
    await settled();
    expect(host.exits).toEqual([0]);
  });

  test('does not end a process that listens for it itself', async () => {
    const host = new TestHost();
    host.on('SIGTERM', () => undefined);
    new SigtermShutdown(host).add(agentThatCloses());
    host.emit('SIGTERM');
    await settled();
    expect(host.exits).toEqual([]);
  });

  test('is left to the process when all agents were closed before', () => {
    const host = new TestHost();
    const shutdown = new SigtermShutdown(host);
    const agent = agentThatCloses();
    shutdown.add(agent);
    shutdown.remove(agent);
    expect(host.listenerCount('SIGTERM')).toBe(0);
  });

  test('a second time is left to the process', () => {
    const host = new TestHost();
    new SigtermShutdown(host).add(agentThatCloses(deferred<void>().promise));
    host.emit('SIGTERM');
    expect(host.listenerCount('SIGTERM')).toBe(0);
  });
});
