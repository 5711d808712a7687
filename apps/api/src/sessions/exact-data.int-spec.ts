import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

let app: TestApp;
let id: string;
beforeAll(async () => {
  app = await startTestApp();
  id = await app.start();
});
afterAll(() => app.close());

const json = { 'content-type': 'application/json' };
const turn = '"sender":"user","message_text":"Where is it?"';
const update = '"system":"orders","kind":"shipped","source_event_id":"e"';

test.each([
  [
    'POST',
    'turns',
    `{${turn},"extracted_entities":{"a":[{"toString":NUMBER}]}}`,
    'extracted_entities.a[0].toString',
  ],
  ['POST', 'turns', `{${turn},"intent_confidence":NUMBER}`, 'intent_confidence'],
  ['POST', 'external-updates', `{${update},"data":{"amount":NUMBER}}`, 'data.amount'],
  ['POST', 'preferences', '{"preferences":{"limit":NUMBER}}', 'preferences.limit'],
  ['PUT', 'flags/vip', '{"value":NUMBER}', 'value'],
  ['POST', 'inquiries', '{"kind":"order_status","subject":{"order_id":NUMBER}}', 'subject.order_id'],
  [
    'POST',
    'commands',
    '{"commands":[{"type":"RaiseFlag","flag":"vip","value":NUMBER}]}',
    'commands[0].value',
  ],
])(
  'a number that cannot be stored exactly is refused by its field: %s %s %s',
  async (method, path, body, field) => {
    for (const number of ['9007199254740993', '1e400', '0.12345678901234567890']) {
      const answer = await app.call(
        method,
        `/v1/sessions/${id}/${path}`,
        body.replace('NUMBER', number),
        json,
      );
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    }
  },
);

test('a body that is not valid UTF-8 is refused by its field', async () => {
  const body = Buffer.from('{"sender":"user","message_text":"caf\xe9"}', 'latin1');
  const response = await fetch(`${app.url}/v1/sessions/${id}/turns`, { method: 'POST', body, headers: json });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ field: 'message_text' }] });
});

test('free-form data is read as it was sent', async () => {
  const data =
    '{"toString":1,"valueOf":{"hasOwnProperty":[1e22,0.1,-5e-324,"\uFFFD"]},"":null,"10":true,"toJSON":"x"}';
  const answer = await app.call(
    'POST',
    `/v1/sessions/${id}/external-updates`,
    `{${update},"data":${data}}`,
    json,
  );
  expect(answer.status).toBe(201);
  const revision = Number(answer.body['revision']);
  const { body } = await app.call('GET', `/v1/sessions/${id}/events?from_revision=${revision}`);
  expect(body['events']).toMatchObject([{ data: { data: JSON.parse(data) as object } }]);
});
