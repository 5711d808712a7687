import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sessionStream } from '#sessions';
import type { Answer, TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

const partnerId = `P-${randomUUID()}`;
const entity = { name: 'month', value: 'October' };
const steps = [{ kind: 'goal_set' }];
let began: string;
/** Both see one event store: what began in a is a copy in b that has not arrived. */
let a: TestApp;
let b: TestApp;

beforeAll(async () => {
  a = await startTestApp({ cell: { own: 'a', first: 'a' } });
  b = await startTestApp({ cell: { own: 'b', first: 'a' } });
  began = await a.start({ partner_id: partnerId });
});
afterAll(() => Promise.all([a.close(), b.close()]));

/** A request, by the id of the session. */
type Ask = (app: TestApp, id: string) => Promise<Answer>;

const sessionLists: readonly (readonly [string, Ask])[] = [
  ['the turns of a session', (app, id) => app.call('GET', `/v1/turns?session_id=${id.toUpperCase()}`)],
  ['a session among others', (app, id) => app.call('GET', `/v1/sessions?session_id=${id}`)],
  ['counts of a session', (app, id) => app.call('GET', `/v1/stats/turns?session_id=${id}`)],
  [
    'a search in a session',
    (app, session_id) => app.call('POST', '/v1/turns/search', { entity, session_id }),
  ],
];

const ofPartner: readonly (readonly [string, Ask])[] = [
  ['the turns of a partner', (app) => app.call('GET', `/v1/turns?partner_id=${partnerId}`)],
  ['the sessions of a partner', (app) => app.call('GET', `/v1/sessions?partner_id=${partnerId}`)],
  [
    'a search in the turns of a partner',
    (app) => app.call('POST', '/v1/turns/search', { entity, partner_id: partnerId }),
  ],
  [
    'journeys of a partner',
    (app) => app.call('POST', '/v1/journeys/search', { steps, partner_id: partnerId }),
  ],
];

const session: readonly [string, Ask] = ['a session', (app, id) => app.call('GET', `/v1/sessions/${id}`)];

test.each([session, ...sessionLists, ...ofPartner])('a cell shows %s that began there', async (_, ask) => {
  expect((await ask(a, began)).status).toBe(200);
});

test.each([session, ...sessionLists, ...ofPartner])(
  'a cell does not show %s that is in another one',
  async (_, ask) => {
    const { status, body, headers } = await ask(b, began);
    expect([status, body['cell'], headers.get('turnstream-cell')]).toEqual([421, 'a', 'a']);
  },
);

test.each([session, ...sessionLists])(
  'of a session that a cell has never had, %s is not found',
  async (_, ask) => {
    expect((await ask(b, randomUUID())).status).toBe(404);
  },
);

test('a list of a session that was deleted may be empty', async () => {
  const deleted = await a.start();
  await a.store.deleteStream(sessionStream(deleted));
  expect((await b.call('GET', `/v1/turns?session_id=${deleted}`)).status).toBe(200);
});

test('a cell shows who read data of a partner that has left', async () => {
  expect((await b.call('GET', `/v1/access?partner_id=${partnerId}`)).status).toBe(200);
});

test('what is no id is refused as that', async () => {
  const answers = [
    await b.call('GET', `/v1/turns?partner_id=${'x'.repeat(65)}`),
    await b.call('GET', `/v1/turns?session_id=${began}&session_id=${began}`),
    await b.call('POST', '/v1/turns/search', 'null'),
  ];
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
});
