import { describe, expect, test } from '@jest/globals';
import { IsIn, IsInt, IsObject, IsOptional, IsString, Length, Max } from 'class-validator';
import { ProblemError } from '../problems/problem.ts';
import type { FieldError } from '../problems/problem.ts';
import { Convert, ItemsByType } from './dto.ts';
import { createValidationPipe } from './validation.ts';

class Command {
  @IsIn(['goal'])
  type: string;

  @IsString()
  @Length(1, 8)
  goal: string;
}

class Body {
  @IsIn(['whatsapp', 'ivr'])
  channel: string;

  @IsOptional()
  @IsObject()
  extracted_entities?: object;

  @IsOptional()
  @ItemsByType(new Map([['goal', Command]]), { min: 1, max: 3 })
  commands?: Command[];
}

class Page {
  @IsOptional()
  @Convert((value) => (typeof value === 'string' ? Number(value) : value))
  @IsInt()
  @Max(100)
  limit?: number;
}

class Asked {
  @IsOptional()
  @IsInt()
  limit = 50;

  @IsOptional()
  @IsIn(['ivr'])
  channel?: string;

  @IsInt()
  from: number;
}

const pipe = createValidationPipe();
const body = (value: unknown): unknown => pipe.transform(value, { type: 'body', metatype: Body });
const asked = (value: unknown): unknown => pipe.transform(value, { type: 'body', metatype: Asked });
const query = (value: unknown): unknown => pipe.transform(value, { type: 'query', metatype: Page });

function errorsOf(run: () => unknown): readonly FieldError[] | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof ProblemError) return error.members.errors;
    throw error;
  }
  return [];
}
const fieldsOf = (value: unknown): string[] | undefined =>
  errorsOf(() => body(value))?.map(({ field }) => field);
const goal = (value: unknown): object => ({ type: 'goal', goal: value });
const parsed = (json: string): unknown => JSON.parse(json);

describe('validation of a body', () => {
  test('takes null for an optional field as if it were left out', () => {
    expect(asked({ limit: null, channel: null, from: 1 })).toEqual(asked({ from: 1 }));
    expect(errorsOf(() => asked({ from: null }))).toMatchObject([{ field: 'from' }]);
  });

  test('returns an instance of its class, with free-form JSON unchanged', () => {
    const entities = { order_id: 'ORD9823', nested: { list: [1, null, { a: true }], text: 'हाँ 👍' } };
    const value = body({
      channel: 'ivr',
      commands: [{ type: 'goal', goal: 'pay' }],
      extracted_entities: entities,
    });
    expect(value).toBeInstanceOf(Body);
    expect(value).toMatchObject({ commands: [expect.any(Command)] });
    expect((value as Body).extracted_entities).toEqual(entities);
  });

  test('names the field, with the path of nested ones', () => {
    expect(
      errorsOf(() => body({ channel: 'fax', commands: [goal('a'), goal(1), { type: 'goal' }] })),
    ).toEqual([
      { field: 'channel', message: 'must be one of the following values: whatsapp, ivr' },
      { field: 'commands[1].goal', message: 'must be a text (string)' },
      { field: 'commands[2].goal', message: 'is missing' },
    ]);
  });

  test.each([5, null, 'text', [goal('a')]])('refuses the item %j where an object belongs', (item) => {
    expect(errorsOf(() => body({ channel: 'ivr', commands: [goal('a'), item] }))).toEqual([
      { field: 'commands[1]', message: 'must be an object' },
    ]);
  });

  test.each([
    [{ goal: 1 }, 'is missing'],
    [{ type: ['goal'] }, 'must be one of the following values: goal'],
    [{ type: 'toString', x: 1 }, 'must be one of the following values: goal'],
  ])('reports only the type error of the item %j', (item, message) => {
    const field = 'commands[0].type';
    expect(errorsOf(() => body({ channel: 'ivr', commands: [item] }))).toEqual([{ field, message }]);
  });

  test('refuses fields it does not know, at any level, whatever they are named', () => {
    const wrong = { channel: 'ivr', colour: 1, toString: 1, commands: [{ ...goal('a'), hasOwnProperty: 1 }] };
    const message = 'is not a known field';
    expect(errorsOf(() => body(wrong))).toEqual(
      ['colour', 'toString', 'commands[0].hasOwnProperty'].map((field) => ({ field, message })),
    );
  });

  test.each([[[]], [[{ channel: 'ivr' }]], ['text'], [5], [true], [null]])(
    'refuses %j instead of an object',
    (value) => {
      expect(errorsOf(() => body(value))).toEqual([]);
      expect(() => body(value)).toThrow('the body must be an object');
    },
  );

  test('treats a missing body as an empty one', () => {
    expect(fieldsOf(undefined)).toEqual(['channel']);
  });

  test.each([
    ['{"channel":"ivr","__proto__":{"admin":true}}', '__proto__'],
    ['{"channel":"ivr","constructor":{"name":"x"}}', 'constructor'],
    ['{"channel":"ivr","extracted_entities":{"a":{"__proto__":1}}}', 'extracted_entities.a.__proto__'],
    ['{"channel":"ivr","extracted_entities":{"l":[{"prototype":1}]}}', 'extracted_entities.l[0].prototype'],
  ])('refuses the keys that reach into prototypes: %s', (json, field) => {
    expect(errorsOf(() => body(parsed(json)))).toEqual([{ field, message: 'is not an allowed key' }]);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test.each([
    ['{"channel":"ivr","extracted_entities":{"text":"a\\u0000b"}}', 'extracted_entities.text'],
    ['{"channel":"ivr","extracted_entities":{"text":"\\ud83d"}}', 'extracted_entities.text'],
    ['{"channel":"ivr","commands":[{"goal":"\\udc4d"}]}', 'commands[0].goal'],
    ['{"channel":"ivr","extracted_entities":{"a\\u0000":1}}', 'extracted_entities.a\0'],
  ])('refuses text that a database cannot store: %s', (json, field) => {
    expect(fieldsOf(parsed(json))).toEqual([field]);
  });

  test.each([['['], ['{"a":']])('refuses nesting without end: %s', (open) => {
    const close = open === '[' ? ']' : '}';
    const deep = parsed(`${open.repeat(20_000)}1${close.repeat(20_000)}`);
    expect(errorsOf(() => body({ channel: 'ivr', extracted_entities: { deep } }))).toMatchObject([
      { message: 'is nested deeper than 32 levels' },
    ]);
  });

  test('lists at most a hundred errors, in a short text', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`field_${i}`, 1]));
    const run = (): unknown => body({ channel: 'ivr', ...many });
    expect(errorsOf(run)).toHaveLength(100);
    expect(run).toThrow(/^.{900,1000}$/);
  });
});

