import 'reflect-metadata';
import { applyDecorators } from '@nestjs/common';
import {
  ArrayMaxSize,
  ArrayMinSize,
  getMetadataStorage,
  IS_OPTIONAL,
  IsArray,
  ValidateNested,
} from 'class-validator';
import { memoized } from './memoized.ts';

type Class = new () => object;

/** What the class of a DTO declares about a property, as far as it is needed before the rules are checked. */
export interface PropertyRule {
  /** Limits: Unicode characters of a text, and items of a list. */
  readonly maxCharacters: number;
  readonly maxItems: number;
  /** It may be left out; null says so, too. */
  readonly isOptional: boolean;
  readonly convert: ((value: unknown) => unknown) | undefined;
  /** The class of each list item, by the item's `type`. */
  readonly itemClasses: ReadonlyMap<string, Class> | undefined;
}

const convertKey = Symbol('convert');
const itemsKey = Symbol('items');

// class-validator collects and groups a class's rules again for each value, which takes half of its time. Here it is done once.
const storage = getMetadataStorage();
storage.getTargetValidationMetadatas = memoized(storage.getTargetValidationMetadatas.bind(storage));
storage.groupByPropertyName = memoized(storage.groupByPropertyName.bind(storage));

/** The rules of the class's properties, by name; a field without rules is unknown. */
export const propertyRules = memoized((type: Class): ReadonlyMap<string, PropertyRule> => {
  const found = storage.getTargetValidationMetadatas(type, '', false, false);
  const prototype = type.prototype as object;
  const rules = new Map<string, PropertyRule>();
  for (const { propertyName, name, constraints } of found) {
    const before = rules.get(propertyName);
    const limit = (kind: string): number => (name === kind ? Number(constraints?.at(-1)) : Infinity);
    rules.set(propertyName, {
      maxCharacters: Math.min(before?.maxCharacters ?? Infinity, limit('isLength'), limit('maxLength')),
      maxItems: Math.min(before?.maxItems ?? Infinity, limit('arrayMaxSize')),
      isOptional: before?.isOptional === true || name === IS_OPTIONAL,
      convert: Reflect.getMetadata(convertKey, prototype, propertyName) as PropertyRule['convert'],
      itemClasses: Reflect.getMetadata(itemsKey, prototype, propertyName) as PropertyRule['itemClasses'],
    });
  }
  return rules;
});

/** Converts the value of a property before its rules are checked. */
export function Convert(convert: (value: unknown) => unknown): PropertyDecorator {
  return Reflect.metadata(convertKey, convert);
}

/** A list of `min` to `max` objects, whose `type` selects their class. */
export function ItemsByType(
  classes: ReadonlyMap<string, Class>,
  { min, max }: { readonly min: number; readonly max: number },
): PropertyDecorator {
  return applyDecorators(
    IsArray(),
    ArrayMinSize(min),
    ArrayMaxSize(max),
    ValidateNested({ each: true }),
    Reflect.metadata(itemsKey, classes),
  );
}
