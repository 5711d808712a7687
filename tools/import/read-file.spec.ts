import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Conversation } from './conversation.ts';
import { turnsOf } from './conversation.ts';
import { readConversationFile } from './read-file.ts';
import { sampleDialogues } from './sample.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnstream-import-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(name: string, content: string | Buffer): Promise<Conversation[]> {
  const path = join(folder, name);
  writeFileSync(path, content);
  return readConversationFile(path);
}

test('a file gives the same ids, gzip or plain, and each dialogue its own', async () => {
  const document = JSON.stringify(sampleDialogues(3));
  const plain = await read('sample.json', document);
  expect(await read('sample.json.gz', gzipSync(document))).toEqual(plain);
  expect(new Set(plain.map(({ session_id }) => session_id)).size).toBe(3);
  expect(plain[0]?.session_id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  const ids = plain.flatMap((conversation) => turnsOf(conversation)).map(({ turn_id }) => turn_id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('a dialogue: intents become goals, slots entities, service results news', async () => {
  const [dialogue] = await read('sample.json', JSON.stringify(sampleDialogues(1)));
  expect(dialogue?.start).toMatchObject({ partner_id: 'sgd-sample_0', language: 'en' });
  const [asks, answers, changes, ends] = dialogue?.steps ?? [];
  expect(asks).toMatchObject([
    { type: 'SetGoal', goal: 'GetRide' },
    {
      type: 'RecordTurn',
      sender: 'user',
      parsed_intent: 'GetRide',
      extracted_entities: { destination: 'MG Road', stops: ['one', 'two'] },
    },
  ]);
  const { turn_id } = turnsOf({ ...dialogue, steps: [asks ?? []] } as Conversation)[0] ?? {};
  expect(answers).toMatchObject([
    {
      type: 'RecordExternalUpdate',
      system: 'Rides_1',
      kind: 'GetRide',
      data: { parameters: { destination: 'MG Road' }, results: [{ fare: '120' }] },
    },
    { type: 'RecordTurn', sender: 'bot', in_reply_to: turn_id, bot_action: 'notify_success' },
    { type: 'UpdateGoal', goal: 'GetRide', status: 'completed' },
  ]);
  expect(changes).toMatchObject([
    { type: 'SetGoal', goal: 'GetWeather' },
    { extracted_entities: { city: 'Pune', 'Rides_1.destination': 'MG Road' } },
  ]);
  expect(ends).toMatchObject([{ type: 'RecordTurn', sender: 'bot', message_text: 'Sunny.' }]);
});

test('tau-bench: a message may have several lines, tools’ answers are news, a call of a tool is no turn', async () => {
  const messages_display = [
    'user: Where is #W12?',
    '',
    'I have waited.',
    'assistant: None',
    'tool: asha_rao_7',
    'assistant: None',
    'tool: {"order_id": "#W12", "status": "pending"}',
    'tool: ',
    'assistant: It is pending.',
  ].join('\n');
  const [conversation] = await read('tau.jsonl.gz', gzipSync(`${JSON.stringify({ messages_display })}\n`));
  expect(conversation?.start.partner_id).toBe('asha_rao_7');
  expect(conversation?.steps).toMatchObject([
    [{ message_text: 'Where is #W12?\n\nI have waited.', extracted_entities: { order_id: '#W12' } }],
    [{ system: 'tools', data: { text: 'asha_rao_7' } }],
    [{ system: 'orders', reference: '#W12', data: { status: 'pending' } }],
    [{ system: 'tools', data: { text: '' } }],
    [{ sender: 'bot', message_text: 'It is pending.' }],
  ]);
});

describe('a malformed file gives one line', () => {
  test.each([
    ['empty.json', '', /is empty/],
    ['text.txt', 'hello', /neither a Schema-Guided Dialogue file/],
    ['object.json', '{\n"a": 1}', /neither a Schema-Guided Dialogue file/],
    ['cut.json', '[{"dialogue_id": "1", ', /is not JSON/],
    ['cut.json.gz', gzipSync('[]').subarray(0, 12), /damaged gzip/],
    [
      'speaker.json',
      '[{"dialogue_id":"1","turns":[{"speaker":"DOG","utterance":"wau"}]}]',
      /dialogue 1: turn 1: speaker/,
    ],
    [
      'silent.json',
      '[{"dialogue_id":"1","turns":[{"speaker":"USER"}]}]',
      /dialogue 1: turn 1: utterance should be a text/,
    ],
    ['tau.jsonl', '{"messages_display":"user: hi"}\n{"messages":1}', /line 2: messages_display/],
  ])('%s', async (name, content, line) => {
    await expect(read(name, content)).rejects.toThrow(line);
    await expect(read(name, content)).rejects.toMatchObject({
      name: 'Failure',
      message: expect.not.stringContaining('\n'),
    });
  });
});
