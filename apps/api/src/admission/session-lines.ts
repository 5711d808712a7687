/** A command of a session before, in and behind its line. */
export interface Entry {
  readonly line: Line;
  readonly identity: string;
  readonly start: (entry: Entry) => void;
  state: 'waiting' | 'started' | 'gone';
  /** The number that it had when it came, for when the node has no room for it after all. */
  readonly number: Numbered | undefined;
}

interface Arrival {
  readonly sessionId: string;
  /** What a command that comes again is known by: its key. */
  readonly identity: string;
  /** Called when the command may be begun: at once, or later. */
  readonly start: (entry: Entry) => void;
  /** Called when it has to wait for that. */
  readonly wait: (entry: Entry) => void;
  /** Called instead when others are before it. @param retryAfterMs when it is its turn */
  readonly refuse: (retryAfterMs: number) => void;
}

/** A command that was sent away: it keeps its place behind those that came before it. */
interface Numbered {
  readonly number: number;
  /** When it is to come back. */
  readonly dueAt: number;
}

interface Line {
  readonly sessionId: string;
  started: number;
  readonly waiting: Entry[];
  /** Those that were sent away, in their order, by identity. */
  readonly sentAway: Map<string, Numbered>;
  issued: number;
  /** How long one command of the session takes when the next one waits. */
  serviceMs: number;
  endedAt: number;
  readonly since: number;
  /** Since when somebody waits or was sent away without a break. */
  standingSince: number | undefined;
}

/** Commands of a session that are begun at once: more would only wait for each other, in places that others need. */
const startedAtOnce = 8;
/** How long those that wait here may have to wait, as far as can be told. */
const waitMs = 1_000;
/** So many may wait who come in a burst: within so many milliseconds after the first who has to wait. */
const mostInBurst = 512;
const burstMs = 1_000;
const firstServiceMs = 5;
const following = 0.1;

const leastMs = 100;
const mostMs = 60_000;
/**
 * How far ahead can be seen: at first so far, and then in that proportion farther the longer the line has been seen. A system
 * that is slow when it starts would send callers away for longer than is true soon.
 */
const youngMs = 1_000;
const foresight = 1;
/** How much later than told one may come back. */
const graceMs = 3_000;
/** How much later it may be before those behind it are served first: Retry-After is in whole seconds. */
const lateMs = 1_000;
const mostSentAway = 500;
const sweepMs = 1_000;

/**
 * Commands of a session are decided in sequence, so those of a hot session wait: here, where they take nothing that
 * other sessions need. Those for whom the wait would be long are sent away, and told when to come back by how many are before
 * them and how fast they are served. They keep their places meanwhile: nobody who came later is served before them.
 */
export class SessionLines {
  private readonly lines = new Map<string, Line>();
  private sweeping: NodeJS.Timeout | undefined;
  /** How long a command of any session takes; of a session that has none under way nothing else is known. */
  private usualMs = firstServiceMs;

  /** How many sessions have commands under way, and how many commands wait here or were sent away. */
  get counts() {
    let [waiting, sentAway] = [0, 0];
    for (const line of this.lines.values()) {
      waiting += line.waiting.length;
      sentAway += line.sentAway.size;
    }
    return { sessions: this.lines.size, waiting, sentAway };
  }

  arrive({ sessionId, identity, start, wait, refuse }: Arrival): void {
    const line = this.lineOf(sessionId);
    const number = line.sentAway.get(identity);
    const inside = line.started + line.waiting.length;
    const room = isInBurst(line) ? mostInBurst : roomOf(line);
    // Those that are away may be late: they do not keep the session idle.
    if (inside >= 2 && inside + before(line, number) >= room)
      return refuse(this.sendAway(line, identity, number));
    line.sentAway.delete(identity);
    const entry: Entry = { line, identity, start, state: 'waiting', number };
    if (line.started < startedAtOnce) return this.begin(entry);
    line.waiting.push(entry);
    this.stand(line);
    wait(entry);
  }

  /** The node has no room for the command. @returns when it is to come back, in milliseconds from now */
  turnAway(entry: Entry): number {
    const { line, identity, number } = entry;
    this.end(entry);
    return this.sendAway(this.lineOf(line.sessionId), identity, number);
  }

