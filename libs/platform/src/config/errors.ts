/** Exit code of a process whose configuration is wrong (EX_CONFIG of sysexits.h): it prints the faults and nothing else. */
export const configExitCode = 78;

export interface ConfigFault {
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