describe('validation of a large body', () => {
  test.each([20_000, 130_000])('shortens keys of %i characters', (length) => {
    const key = 'k'.repeat(length);
    const errors = errorsOf(() => body({ channel: 'ivr', [key]: Array(5_000).fill('\0') }));
    expect(errors).toHaveLength(100);
    expect(errors?.[0]?.field).toBe(`${'k'.repeat(199)}…`);
  });

  test('checks the length of a list before the items', () => {
    let reads = 0;
    const item = { goal: 5 };
    Object.defineProperty(item, 'type', { get: () => (reads += 1) });
    expect(
      errorsOf(() => body({ channel: 'ivr', commands: Array.from({ length: 10_000 }, () => item) })),
    ).toEqual([{ field: 'commands', message: 'must have at most 3 items' }]);
    expect(reads).toBe(0);
  });

  test('checks the size of a text before its form', () => {
    expect(errorsOf(() => body({ channel: 'ivr', commands: [goal('x'.repeat(9))] }))).toEqual([
      { field: 'commands[0].goal', message: 'must have at most 8 characters' },
    ]);
  });

  test.each([
    ['each of two code units', '👍'.repeat(8), true],
    ['too many of them', '👍'.repeat(9), false],
    ['that choose how others look', `a${'\uFE0F'.repeat(8)}`, false],
  ])('counts every character of a text: %s', (_, text, isTaken) => {
    expect(errorsOf(() => body({ channel: 'ivr', commands: [goal(text)] }))).toHaveLength(isTaken ? 0 : 1);
  });
});

describe('validation of a query and of a path', () => {
  test('converts only what the class declares', () => {
    expect(query({ limit: '5' })).toEqual({ limit: 5 });
    for (const limit of ['five', ['5', '6'], '5.5'])
      expect(errorsOf(() => query({ limit }))).toEqual([
        { field: 'limit', message: 'must be a whole number' },
      ]);
    expect(errorsOf(() => query({ colour: 'red' }))).toEqual([
      { field: 'colour', message: 'is not a known field' },
    ]);
  });

  test('a parameter without a class passes unchanged', () => {
    expect(pipe.transform('x', { type: 'param', metatype: String, data: 'goal' })).toBe('x');
    expect(pipe.transform({ any: 1 }, { type: 'custom', metatype: Body })).toEqual({ any: 1 });
  });
});