  /** The command is answered, or its caller is gone. @param begunAt when work on it began; undefined: the time does not count */
  leave(entry: Entry, begunAt: number | undefined): void {
    const { line } = entry;
    if (entry.state === 'started' && begunAt !== undefined) {
      const now = performance.now();
      const tookMs = now - Math.max(begunAt, line.endedAt);
      line.serviceMs += (tookMs - line.serviceMs) * following;
      line.endedAt = now;
      this.usualMs += (tookMs - this.usualMs) * following;
    }
    this.end(entry);
  }

  private lineOf(sessionId: string): Line {
    const known = this.lines.get(sessionId);
    if (known !== undefined) return known;
    const line: Line = {
      sessionId,
      started: 0,
      waiting: [],
      sentAway: new Map(),
      issued: 0,
      serviceMs: this.usualMs,
      endedAt: 0,
      since: performance.now(),
      standingSince: undefined,
    };
    this.lines.set(sessionId, line);
    return line;
  }

  private begin(entry: Entry): void {
    entry.state = 'started';
    entry.line.started += 1;
    entry.start(entry);
  }

  private end(entry: Entry): void {
    const { line, state } = entry;
    if (state === 'gone') return;
    entry.state = 'gone';
    if (state === 'waiting') line.waiting.splice(line.waiting.indexOf(entry), 1);
    else line.started -= 1;
    const next = line.started < startedAtOnce ? line.waiting.shift() : undefined;
    if (next !== undefined) this.startNext(next);
    this.forgetIdle(line);
  }

  /** Not from within the request that made room. */
  private startNext(entry: Entry): void {
    entry.state = 'started';
    entry.line.started += 1;
    setImmediate(() => {
      if (entry.state === 'started') entry.start(entry);
    });
  }

  private sendAway(line: Line, identity: string, known: Numbered | undefined): number {
    const inside = line.started + line.waiting.length;
    const turns = Math.max(1, inside + before(line, known) + 1 - roomOf(line));
    const now = performance.now();
    const longest = Math.min(mostMs, youngMs + foresight * (now - line.since));
    // While a command takes long, those behind it take no shorter.
    const underWayMs = line.endedAt > 0 ? now - line.endedAt : 0;
    const turnsMs = Math.max(leastMs, turns * line.serviceMs, underWayMs);
    const retryAfterMs = Math.round(Math.min(longest, turnsMs));
    if (known === undefined && line.sentAway.size >= mostSentAway) return retryAfterMs;
    const number = known?.number ?? (line.issued += 1);
    line.sentAway.set(identity, { number, dueAt: now + retryAfterMs });
    this.stand(line);
    return retryAfterMs;
  }

  private stand(line: Line): void {
    line.standingSince ??= performance.now();
    this.sweeping ??= setInterval(() => this.sweep(), sweepMs).unref();
  }

  /** Gives up the places of those that do not come back. */
  private sweep(): void {
    const earliest = performance.now() - graceMs;
    let isNeeded = false;
    for (const line of this.lines.values()) {
      for (const [identity, { dueAt }] of line.sentAway) if (dueAt < earliest) line.sentAway.delete(identity);
      this.forgetIdle(line);
      isNeeded ||= line.standingSince !== undefined;
    }
    if (isNeeded) return;
    clearInterval(this.sweeping);
    this.sweeping = undefined;
  }

  private forgetIdle(line: Line): void {
    if (line.waiting.length + line.sentAway.size === 0) line.standingSince = undefined;
    if (line.started + line.waiting.length + line.sentAway.size === 0) this.lines.delete(line.sessionId);
  }
}

function isInBurst({ standingSince }: Line): boolean {
  return standingSince === undefined || performance.now() - standingSince < burstMs;
}

/** How many may be in the line: as many as are served while one waits. */
function roomOf({ serviceMs }: Line): number {
  return Math.max(startedAtOnce, waitMs / serviceMs);
}

/** How many that were sent away are served before a command: not those that are late. Who comes first has all before it. */
function before({ sentAway }: Line, own: Numbered | undefined): number {
  if (own === undefined) return sentAway.size;
  const earliest = performance.now() - lateMs;
  let count = 0;
  for (const { number, dueAt } of sentAway.values()) if (number < own.number && dueAt > earliest) count += 1;
  return count;
}
