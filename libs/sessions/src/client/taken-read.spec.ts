import { expect, test } from '@jest/globals';
import { Answers } from './taken-read.ts';

function framed(answer: string, isCompressed = false): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(isCompressed ? 1 : 0);
  prefix.writeUInt32BE(answer.length, 1);
  return Buffer.concat([prefix, Buffer.from(answer)]);
}

/** The answers in bytes that arrive in pieces of a size, and the bytes that are left to gRPC. */
function answersIn(bytes: Buffer, pieceSize: number, longest = -1): [string[], string] {
  const found: string[] = [];
  const answers = new Answers((answer) => found.push(answer.toString()), longest);
  const rest: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceSize)
    rest.push(answers.add(bytes.subarray(at, at + pieceSize)) ?? Buffer.alloc(0));
  return [found, Buffer.concat(rest).toString('hex')];
}

const texts = ['one', '', 'x'.repeat(300), 'four'];

test.each([1, 2, 4, 5, 6, 7, 100, 1_000])(
  'answers are found in bytes that arrive in pieces of %d',
  (size) => {
    expect(answersIn(Buffer.concat(texts.map((text) => framed(text))), size)).toEqual([texts, '']);
  },
);

test.each([1, 3, 1_000])('from a compressed answer on, bytes in pieces of %d are left to gRPC', (size) => {
  const rest = Buffer.concat([framed('two', true), framed('three')]);
  const found = answersIn(Buffer.concat([framed('one'), rest]), size);
  expect(found).toEqual([['one'], rest.toString('hex')]);
});

test('an answer that is too long is left to gRPC, which refuses it', () => {
  const rest = framed('x'.repeat(11));
  expect(answersIn(Buffer.concat([framed('one'), rest]), 7, 10)).toEqual([['one'], rest.toString('hex')]);
});
