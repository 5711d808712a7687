import { Connection } from './connection.ts';
import { isConnectionUnusable, NoAnswerError, StoreUnavailableError } from './errors.ts';

type Role = 'appends' | 'reads';

/** A server allows 100 calls on a connection. */
const subscriptionsOnOne = 50;

/**
 * The connections of a process to the event store: one for appends, one for reads, and as many as the subscriptions need.
 * A failed call fails alone. An unusable connection is replaced; its other calls continue.
 */
export class Connections {
  private readonly current = new Map<Role, Connection>();
  private readonly subscriptions = new Set<Connection>();
  /** All open connections, including replaced ones. */
  private readonly all = new Set<Connection>();
  private disposed = false;

  /** @param silentMs how long a server may answer nothing before it counts as hung */
  constructor(
    private readonly url: string,
    private readonly silentMs: number,
  ) {}

  /** How many connections are open, how many calls are in flight on them, and how many the clients hold. */
  get counts(): { readonly connections: number; readonly calls: number; readonly held: number } {
    let calls = 0;
    let held = 0;
    for (const connection of this.all) {
      calls += connection.open;
      held += connection.held;
    }
    return { connections: this.all.size, calls, held };
  }

  /** Whether the server has answered any call since a time of `performance.now()`. */
  hasAnsweredSince(time: number): boolean {
    for (const connection of this.all) if (connection.hasAnsweredSince(time)) return true;
    return false;
  }

  /** Makes a call, which must limit its own time with NoAnswerError. */
  async use<T>(role: Role, call: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = this.connection(role);
    const began = performance.now();
    try {
      return await connection.use(call);
    } catch (error) {
      if (isConnectionUnusable(error)) connection.retire();
      else if (error instanceof NoAnswerError) this.retireSilent(began);
      throw error;
    }
  }

  /** A connection with room for one more subscription, which must `hold` it open. */
  forSubscription(): Connection {
    for (const connection of this.subscriptions)
      if (connection.isUsable && connection.open < subscriptionsOnOne) return connection;
    const connection = this.open();
    this.subscriptions.add(connection);
    return connection;
  }

  /** Closes all; calls in flight fail. */
  async dispose(): Promise<void> {
    this.disposed = true;
    await Promise.all([...this.all].map((connection) => connection.dispose()));
  }

  private connection(role: Role): Connection {
    const current = this.current.get(role);
    if (current?.isUsable === true) return current;
    current?.retire();
    const next = this.open();
    this.current.set(role, next);
    return next;
  }

  private open(): Connection {
    if (this.disposed) throw new StoreUnavailableError({ cause: 'the connection was closed' });
    const connection = new Connection(this.url, (closed) => {
      this.all.delete(closed);
      this.subscriptions.delete(closed);
    });
    this.all.add(connection);
    return connection;
  }

  /** A hung server answers no call. The next calls then start with a new discovery. */
  private retireSilent(since: number): void {
    if (performance.now() - since < this.silentMs) return;
    for (const connection of this.current.values())
      if (!connection.hasAnsweredSince(since)) connection.retire();
  }
}
