/** A command in the line of its session, or one that has left it. */
export interface Entry {
  readonly line: Line;
  readonly identity: string;
  readonly start: (entry: Entry) => void;
  state: 'waiting' | 'started' | 'gone';
  /** The place that it held on arrival, in case the node has no room for it after all. */
  readonly number: Numbered | undefined;
}

interface Arrival {
  readonly sessionId: string;
  /** Identifies a repeated command: its Idempotency-Key. */
  readonly identity: string;
  /** Called when the command may start: at once, or later. */
  readonly start: (entry: Entry) => void;
  /** Called when it has to wait. */
  readonly wait: (entry: Entry) => void;
  /** Called when it is refused because others are before it. @param retryAfterMs the time until its turn */
  readonly refuse: (retryAfterMs: number) => void;
}

/** A refused command. It keeps its place behind the commands that arrived before it. */
interface Numbered {
  readonly number: number;
  /** When its next attempt is due. */
  readonly dueAt: number;
}

interface Line {
  readonly sessionId: string;
  started: number;
  readonly waiting: Entry[];
  /** Refused commands in their order, by identity. */
  readonly sentAway: Map<string, Numbered>;
  issued: number;
  /** The time that one command of the session takes while the next one waits. */
  serviceMs: number;
  endedAt: number;
  readonly since: number;
  /** Since when somebody waits or was sent away without a break. */
  standingSince: number | undefined;
}

/** Commands of a session that run at once. More would only wait for each other, and take capacity from other sessions. */
const startedAtOnce = 8;
/** The longest expected wait of a command that waits here. */
const waitMs = 1_000;
/** So many may wait who come in a burst: within so many milliseconds after the first who has to wait. */
const mostInBurst = 512;
const burstMs = 1_000;
const firstServiceMs = 5;
const following = 0.1;

const leastMs = 100;
const mostMs = 60_000;
/**
 * The longest delay that a caller is told: so much at first, and more in proportion to the age of the line. A system that has just
 * started is slow, and would otherwise tell delays that are soon too long.
 */
const youngMs = 1_000;
const foresight = 1;
/** How late a repeated attempt may be before it loses its place. */
const graceMs = 3_000;
/** How late it may be before those behind it are served first: Retry-After is in whole seconds. */
const lateMs = 1_000;
const mostSentAway = 500;
const sweepMs = 1_000;

/**
 * The lines of sessions. Commands of a session are decided in sequence, so those of a hot session wait here, where they take
 * no capacity from other sessions. A command whose wait would be long is refused. It is told its turn, from the number of commands
 * before it and the measured time of one, and keeps its place: no later command is served before it.
 */
export class SessionLines {
  private readonly lines = new Map<string, Line>();
  private sweeping: NodeJS.Timeout | undefined;
  /** The time that a command of any session takes, as the first estimate for a new line. */
  private usualMs = firstServiceMs;

  /** The sessions with commands in progress, and the commands that wait or were refused. */
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
    // Refused commands may return late, so they never keep the session idle.
    if (inside >= 2 && inside + before(line, number) >= room)
      return refuse(this.sendAway(line, identity, number));
    line.sentAway.delete(identity);
    const entry: Entry = { line, identity, start, state: 'waiting', number };
    if (line.started < startedAtOnce) return this.begin(entry);
    line.waiting.push(entry);
    this.stand(line);
    wait(entry);
  }

  /** Refuses a command for which the node has no room. @returns the time until its next attempt, in milliseconds */
  turnAway(entry: Entry): number {
    const { line, identity, number } = entry;
    this.end(entry);
    return this.sendAway(this.lineOf(line.sessionId), identity, number);
  }

  /** Removes a command that was answered, or whose caller has gone. @param begunAt when work on it began; undefined: its time is not measured */
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

  /** Starts a command outside the call of the request that made room for it. */
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
    // While a command takes long, those behind it wait at least as long.
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

  /** Removes the places of commands that have not returned. */
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

/** The capacity of the line: as many commands as are served within the longest wait. */
function roomOf({ serviceMs }: Line): number {
  return Math.max(startedAtOnce, waitMs / serviceMs);
}

/** The refused commands that are served before a command, without late ones. A new command has all of them before it. */
function before({ sentAway }: Line, own: Numbered | undefined): number {
  if (own === undefined) return sentAway.size;
  const earliest = performance.now() - lateMs;
  let count = 0;
  for (const { number, dueAt } of sentAway.values()) if (number < own.number && dueAt > earliest) count += 1;
  return count;
}
