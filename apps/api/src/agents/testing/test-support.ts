import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { readEvents } from '#sessions';
import type { TestApp, TestAppOptions } from '../../test-app.ts';
import { startTestApp } from '../../test-app.ts';
import { TestAgent } from './test-agent.ts';

export type TestNode = TestApp;

/** The api nodes and agents of a spec. */
export class TestFleet {
  private readonly nodes: TestNode[] = [];
  private readonly agents: TestAgent[] = [];

  constructor(private readonly options: TestAppOptions = {}) {}

  async startNode(): Promise<TestNode> {
    const node = await startTestApp(this.options);
    this.nodes.push(node);
    return node;
  }

  /** A connection that has not sent a frame yet. */
  connect(node: TestNode, instance?: string): Promise<TestAgent> {
    const agent = new TestAgent(node.url, instance);
    this.agents.push(agent);
    return agent.opened();
  }

  /** Connects an instance of a pool; `options` are members of its hello. */
  async join(node: TestNode, pool: string, options: object = {}, instance?: string): Promise<TestAgent> {
    return (await this.connect(node, instance)).hello(pool, options);
  }

  /** Closes what is still open, whether the spec passed or failed. */
  async close(): Promise<void> {
    for (const agent of this.agents) agent.kill();
    await Promise.all(this.nodes.map((node) => node.close()));
  }
}

/** A pool for one test, so that sessions of other tests do not reach its agents. */
export function newPool(): string {
  return `pool-${randomUUID()}`;
}

/** Another system's update of a session; resolves to the revision. */
export async function recordUpdate(node: TestNode, sessionId: string): Promise<number> {
  const source_event_id = randomUUID();
  const data = { name: source_event_id };
  const update = { system: 'orders', kind: 'status_changed', reference: 'O1', source_event_id, data };
  const answer = await node.call('POST', `/v1/sessions/${sessionId}/external-updates`, update);
  expect(answer.status).toBe(201);
  return Number(answer.body['revision']);
}

export interface StoredEvent {
  readonly type: string;
  readonly data: Record<string, unknown>;
}

export async function eventsOf({ store }: TestNode, sessionId: string): Promise<StoredEvent[]> {
  const events = await Array.fromAsync(readEvents(store, sessionId));
  return events.map(({ type, data }) => ({ type, data: { ...data } }));
}

/** The value of a metric that has no labels. */
export async function metricOf({ url }: TestNode, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'm').exec(text)?.[1]);
}
