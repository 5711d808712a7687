import 'reflect-metadata';
import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import { ProblemError } from '../problems/problem.ts';
import type { FieldError } from '../problems/problem.ts';
import { unsafeValues } from './unsafe-values.ts';

/** Only a DTO class's own rules apply: a field that it does not name is an error, and no value is converted implicitly. */
const rules = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  validationError: { target: false },
} as const;

/** Rules on the type of a value, reported before those on its size and form. Of the others the first in the class is. */
const basicRules = [
  'whitelistValidation',
  'isDefined',
  'isString',
  'isNumber',
  'isInt',
  'isBoolean',
  'isArray',
  'isObject',
  'nestedValidation',
  'isIn',
  'isUuid',
];

/** Simpler texts for some of class-validator's. */
const plainTexts: Readonly<Record<string, string>> = {
  'must be a string': 'must be a text (string)',
  'must be an integer number': 'must be a whole number',
  'must be a number conforming to the specified constraints': 'must be a number',
};

// class-validator collects and groups a class's rules again for each value: half of its time. Once is enough.
const storage = getMetadataStorage();
storage.getTargetValidationMetadatas = memoized(storage.getTargetValidationMetadatas.bind(storage));
storage.groupByPropertyName = memoized(storage.groupByPropertyName.bind(storage));

/** The function with its results kept by the first argument; the others are always the same. */
function memoized<Key extends object, Rest extends unknown[], Result>(
  compute: (key: Key, ...rest: Rest) => Result,
): (key: Key, ...rest: Rest) => Result {
  const results = new WeakMap<Key, Result>();
  return (key, ...rest) => {
    const result = results.get(key) ?? compute(key, ...rest);
    results.set(key, result);
    return result;
  };
}

const primitives = new Set<unknown>([String, Number, Boolean, Array, Object]);

/** The global pipe: turns a body, query or path into an instance of its DTO class, or throws `validation_failed`. */
export function createValidationPipe(): PipeTransform {
  return { transform: validate };
}

function validate(value: unknown, { metatype, type }: ArgumentMetadata): unknown {
  if (type === 'custom') return value;
  const untyped = metatype === undefined || primitives.has(metatype);
  if (untyped && type !== 'body') return value;
  const unsafe = unsafeValues(value ?? {});
  if (unsafe.length > 0) throw validationFailed(unsafe);
  if (untyped) return value;
  const given = value === undefined ? {} : value;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw validationFailed([{ field: '', message: `the ${type} must be an object` }]);
  const instance: unknown = plainToInstance(metatype, given);
  assertValid(instance as object);
  return instance;
}

/** Checks an instance of a DTO class by its rules. @throws ProblemError `validation_failed`, with an entry a field */
export function assertValid(instance: object): void {
  const errors = validateSync(instance, rules);
  if (errors.length > 0) throw validationFailed(errors.flatMap((error) => fieldErrors(error, '', false)));
}

/** One entry for each field. An item of a list has its index in the name, as in `commands[2].goal`. */
function fieldErrors(error: ValidationError, path: string, inList: boolean): FieldError[] {
  const field = inList ? `${path}[${error.property}]` : path ? `${path}.${error.property}` : error.property;
  const message = messageOf(error);
  const own = message === undefined ? [] : [{ field, message }];
  const list = Array.isArray(error.value);
  return [...own, ...childrenOf(error, inList).flatMap((child) => fieldErrors(child, field, list))];
}

/** The most basic violation only: when the type is wrong, the size says nothing. */
function messageOf({ constraints = {}, property, value }: ValidationError): string | undefined {
  const found = Object.keys(constraints);
  const [rule] = [...basicRules.filter((name) => found.includes(name)), ...found.toReversed()];
  if (rule === undefined) return undefined;
  if (rule === 'whitelistValidation') return 'is not a known field';
  if (value === undefined) return 'is missing';
  if (rule === 'nestedValidation') return 'must be an object';
  const text = withoutName(constraints[rule] ?? '', property);
  return plainTexts[text] ?? text;
}

/** The fields that an item of a list may have depend on its type: they are not checked when that is wrong. */
function childrenOf({ children = [] }: ValidationError, inList: boolean): readonly ValidationError[] {
  const untyped = inList && children.some(({ property, constraints }) => property === 'type' && constraints);
  return untyped ? children.filter(({ constraints }) => !constraints?.['whitelistValidation']) : children;
}

/** class-validator's texts begin with the property, which is in `field` already. */
function withoutName(text: string, property: string): string {
  return text.startsWith(`${property} `) ? text.slice(property.length + 1) : text;
}

/** The problem that lists errors of fields. */
export function validationFailed(errors: readonly FieldError[]): ProblemError {
  const detail = errors.map(({ field, message }) => (field ? `${field} ${message}` : message)).join('; ');
  // A violation of the whole value has no field.
  const named = errors.filter(({ field }) => field !== '').slice(0, 100);
  return new ProblemError('validation_failed', detail.slice(0, 1000), { errors: named });
}
