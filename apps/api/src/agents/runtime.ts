import type { Redis } from 'ioredis';
import type { Appended } from '#sessions';
import type { Logger } from '#platform';
import type { AgentMetrics } from './metrics.ts';
import { Registry } from './registry/registry.ts';
import type { StreamNotification } from '#read-models';
import { Notifier } from './delivery/notifier.ts';

export interface AgentOptions {
  /** Names this api node; another one after each start. */
  readonly node: string;
  readonly leaseMs: number;
  /** How long a session may wait for an instance before a handoff is asked; 0: for ever. */
  readonly unansweredHandoffS: number;
  readonly logger: Logger;
  readonly metrics?: AgentMetrics;
}

const everything: StreamNotification = { first: 0, last: Number.MAX_SAFE_INTEGER, quiet: false };

/** What the agents' part of the api stands on, and the wires between it and the command path. */
export class AgentRuntime {
  readonly registry: Registry;
  readonly wakes: Notifier;
  readonly logger: Logger;
  readonly metrics: AgentMetrics | undefined;
  private readonly listeners: ((appended: Appended) => void)[] = [];
  /** Told what the registry says to this node. */
  onNode: (message: string) => void = () => undefined;
  /** Told when Redis is back. */
  onBack: () => void = () => undefined;

  constructor(
    readonly redis: Redis,
    readonly options: AgentOptions,
  ) {
    this.logger = options.logger;
    this.metrics = options.metrics;
    this.registry = new Registry(redis, options.node);
    this.wakes = new Notifier(
      redis.duplicate(),
      options.node,
      (message) => this.onNode(message),
      () => {
        this.wakes.hearAll(everything);
        this.onBack();
      },
    );
  }

  /** Hears of everything that this process appends. */
  onAppended(listener: (appended: Appended) => void): void {
    this.listeners.push(listener);
  }

  appended(appended: Appended): void {
    for (const listener of this.listeners) listener(appended);
  }
}
