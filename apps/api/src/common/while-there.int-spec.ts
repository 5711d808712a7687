import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { sessionStream } from '#sessions';
import { correlationKey } from '../../../../libs/read-models/src/tables/correlations.ts';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

/** More than twenty pages of events. */
const events = 5_500;
const atOnce = 500;
const correlation = `c-${randomUUID()}`;
const partner_id = `P-${randomUUID()}`;
let app: TestApp;
let id: string;

beforeAll(async () => {
  app = await startTestApp();
  id = await app.start({ partner_id });
  const metadata = {
    schema_version: 1,
    occurred_at: new Date().toISOString(),
    actor: { role: 'agent', id: 'spec' },
    $correlationId: 'another',
  };
  for (let revision = 0; revision < events; revision += atOnce)
    await app.store.append(
      sessionStream(id),
      Array.from({ length: atOnce }, (_, n) => ({
        contentType: 'application/json' as const,
        id: randomUUID(),
        type: 'FlagRaised',
        data: { flag: 'vip', value: n % 2 },
        metadata,
      })),
      revision,
    );
  await app.pool.query('INSERT INTO event_correlation VALUES ($1, $2, 1, 5000)', [
    id,
    correlationKey(correlation),
  ]);
});
afterAll(() => app.close());

/** Calls back with each page of the session's events that is read, and reads on when that is done. */
function onPages(listener: () => Promise<void>): () => void {
  const calls = Reflect.get(app.store, 'calls') as { part(...args: unknown[]): Promise<Page> };
  const part = calls.part.bind(calls);
  const spy = jest.spyOn(calls, 'part').mockImplementation(async (...args) => {
    const page = await part(...args);
    const isOfSession = page.events.length > 1 && page.events[0]?.streamId === sessionStream(id);
    if (isOfSession) await listener();
    return page;
  });
  return () => spy.mockRestore();
}

interface Page {
  readonly events: readonly { readonly streamId: string }[];
}

/** Sends a request whose answer is not waited for. */
function send(path: string, headers: Readonly<Record<string, string>>): Socket {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname);
  const lines = Object.entries({ host: 'localhost', connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.write(`GET /v1/${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  socket.resume();
  return socket;
}

/** How many pages are read until the answer has come, or for a caller who leaves with the second until nothing more is read. */
async function pagesRead(
  path: string,
  headers: Readonly<Record<string, string>>,
  leaves: boolean,
): Promise<number> {
  let pages = 0;
  const socket = send(path, headers);
  const closed = once(socket, 'close');
  const restore = onPages(async () => {
    pages += 1;
    if (!leaves || pages !== 2) return;
    socket.end();
    await closed;
  });
  await closed;
  let before = -1;
  await waitUntil(
    async () => {
      const isQuiet = before === pages;
      before = pages;
      return isQuiet;
    },
    { what: 'the reads to end', everyMs: 300 },
  );
  restore();
  return pages;
}

const reads: readonly (readonly [string, () => string, Record<string, string>?])[] = [
  ['a past context', () => `sessions/${id}/context?at_revision=${events}`],
  ['a past context that is explained', () => `sessions/${id}/context?at_revision=${events}&explain=1`],
  ['an explained context', () => `sessions/${id}/context?explain=1`],
  ['a difference', () => `sessions/${id}/context/diff?from=0`],
  ['a page of rare events', () => `sessions/${id}/events?type=GoalSet`],
  ['the same backwards', () => `sessions/${id}/events?type=GoalSet&direction=backwards`],
  ['a stream of events', () => `sessions/${id}/events?type=GoalSet`, { accept: 'application/x-ndjson' }],
  ['a verification', () => `sessions/${id}/verification`],
  ['a trace', () => `trace/${correlation}`],
  ['an archive', () => `partners/${partner_id}/archive`, { 'access-purpose': 'spec' }],
];

test.each(reads)('%s is read to its end for a caller who waits', async (_, path, headers = {}) => {
  let pages = 0;
  const isAnswered = async (): Promise<boolean> => {
    pages = await pagesRead(path(), headers, false);
    return pages > 3;
  };
  // A backing service under load may refuse it at first.
  await waitUntil(isAnswered, { what: 'an answer' });
  expect(pages).toBeGreaterThan(15);
});

test.each(reads)('%s is read no further when its caller has gone', async (_, path, headers = {}) => {
  let pages = 0;
  const hasBegun = async (): Promise<boolean> => {
    pages = await pagesRead(path(), headers, true);
    return pages >= 2;
  };
  await waitUntil(hasBegun, { what: 'a read that begins' });
  expect(pages).toBeLessThanOrEqual(3);
});
