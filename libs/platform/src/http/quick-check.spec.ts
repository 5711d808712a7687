import { expect, test } from '@jest/globals';
import type { ValidationArguments } from 'class-validator';
import {
  IsIn,
  IsNumber,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
  validateSync,
} from 'class-validator';
import fc from 'fast-check';
import { isKnownValid } from './quick-check.ts';

class Named {
  @IsUUID()
  id: unknown;

  @IsOptional()
  @IsString()
  @Length(1, 3)
  name?: unknown;
}

class Dto extends Named {
  @IsIn(['user', 'bot'])
  sender: unknown;

  @IsNumber()
  @Min(0)
  @Max(1)
  confidence: unknown;

  @Matches(/^[a-z]+$/)
  @ValidateIf(({ sender }: Dto) => sender === 'bot')
  intent: unknown;

  @IsOptional()
  @ValidateBy({
    name: 'isReply',
    validator: {
      validate: (value, args?: ValidationArguments) =>
        (args?.object as Dto | undefined)?.sender === 'user' && value !== '',
    },
  })
  reply?: unknown;
}

const missing = fc.constantFrom(undefined, null);
const wrong = fc.oneof(missing, fc.constantFrom('', 'abcd', -1, 2, Number.NaN, {}, []));
const dto = fc.record({
  id: fc.oneof({ weight: 8, arbitrary: fc.uuid() }, wrong),
  name: fc.oneof({ weight: 8, arbitrary: fc.constantFrom('a', 'abc') }, wrong),
  sender: fc.oneof({ weight: 8, arbitrary: fc.constantFrom('user', 'bot') }, wrong),
  confidence: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(0, 0.5, 1) }, wrong),
  intent: fc.oneof({ weight: 8, arbitrary: fc.constant('ask') }, wrong),
  reply: fc.oneof({ weight: 8, arbitrary: missing }, wrong, fc.constant('hello')),
});

test('an instance is valid when class-validator finds nothing', () => {
  const outcomes = new Set<boolean>();
  fc.assert(
    fc.property(dto, (fields) => {
      const instance = Object.assign(new Dto(), fields);
      const isValid = isKnownValid(instance);
      outcomes.add(isValid);
      expect(isValid).toBe(validateSync(instance).length === 0);
    }),
    { numRuns: 500 },
  );
  expect(outcomes.size).toBe(2);
});

class Lists {
  @IsString({ each: true })
  names = ['a'];
}

class Free {}

test.each([new Lists(), new Free()])(
  'rules for more than single values, or no rules, are left to class-validator',
  (instance) => {
    expect(isKnownValid(instance)).toBe(false);
  },
);
