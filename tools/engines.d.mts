/** Process ids by name, and signals: `guard.signal('projector', 'SIGKILL')`. What ends is started again. */
export interface Guard {
  readonly pids: ReadonlyMap<string, number>;
  signal(name: string, signal: NodeJS.Signals): void;
}

export interface System {
  /** The variables of the engines: EVENTSTORE_URL, KAFKA_BROKERS, REDIS_URL, DATABASE_URL. */
  readonly env: Readonly<Record<string, string>>;
  /** Addresses of the api nodes. */
  readonly apis: readonly string[];
  readonly guard: Guard;
}

export declare function withSystem<T>(
  options: { readonly apis?: number; readonly env?: Readonly<Record<string, string>> },
  fn: (system: System) => Promise<T>,
): Promise<T>;
