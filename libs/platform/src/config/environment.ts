import 'reflect-metadata';
import { plainToInstance, Type } from 'class-transformer';
import { IsInt, Max, Min, ValidateBy, validateSync } from 'class-validator';

/** Exit code of a process whose configuration is wrong (EX_CONFIG of sysexits.h). */
const configExitCode = 78;

interface ConfigFault {
  readonly variable: string;
  readonly message: string;
  readonly example: string;
}

/** Thrown when a process cannot start with its configuration; the message says what to change. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Thrown when environment variables are missing or wrong; its message names each, and never shows a value. */
export class EnvironmentError extends ConfigError {
  constructor(readonly faults: readonly ConfigFault[]) {
    const list = faults.map((f) => `${f.variable} ${f.message} (example: ${f.variable}=${f.example})`);
    super(`Wrong environment: ${list.join('; ')}`);
  }
}

interface EnvironmentOptions<T> {
  /** Example values, for error texts; not needed for variables with a default. */
  readonly examples?: { readonly [name in keyof T]?: string };
  /** Older names that are still accepted. */
  readonly aliases?: { readonly [name in keyof T]?: string };
  /** Replace the defaults of the class. */
  readonly defaults?: Partial<T>;
}

/**
 * Reads the variables that a class declares, with its class-validator rules; an empty variable counts as unset.
 * @throws EnvironmentError that lists every wrong variable
 */
export function readEnvironment<T extends object>(
  type: new () => T,
  env: NodeJS.ProcessEnv,
  { examples, aliases, defaults }: EnvironmentOptions<T> = {},
): T {
  const standard = new type();
  const names = Object.keys(standard) as (keyof T & string)[];
  const text = (name: keyof T & string): string | undefined =>
    env[name]?.trim() || env[aliases?.[name] ?? '']?.trim() || undefined;
  const given = names.filter((name) => text(name)).map((name) => [name, text(name)] as const);
  const environment = plainToInstance(type, { ...defaults, ...Object.fromEntries(given) });
  const faults = validateSync(environment, { forbidUnknownValues: false }).map(
    ({ property, value, constraints }) => ({
      variable: property,
      message: value === undefined ? 'is missing' : (Object.values(constraints ?? {})[0] ?? 'is wrong'),
      example: examples?.[property as keyof T] ?? String(standard[property as keyof T]),
    }),
  );
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
