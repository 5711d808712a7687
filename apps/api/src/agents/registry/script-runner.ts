import { Redis } from 'ioredis';

/** An argument of a script. */
type Argument = string | number;

/** What a script answered for one pool, or why it failed. */
type Reply = { readonly value: unknown } | { readonly error: Error };

/** The prefix of a pool's keys; its braces are the hash tag that keeps them together. */
export function keyOf(pool: string): string {
  return `agents:{${pool}}`;
}

/** The registry is small, and leases have to be renewed: its scripts run although Redis has no memory left. */
const head = '#!lua flags=allow-oom\n';

/** Runs the registry's scripts. The client sends each script's text once. */
export class ScriptRunner {
  /** The names under which the client knows the scripts. */
  private readonly defined = new Map<string, string>();

  constructor(private readonly redis: Redis) {}

  /** @throws what the script, or Redis, throws */
  async run(script: string, pool: string, args: readonly Argument[]): Promise<unknown> {
    const [reply] = await this.runAll([[script, pool, args]]);
    if (reply && 'error' in reply) throw reply.error;
    return reply?.value;
  }

  /** Runs scripts of several pools at once: a fault of one pool does not concern the others. */
  async runAll(calls: readonly (readonly [string, string, readonly Argument[]])[]): Promise<Reply[]> {
    if (calls.length === 0) return [];
    const commands = calls.map(([script, pool, args]) => [this.nameOf(script), keyOf(pool), ...args]);
    const replies = await this.redis.pipeline(commands).exec();
    return calls.map((_, index) => {
      const [error, value] = replies?.[index] ?? [new Error('Redis did not answer.'), undefined];
      return error ? { error } : { value };
    });
  }

  private nameOf(script: string): string {
    const known = this.defined.get(script);
    if (known !== undefined) return known;
    const name = `turnstreamAgents${this.defined.size}`;
    this.redis.defineCommand(name, { numberOfKeys: 1, lua: head + script });
    this.defined.set(script, name);
    return name;
  }
}
