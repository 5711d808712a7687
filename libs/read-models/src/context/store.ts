import type { Redis } from 'ioredis';
import type { ProcessedCommand, Section, Session } from '#domain';
import { commandsKept } from '#domain';
import { clusterOf, inParallel } from '#platform';
import type { CommandLimits, CommandLookup } from '#sessions';
import type { DataKeys } from '#privacy';
import { commandLimits } from '#sessions';
import type { ContextDocument } from './document.ts';
import { documentFields, joinDocument, sections } from './document.ts';
import type { ContextLifetime } from './lifetime.ts';
import { timeToLive } from './lifetime.ts';
import type { ApplyResult, Call, ContextChange, Texts } from './records.ts';
import type { Checkpoints, ContextCheckpoint } from './checkpoint.ts';
import { SingleCheckpoints } from './checkpoint.ts';
import { ClusterCheckpoints } from './cluster-checkpoints.ts';
import {
  applyCall,
  commandsKey,
  contextKey,
  parseCommand,
  replaceCalls,
  reply,
  sectionFields,
  toResult,
  toSession,
} from './records.ts';
import { defineScripts, formatOf, missingPredecessor, setAside } from './scripts.ts';
import type { Keys, Reading } from './section-seals.ts';
import { SectionSeals } from './section-seals.ts';
import type { SetAside } from '../tables/set-aside.ts';
import { noteOf, SessionSetAsideError } from './errors.ts';
import type { SetAsideNote } from './errors.ts';
import { RefusedContexts } from './refusals.ts';

/** Contexts opened at a time: keys may have to be fetched. */
const opensAtOnce = 8;
/** How long a set-aside note is kept (ms). Its owner renews it more often. */
const noteTtl = 86_400_000;

/** Bounds the time of work that waits for Redis. */
export type InBudget = <T>(read: () => Promise<T>) => Promise<T>;

/**
 * The working contexts in Redis: `ctx:{session}` holds the sections, `cmd:{session}` the record of the commands in
 * the stream. Both expire together, at a time derived from the session (`timeToLive`).
 */
export class ContextStore {
  /** The positions up to which the contexts are written. */
  readonly checkpoints: Checkpoints;
  private readonly refused: RefusedContexts;
  private readonly seals: SectionSeals;
  private readonly sessions: Reading;
  private readonly documents: Reading;
  private readonly format: string;

  /**
   * @param limits which commands the record keeps
   * @param onDropped called with the number of contexts that could not be written and were removed
   * @param keys seal the sections; without keys they are stored plain
   */
  constructor(
    private readonly redis: Redis,
    private readonly lifetime: ContextLifetime = {},
    private readonly limits: CommandLimits = commandLimits,
    onDropped: (count: number) => void = () => undefined,
    keys?: DataKeys,
  ) {
    this.refused = new RefusedContexts(onDropped);
    this.seals = new SectionSeals(keys);
    this.sessions = this.seals.reading(sectionFields);
    this.documents = this.seals.reading(documentFields);
    this.format = formatOf(this.seals.isOn);
    defineScripts(redis, this.format);
    const cluster = clusterOf(redis);
    this.checkpoints = cluster ? new ClusterCheckpoints(cluster) : new SingleCheckpoints(redis);
  }

  /** Whether Redis was out of memory for a context within the last second. */
  get isFull(): boolean {
    return this.refused.isFull;
  }

  /**
   * The session at the stored revision with its latest commands, or undefined when it is not stored.
   * @param inBudget bounds the time of work that waits for Redis
   * @throws KeyStoreUnavailableError
   */
  async load(sessionId: string, inBudget: InBudget = (read) => read()): Promise<Session | undefined> {
    const [session] = await this.loadMany([sessionId], commandsKept, inBudget);
    return session;
  }

