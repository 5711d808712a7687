import 'reflect-metadata';
import { plainToInstance, Type } from 'class-transformer';
import { IsInt, Max, Min, ValidateBy, validateSync } from 'class-validator';
import type { ConfigFault } from './errors.ts';
import { ConfigError, configExitCode, EnvironmentError } from './errors.ts';
import { textOf } from './secrets.ts';

interface EnvironmentOptions<T> {
  /** Example values, for error texts; not needed for variables with a default. */
  readonly examples?: { readonly [name in keyof T]?: string };
  /** Older names that are still accepted. */
  readonly aliases?: { readonly [name in keyof T]?: string };
  /** Replace the defaults of the class. */
  readonly defaults?: Partial<T>;
}

/**
 * Reads the variables that a class declares, with its class-validator rules, secrets also from files (`secretVariables`); an empty
 * variable counts as unset.
 * @throws EnvironmentError that lists every wrong variable
 */
export function readEnvironment<T extends object>(
  type: new () => T,
  env: NodeJS.ProcessEnv,
  { examples, aliases, defaults }: EnvironmentOptions<T> = {},
): T {
  const standard = new type();
  const names = Object.keys(standard) as (keyof T & string)[];
  const unreadable = new Map<string, ConfigFault>();
  const text = (name: keyof T & string): string | undefined => {
    try {
      return textOf(env, name) ?? textOf(env, aliases?.[name] ?? '');
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      for (const fault of error.faults) unreadable.set(name, fault);
      return undefined;
    }
  };
  const given = names.flatMap((name) => {
    const value = text(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const environment = plainToInstance(type, { ...defaults, ...Object.fromEntries(given) });
  const wrong = validateSync(environment, { forbidUnknownValues: false }).filter(
    ({ property }) => !unreadable.has(property),
  );
  const faults = wrong.map(({ property, value, constraints }) => ({
    variable: property,
    message: value === undefined ? 'is missing' : (Object.values(constraints ?? {})[0] ?? 'is wrong'),
    example: examples?.[property as keyof T] ?? String(standard[property as keyof T]),
  }));
  faults.push(...unreadable.values());
  if (faults.length > 0) throw new EnvironmentError(faults);
  return environment;
}

/** Runs `load`; on a ConfigError writes its message to stderr and ends the process with 78. */
export function orExit<T>(load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(configExitCode);
  }
}

/** A whole number in a range, both ends included. */
export function IsWhole(min: number, max: number): PropertyDecorator {
  const message = `must be a whole number from ${min} to ${max}`;
  return (target, key) => {
    for (const decorate of [
      Type(() => Number),
      IsInt({ message }),
      Min(min, { message }),
      Max(max, { message }),
    ])
      decorate(target, key);
  };
}

/** The items of a comma-separated text. */
export function listOf(text: string): string[] {
  return text.split(',').filter((item) => item !== '');
}

/** A comma-separated list whose items are all valid; it may be empty. */
export function IsListOf(isValid: (item: string) => boolean, message: string): PropertyDecorator {
  const validate = (text: string): boolean => listOf(text).every((item) => isValid(item));
  return ValidateBy({ name: 'isListOf', validator: { validate, defaultMessage: () => message } });
}
