import { applyDecorators } from '@nestjs/common';
import type { ValidationArguments } from 'class-validator';
import { IsUUID, Matches, ValidateBy } from 'class-validator';
import type { UpdateReferences } from '#domain';
import { looksLikePhone } from '#domain';
import { Convert } from '#platform';

/** A UUID of any version (or the given one), converted to lower case: stream names are case-sensitive. */
export function IsId(version?: '4'): PropertyDecorator {
  return applyDecorators(Convert(lowerCase), IsUUID(version));
}

function lowerCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

export const flagPattern = /^[a-z][a-z0-9_]{0,63}$/;

/** The name of a flag. */
export function IsFlagName(): PropertyDecorator {
  return Matches(flagPattern, {
    message: '$property must be a letter, then letters, digits or _, all in lower case, 64 at most',
  });
}

/** A plain JSON object of at most `keys` members and `size` characters of JSON. */
export function IsJsonObject({ keys, size }: { keys: number; size: number }): PropertyDecorator {
  return ValidateBy({
    name: 'isJsonObject',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        Object.keys(value).length <= keys &&
        JSON.stringify(value).length <= size,
      defaultMessage: () =>
        `$property must be a JSON object of at most ${keys} members and ${size} characters`,
    },
  });
}

/** A text of at most 1,000 characters, a number, or true or false; null where allowed. */
export function IsJsonScalar({ nullable }: { nullable: boolean }): PropertyDecorator {
  return ValidateBy({
    name: 'isJsonScalar',
    validator: {
      validate: (value: unknown) => isScalar(value, nullable),
      defaultMessage: () => `$property must be a text of at most 1,000 characters, a number, true or false`,
    },
  });
}

const languageTag = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/;

/** A language tag of BCP 47. */
export function IsLanguageTag(): PropertyDecorator {
  return Matches(languageTag, { message: '$property must be a language tag such as "hi" or "en-IN"' });
}

export const namePattern = /^[A-Za-z0-9_.:-]*$/;

/**
 * The name of a partner or a system, of an intent, a goal or an action. Names are stored in plain text, so free text
 * is refused.
 */
export function IsName(): PropertyDecorator {
  return Matches(namePattern, { message: '$property takes letters, digits and _ . : - only' });
}

/** The id of a partner must not be personal: it is stored in plain text, and kept after an erasure. */
export function IsOpaque(): PropertyDecorator {
  return ValidateBy({
    name: 'isOpaque',
    validator: {
      validate: (value: unknown) => typeof value !== 'string' || !looksLikePhone(value),
      defaultMessage: () =>
        '$property looks like a phone number: it is stored in plain text, so send an id that does not identify the person',
    },
  });
}

export const referenceKinds: readonly (keyof UpdateReferences)[] = ['order', 'payout', 'tracking', 'partner'];

/** The references of an update: by kind, an id of 1 to 200 characters. */
export function IsReferences(): PropertyDecorator {
  return ValidateBy({
    name: 'isReferences',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        Object.entries(value).every(([kind, id]) => isReference(kind, id)),
      defaultMessage: () =>
        `$property must hold only ${referenceKinds.join(', ')}, each a text of 1 to 200 characters`,
    },
  });
}

function isReference(kind: string, id: unknown): boolean {
  const isKind = (referenceKinds as readonly string[]).includes(kind);
  // Characters are code points, as in JSON Schema.
  return isKind && typeof id === 'string' && id !== '' && id.length <= 400 && Array.from(id).length <= 200;
}

/** Preferences by name: scalars, or null to remove one. The preference `language` is a language tag. */
export function IsPreferences({ keys }: { keys: number }): PropertyDecorator {
  return ValidateBy({
    name: 'isPreferences',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        Object.keys(value).length > 0 &&
        Object.keys(value).length <= keys &&
        Object.entries(value).every(([name, item]) => isPreference(name, item)),
      defaultMessage: () =>
        `$property must hold 1 to ${keys} names (lower case, digits, _) with texts, numbers, true, false or null; ` +
        'language must be a language tag such as "hi"',
    },
  });
}

function isPreference(name: string, value: unknown): boolean {
  if (name === 'language') return typeof value === 'string' && languageTag.test(value);
  return /^[a-z][a-z0-9_]{0,63}$/.test(name) && isScalar(value, true);
}

/** Allowed only where another property of the same object has the value. */
export function OnlyWhen(property: string, expected: string): PropertyDecorator {
  return ValidateBy({
    name: 'onlyWhen',
    validator: {
      validate: (_: unknown, args?: ValidationArguments) =>
        (args?.object as Record<string, unknown> | undefined)?.[property] === expected,
      defaultMessage: () => `$property is allowed only where ${property} is "${expected}"`,
    },
  });
}

function isScalar(value: unknown, nullable: boolean): boolean {
  if (value === null) return nullable;
  if (typeof value === 'string') return value.length <= 1_000;
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}
