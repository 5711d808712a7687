import { Redis } from 'ioredis';

/** An argument of a script. */
type Argument = string | number;

/** A script's reply for one pool, or the error. */
type Reply = { readonly value: unknown } | { readonly error: Error };

/** The prefix of a pool's keys; its braces are the hash tag that keeps them together. */
export function keyOf(pool: string): string {
  return `agents:{${pool}}`;
}

/** The registry is small, and leases have to be renewed: its scripts run even when Redis is out of memory. */
const head = '#!lua flags=allow-oom\n';

/** Runs the registry's scripts. The client sends each script's text once. */
export class ScriptRunner {
  /** The names under which the client knows the scripts. */
  private readonly defined = new Map<string, string>();

  constructor(private readonly redis: Redis) {}

  /** @throws any error of the script or of Redis */
  async run(script: string, pool: string, args: readonly Argument[]): Promise<unknown> {
    const [reply] = await this.runAll([[script, pool, args]]);
    if (reply && 'error' in reply) throw reply.error;
    return reply?.value;
  }

  /** Runs scripts of several pools concurrently: a failure of one pool does not affect the others. */
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
