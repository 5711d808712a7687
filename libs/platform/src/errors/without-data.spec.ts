import { expect, test } from '@jest/globals';
import { stackWithoutData, textWithoutData } from './without-data.ts';

const failed = (text: string): Error => {
  try {
    JSON.parse(text);
  } catch (error) {
    return error as Error;
  }
  throw new Error('It is JSON.');
};
const database = (code: string, message: string): Error => Object.assign(new Error(message), { code });

test.each([
  failed('{"name":"Asha",'),
  failed('Asha'),
  failed('{"name":Asha}'),
  failed(`{"name":"${'Asha '.repeat(50)}`),
  database('22P02', 'invalid input syntax for type uuid: "Asha"'),
  database('22P02', 'invalid input syntax for type json: "Asha\nRao"'),
  new Error("ERR unknown command 'FCALX', with args beginning with: 'Asha' "),
])('%s is reported without the data', (error) => {
  expect(textWithoutData(error)).not.toContain('Asha');
  expect(stackWithoutData(error)).not.toContain('Asha');
  expect(stackWithoutData(error)).toContain('without-data.spec');
});

test.each([
  [failed('{"a":1,'), 'malformed JSON at position 7 (line 1 column 8)'],
  [database('22P02', 'invalid input syntax for type uuid: "x"'), 'invalid input syntax for type uuid'],
  [database('57014', 'canceling statement: timeout'), 'canceling statement: timeout'],
  [new Error('connect ECONNREFUSED 127.0.0.1:1'), 'connect ECONNREFUSED 127.0.0.1:1'],
])('%s still names the fault: %s', (error, text) => {
  expect(textWithoutData(error)).toBe(text);
});
