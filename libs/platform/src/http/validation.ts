import 'reflect-metadata';
import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import { FaultList } from '../problems/faults.ts';
import { ProblemError } from '../problems/problem.ts';
import type { FieldError } from '../problems/problem.ts';
import { DtoReader } from './dto-reader.ts';
import { isKnownValid } from './quick-check.ts';
import { unsafeValues } from './unsafe-values.ts';

/** Only a DTO class's own rules apply. */
const rules = {
  forbidUnknownValues: true,
  validationError: { target: false },
} as const;

/** Rules on the type of a value, reported before those on its size and form. Of the others, the first in the class is reported. */
const basicRules = [
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
  const reader = new DtoReader();
  const instance = reader.read(metatype as new () => object, given);
  if (reader.isOversized) throw validationFailed(reader.faults.errors);
  assertValid(instance, reader.faults.errors);
  return instance;
}

/**
 * Checks an instance of a DTO class by its rules.
 * @param known faults found before
 * @throws ProblemError `validation_failed`, with one entry per field
 */
function assertValid(instance: object, known: readonly FieldError[]): void {
  if (known.length === 0 && isKnownValid(instance)) return;
  const errors = validateSync(instance, rules);
  if (errors.length + known.length === 0) return;
  throw validationFailed([...known, ...errors.flatMap((error) => fieldErrors(error, '', false))]);
}

/** One entry for each field. An item of a list has its index in the name, as in `commands[2].goal`. */
function fieldErrors(error: ValidationError, path: string, inList: boolean): FieldError[] {
  const { property, value, children = [] } = error;
  const field = inList ? `${path}[${property}]` : path ? `${path}.${property}` : property;
  const message = messageOf(error);
  const own = message === undefined ? [] : [{ field, message }];
  return [...own, ...children.flatMap((child) => fieldErrors(child, field, Array.isArray(value)))];
}

/** Only the most basic violation: when the type is wrong, the size is meaningless. */
function messageOf({ constraints = {}, property, value }: ValidationError): string | undefined {
  const found = Object.keys(constraints);
  const [rule] = [...basicRules.filter((name) => found.includes(name)), ...found.toReversed()];
  if (rule === undefined) return undefined;
  if (value === undefined) return 'is missing';
  const text = withoutName(constraints[rule] ?? '', property);
  return plainTexts[text] ?? text;
}

/** class-validator's texts start with the property, which is already in `field`. */
function withoutName(text: string, property: string): string {
  return text.startsWith(`${property} `) ? text.slice(property.length + 1) : text;
}

/** The problem that lists the field errors, a hundred at most. */
export function validationFailed(errors: readonly FieldError[]): ProblemError {
  const faults = new FaultList();
  faults.addAll(errors);
  const detail = faults.errors
    .map(({ field, message }) => (field ? `${field} ${message}` : message))
    .join('; ');
  // A violation of the whole value has no field.
  const named = faults.errors.filter(({ field }) => field !== '');
  return new ProblemError('validation_failed', detail.slice(0, 1000), { errors: named });
}
