import { getMetadataStorage, ValidationTypes } from 'class-validator';
import { memoized } from './memoized.ts';

type Class = new () => object;
type Instance = Readonly<Record<string, unknown>>;
type Check = (value: unknown, instance: Instance) => boolean;

interface PropertyChecks {
  readonly name: string;
  /** When one of these is false, the property is optional and absent, so nothing is checked. */
  readonly conditions: readonly Check[];
  readonly checks: readonly Check[];
}

/**
 * Whether an instance satisfies the rules of its DTO class, in a fraction of class-validator's time, which prepares
 * error texts although most requests are valid. Also false when only class-validator can tell.
 */
export function isKnownValid(instance: object): boolean {
  const properties = checksOf(instance.constructor as Class);
  return properties?.every((property) => isValid(instance as Instance, property)) === true;
}

function isValid(instance: Instance, { name, conditions, checks }: PropertyChecks): boolean {
  const value = instance[name];
  const holds = (check: Check): boolean => check(value, instance);
  return !conditions.every(holds) || checks.every(holds);
}

/** The checks of a class by property; undefined when it has no rules, or rules for more than single values. */
const checksOf = memoized((type: Class): readonly PropertyChecks[] | undefined => {
  const storage = getMetadataStorage();
  const rules = storage.getTargetValidationMetadatas(type, '', false, false);
  const { CONDITIONAL_VALIDATION, CUSTOM_VALIDATION } = ValidationTypes;
  const isPlain = rules.every(
    ({ type: kind, each, validateIf }) =>
      kind === CONDITIONAL_VALIDATION || (kind === CUSTOM_VALIDATION && !each && validateIf === undefined),
  );
  if (rules.length === 0 || !isPlain) return undefined;
  const properties = Map.groupBy(rules, ({ propertyName }) => propertyName);
  return [...properties].map(([name, own]) => {
    const ofKind = (kind: string) => own.filter((rule) => rule.type === kind);
    const conditions = ofKind(CONDITIONAL_VALIDATION).map(
      ({ constraints }): Check =>
        (value, instance) =>
          Boolean(constraints[0](instance, value)),
    );
    const checks = ofKind(CUSTOM_VALIDATION).flatMap(({ constraintCls, constraints }) =>
      storage.getTargetValidatorConstraints(constraintCls).map(
        ({ instance: validator }): Check =>
          (value, object) =>
            validator.validate(value, {
              value,
              object,
              constraints,
              targetName: type.name,
              property: name,
            }) === true,
      ),
    );
    return { name, conditions, checks };
  });
});
