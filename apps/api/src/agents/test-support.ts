import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { readEvents } from '#sessions';
import type { TestApp } from '../test-app.ts';
import { SpecAgent } from './test-agent.ts';

const agents: SpecAgent[] = [];

/** Ends the agents of a spec. */
export function killAll(): void {
  for (const agent of agents) agent.kill();
}

/** A connection that has said nothing yet. */
export async function connect(app: TestApp, instance?: string): Promise<SpecAgent> {
  const agent = new SpecAgent(app.url, instance);
  agents.push(agent);
  await once(agent.socket, 'open');
  return agent;
}

export async function join(
  app: TestApp,
  pool: string,
  options: object = {},
  instance?: string,
): Promise<SpecAgent> {
  const agent = new SpecAgent(app.url, instance);
  agents.push(agent);
  return agent.hello(pool, options);
}

export async function news(app: TestApp, id: string, name: string = randomUUID()): Promise<number> {
  const update = { system: 'orders', kind: 'status_changed', reference: 'O1', data: { name } };
  const answer = await app.call('POST', `/v1/sessions/${id}/external-updates`, {
    ...update,
    source_event_id: name,
  });
  expect(answer.status).toBe(201);
  return Number(answer.body['revision']);
}

export async function eventsOf(
  app: TestApp,
  id: string,
): Promise<{ type: string; data: Record<string, unknown> }[]> {
  const events = [];
  for await (const { type, data } of readEvents(app.store, id))
    events.push({ type, data: data as unknown as Record<string, unknown> });
  return events;
}

export async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await done()) return;
    await sleep(30);
  }
  throw new Error('It did not come to pass.');
}