  /** Loads several sessions in one round trip, each with up to this many of its latest commands. */
  async loadMany(
    sessionIds: readonly string[],
    commands: number,
    inBudget: InBudget = (read) => read(),
  ): Promise<(Session | undefined)[]> {
    if (sessionIds.length === 0) return [];
    const calls = sessionIds.flatMap((id) => [
      ['hmget', contextKey(id), ...this.sessions.stored],
      ['turnstreamLatest', commandsKey(id), commands],
    ]);
    const replies = await inBudget(() => this.redis.pipeline(calls).exec());
    const sessions: (Session | undefined)[] = sessionIds.map(() => undefined);
    await inParallel(sessionIds.entries(), opensAtOnce, async ([index, id]) => {
      const latest = reply(replies, 2 * index + 1) as Texts;
      const texts = await this.open(id, this.sessions, reply(replies, 2 * index) as Texts);
      sessions[index] = texts && toSession(id, texts, latest);
    });
    return sessions;
  }

  /**
   * The context as JSON text, or undefined when it is not stored. Costs little more than a plain GET of the text.
   * @param inBudget bounds the time of work that waits for Redis
   * @throws SessionSetAsideError, KeyStoreUnavailableError
   */
  async document(
    sessionId: string,
    inBudget: InBudget = (read) => read(),
  ): Promise<ContextDocument | undefined> {
    const texts = await inBudget(() =>
      this.redis.hmget(contextKey(sessionId), ...this.documents.stored, 'set_aside'),
    );
    const note = texts.pop();
    if (note) throw new SessionSetAsideError(sessionId, JSON.parse(note) as SetAsideNote);
    if (texts.includes(null)) return undefined;
    const opened = await this.open(sessionId, this.documents, texts);
    return opened && joinDocument(sessionId, opened);
  }

  /** The revisions of the stored contexts of several sessions; -1: not stored. */
  async revisions(sessionIds: readonly string[]): Promise<number[]> {
    const pipeline = this.redis.pipeline();
    for (const id of sessionIds) pipeline.hget(contextKey(id), 'revision');
    const replies = await pipeline.exec();
    return sessionIds.map((_, index) => Number((reply(replies, index) as string | null) ?? -1));
  }

  /** Looks for a command under any of its ids. `revision`: the last one up to which the record is complete, -1: none. */
  async findCommand(sessionId: string, ids: readonly string[]): Promise<CommandLookup> {
    const [revision, ...records] = await this.redis.hmget(commandsKey(sessionId), '', ...ids);
    const at = typeof revision === 'string' ? Number(revision) : -1;
    const index = records.findIndex((record) => typeof record === 'string');
    const record = records[index];
    const id = ids[index];
    if (typeof record !== 'string' || id === undefined) return { revision: at };
    return { revision: at, command: parseCommand(id, record) };
  }

  /** Writes the sections changed since revision `before` (-1: new); that revision or a later one must be stored. */
  async apply(
    before: number,
    after: Session,
    changed: readonly Section[],
    commands: readonly ProcessedCommand[],
  ): Promise<ApplyResult> {
    const [result] = await this.applyMany([{ before, after, changed, commands }]);
    return result ?? 'missing_predecessor';
  }

  /** As `apply` for several sessions, in one round trip, with a checkpoint that covers the earlier writes. */
  async applyMany(changes: readonly ContextChange[], checkpoint?: ContextCheckpoint): Promise<ApplyResult[]> {
    const keys = await this.seals.keysFor(changes.map(({ after }) => after));
    const calls: Call[] = [];
    const places = changes.map((change) =>
      this.unlessRefused(() => calls.push(this.callOf(change, keys)) - 1),
    );
    const along = checkpoint ? await this.checkpoints.along(checkpoint) : [];
    const all = [...calls, ...along];
    const replies = all.length === 0 ? null : await this.redis.pipeline(all).exec();
    for (const index of along.keys()) reply(replies, calls.length + index);
    const results = places.map(
      (place) =>
        (place === undefined ? undefined : this.unlessRefused(() => toResult(reply(replies, place)))) ??
        'dropped',
    );
    await this.drop(
      changes.filter((_, index) => results[index] === 'dropped').map(({ after }) => after.session_id),
    );
    return results;
  }

