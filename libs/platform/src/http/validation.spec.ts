import { describe, expect, test } from '@jest/globals';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsObject, IsOptional, IsString, Max, ValidateNested } from 'class-validator';
import { ProblemError } from '../problems/problem.ts';
import type { FieldError } from '../problems/problem.ts';
import { createValidationPipe } from './validation.ts';

class Device {
  @IsString()
  model: string;
}

class Command {
  @IsString()
  goal: string;
}

class Body {
  @IsIn(['whatsapp', 'ivr'])
  channel: string;

  @IsOptional()
  @IsObject()
  extracted_entities?: object;

  @IsOptional()
  @ValidateNested()
  @Type(() => Device)
  device?: Device;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Command)
  commands?: Command[];
}

class Page {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Max(100)
  limit?: number;
}

const pipe = createValidationPipe();
const body = (value: unknown): unknown => pipe.transform(value, { type: 'body', metatype: Body });
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
const parsed = (json: string): unknown => JSON.parse(json);

describe('validation of a body', () => {
  test('gives an instance of its class, free JSON as it came', () => {
    const entities = { order_id: 'ORD9823', nested: { list: [1, null, { a: true }], text: 'हाँ 👍' } };
    const value = body({
      channel: 'ivr',
      device: { model: 'A5' },
      commands: [{ goal: 'pay' }],
      extracted_entities: entities,
    });
    expect(value).toBeInstanceOf(Body);
    expect(value).toMatchObject({ device: expect.any(Device), commands: [expect.any(Command)] });
    expect((value as Body).extracted_entities).toEqual(entities);
  });

  test('names the field, nested ones by their path', () => {
    const wrong = { channel: 'fax', device: { model: 5 }, commands: [{ goal: 'a' }, { goal: 1 }, {}] };
    expect(errorsOf(() => body(wrong))).toEqual([
      { field: 'channel', message: 'must be one of the following values: whatsapp, ivr' },
      { field: 'device.model', message: 'must be a text (string)' },
      { field: 'commands[1].goal', message: 'must be a text (string)' },
      { field: 'commands[2].goal', message: 'is missing' },
    ]);
  });

  test('refuses what is no object where one belongs', () => {
    expect(errorsOf(() => body({ channel: 'ivr', device: 'A5', commands: [5] }))).toEqual([
      { field: 'device', message: 'must be an object' },
      { field: 'commands[0]', message: 'must be an object' },
    ]);
  });

  test('refuses fields it does not know, at any level', () => {
    const wrong = {
      channel: 'ivr',
      colour: 1,
      device: { model: 'A5', os: 'x' },
      commands: [{ goal: 'a', x: 1 }],
    };
    expect(errorsOf(() => body(wrong))).toEqual([
      { field: 'colour', message: 'is not a known field' },
      { field: 'device.os', message: 'is not a known field' },
      { field: 'commands[0].x', message: 'is not a known field' },
    ]);
  });

  test.each([[[]], [[{ channel: 'ivr' }]], ['text'], [5], [true], [null]])(
    'refuses %j instead of an object',
    (value) => {
      expect(errorsOf(() => body(value))).toEqual([]);
      expect(() => body(value)).toThrow('the body must be an object');
    },
  );

  test('takes no body as an empty one', () => {
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
    ['{"channel":"ivr","device":{"model":"\\udc4d"}}', 'device.model'],
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

  test('lists at most a hundred errors, in a text that stays short', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`field_${i}`, 1]));
    const run = (): unknown => body({ channel: 'ivr', ...many });
    expect(errorsOf(run)).toHaveLength(100);
    expect(run).toThrow(/^.{900,1000}$/);
  });
});

describe('validation of a query and of a path', () => {
  test('converts what the class says, and nothing else', () => {
    expect(query({ limit: '5' })).toEqual({ limit: 5 });
    for (const limit of ['five', ['5', '6'], '5.5'])
      expect(errorsOf(() => query({ limit }))).toEqual([
        { field: 'limit', message: 'must be a whole number' },
      ]);
    expect(errorsOf(() => query({ colour: 'red' }))).toEqual([
      { field: 'colour', message: 'is not a known field' },
    ]);
  });

  test('a parameter without a class passes as it is', () => {
    expect(pipe.transform('x', { type: 'param', metatype: String, data: 'goal' })).toBe('x');
    expect(pipe.transform({ any: 1 }, { type: 'custom', metatype: Body })).toEqual({ any: 1 });
  });
});
