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

describe('the ids of a file', () => {
  const document = JSON.stringify(sampleDialogues(3));

  test('are the same for the plain and the gzipped file', async () => {
    expect(await read('sample.json.gz', gzipSync(document))).toEqual(await read('sample.json', document));
  });

  test('are random UUIDs in form', async () => {
    const [first] = await read('sample.json', document);
    expect(first?.session_id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });

  test('differ between sessions and between turns', async () => {
    const conversations = await read('sample.json', document);
    const sessions = new Set(conversations.map(({ session_id }) => session_id));
    const turns = conversations.flatMap((conversation) => turnsOf(conversation));
    expect(sessions.size).toBe(3);
    expect(new Set(turns.map(({ turn_id }) => turn_id)).size).toBe(turns.length);
  });
});

describe('a Schema-Guided Dialogue file', () => {
  let dialogue: Conversation;
  beforeAll(async () => {
    [dialogue] = (await read('sample.json', JSON.stringify(sampleDialogues(1)))) as [Conversation];
  });

  test('names the partner by the dialogue', () => {
    expect(dialogue.start).toMatchObject({ partner_id: 'sgd-sample_0', language: 'en' });
  });

  test('turns intents into goals and slots into entities', () => {
    expect(dialogue.steps[0]).toMatchObject([
      { type: 'SetGoal', goal: 'GetRide' },
      {
        type: 'RecordTurn',
        sender: 'user',
        parsed_intent: 'GetRide',
        extracted_entities: { destination: 'MG Road', stops: ['one', 'two'] },
      },
    ]);
  });

  test('has results of services as external updates, and their success as the goal’s completion', () => {
    const [question] = turnsOf(dialogue);
    expect(dialogue.steps[1]).toMatchObject([
      {
        type: 'RecordExternalUpdate',
        system: 'Rides_1',
        kind: 'GetRide',
        data: { parameters: { destination: 'MG Road' }, results: [{ fare: '120' }] },
      },
      { type: 'RecordTurn', sender: 'bot', in_reply_to: question?.turn_id, bot_action: 'notify_success' },
      { type: 'UpdateGoal', goal: 'GetRide', status: 'completed' },
    ]);
  });

  test('has slots of another service under its name', () => {
    expect(dialogue.steps[2]).toMatchObject([
      { type: 'SetGoal', goal: 'GetWeather' },
      { extracted_entities: { city: 'Pune', 'Rides_1.destination': 'MG Road' } },
    ]);
  });

  test('has the bot’s turns', () => {
    expect(dialogue.steps[3]).toMatchObject([{ type: 'RecordTurn', sender: 'bot', message_text: 'Sunny.' }]);
  });
});

describe('a tau-bench file', () => {
  let conversation: Conversation;
  beforeAll(async () => {
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
    const file = gzipSync(`${JSON.stringify({ messages_display })}\n`);
    [conversation] = (await read('tau.jsonl.gz', file)) as [Conversation];
  });

  test('names the partner by the customer that a tool found', () => {
    expect(conversation.start.partner_id).toBe('asha_rao_7');
  });

  test('keeps a message of several lines together', () => {
    expect(conversation.steps[0]).toMatchObject([
      { message_text: 'Where is #W12?\n\nI have waited.', extracted_entities: { order_id: '#W12' } },
    ]);
  });

  test('has answers of tools as external updates', () => {
    expect(conversation.steps.slice(1, 4)).toMatchObject([
      [{ system: 'tools', data: { text: 'asha_rao_7' } }],
      [{ system: 'orders', reference: '#W12', data: { status: 'pending' } }],
      [{ system: 'tools', data: { text: '' } }],
    ]);
  });

  test('has no turn for a call of a tool', () => {
    const texts = turnsOf(conversation).map(({ message_text }) => message_text);
    expect(texts).toEqual(['Where is #W12?\n\nI have waited.', 'It is pending.']);
  });
});

describe('a malformed file is refused in one line', () => {
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
      /dialogue 1: turn 1: utterance should be a string/,
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