  /**
   * Writes a whole session with all its commands, unless a later state is stored.
   * @throws SessionSetAsideError
   */
  async replace(session: Session, commands: readonly ProcessedCommand[]): Promise<void> {
    if ((await this.writeOrDrop(session, commands, 'rebuild')) !== setAside) return;
    await this.document(session.session_id);
  }

  /** Writes a session that is no longer set aside. */
  async restore(session: Session, commands: readonly ProcessedCommand[]): Promise<void> {
    await this.writeOrDrop(session, commands, 'restore');
  }

  /** Writes a set-aside session as it was before the event. */
  async restoreBefore(
    entry: SetAside,
    session: Session,
    commands: readonly ProcessedCommand[],
  ): Promise<void> {
    if (entry.revision === 0) await this.noteSetAside([entry]);
    else await this.writeOrDrop(session, commands, JSON.stringify(noteOf(entry)));
  }

  /** Marks the contexts of sessions as set aside; returns the sessions whose context is not at the revision before the event. */
  async noteSetAside<Entry extends SetAside>(entries: readonly Entry[]): Promise<Entry[]> {
    if (entries.length === 0) return [];
    const calls = entries.map((entry) => {
      const keys = [contextKey(entry.session_id), commandsKey(entry.session_id)];
      return ['turnstreamSetAside', ...keys, entry.revision, JSON.stringify(noteOf(entry)), noteTtl];
    });
    const replies = await this.redis.pipeline(calls).exec();
    return entries.filter((_, index) => reply(replies, index) === missingPredecessor);
  }

  /** Removes contexts, with the records of their commands. */
  async delete(sessionIds: readonly string[]): Promise<void> {
    const calls = sessionIds.map((id) => ['del', contextKey(id), commandsKey(id)]);
    if (calls.length === 0) return;
    const replies = await this.redis.pipeline(calls).exec();
    for (const index of calls.keys()) reply(replies, index);
  }

  /** Removes contexts that cannot be written: a missing context is folded on demand. */
  async drop(sessionIds: readonly string[]): Promise<void> {
    if (sessionIds.length === 0) return;
    await this.delete(sessionIds);
    this.refused.onDropped(sessionIds.length);
  }

  private async writeOrDrop(
    session: Session,
    processed: readonly ProcessedCommand[],
    how: string,
  ): Promise<unknown> {
    try {
      return await this.write(session, processed, how);
    } catch (error) {
      if (!this.refused.register(error)) throw error;
      return this.drop([session.session_id]);
    }
  }

  private unlessRefused<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (this.refused.register(error)) return undefined;
      throw error;
    }
  }

  private async write(
    session: Session,
    processed: readonly ProcessedCommand[],
    how: string,
  ): Promise<unknown> {
    const texts = this.seals.textsOf(session, sections, await this.seals.keysFor([session]));
    let answer: unknown;
    for (const call of replaceCalls(
      { session, processed, how, texts, ttl: this.ttlOf(session) },
      this.limits,
    ))
      answer = await this.call(call);
    return answer;
  }

  private callOf(change: ContextChange, keys: Keys): Call {
    const texts = this.seals.textsOf(change.after, change.changed, keys);
    return applyCall(change, texts, this.ttlOf(change.after), this.limits);
  }

  /** The opened texts, in the order of the fields. A context that can no longer be read is removed and folded again. */
  private async open(sessionId: string, reading: Reading, texts: Texts): Promise<Texts | undefined> {
    // The second field is the format.
    if (texts[1] !== this.format) return undefined;
    const opened = await reading.open(sessionId, texts);
    if (opened === undefined) await this.delete([sessionId]);
    return opened;
  }

  private ttlOf({ state }: Session): number {
    return timeToLive(state, Date.now(), this.lifetime);
  }

  private async call(call: Call): Promise<unknown> {
    return reply(await this.redis.pipeline([call]).exec(), 0);
  }
}
