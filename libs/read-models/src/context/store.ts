import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { ProcessedCommand, Section, Session } from '#domain';
import { commandsKept } from '#domain';
import type { CommandLimits, CommandLookup } from '#sessions';
import { commandLimits } from '#sessions';
import type { ContextDocument } from './document.ts';
import { documentFields, joinDocument, sections, sectionTexts } from './document.ts';
import type { ContextLifetime } from './lifetime.ts';
import { timeToLive } from './lifetime.ts';
import type { ApplyResult, Call, ContextChange, Texts } from './records.ts';
import { checkpointCall, deletePartition, readCheckpoint } from './checkpoint.ts';
import type { ContextCheckpoint } from './checkpoint.ts';
import {
  applyCall,
  commandsKey,
  commandTexts,
  contextKey,
  partialCommandsKey,
  parseCommand,
  reply,
  toResult,
  toSession,
} from './records.ts';
import { contextFormat, defineScripts, missingPredecessor, setAside } from './scripts.ts';
import type { SetAside } from '../tables/set-aside.ts';
import { noteOf, SessionSetAsideError } from './errors.ts';
import type { SetAsideNote } from './errors.ts';
import { RefusedContexts } from './refusals.ts';

const sectionFields = ['revision', 'format', ...sections];
/** Command records in one call of a script: more would block Redis for the others. */
const recordsPerCall = 1_000;
/** How long the records that a restore has written so far wait for the next ones (ms). */
const partialTtl = 60_000;
/** How long a note that a session is set aside is kept (ms). Its owner repeats it more often. */
const noteTtl = 86_400_000;

/**
 * The working contexts in Redis: `ctx:{session}` holds the sections, `cmd:{session}` the record of the commands that
 * are in the stream. Both expire together, at a time that follows from the session (`timeToLive`).
 */
export class ContextStore {
  private readonly refused: RefusedContexts;

  /**
   * @param limits which commands the record keeps
   * @param onDropped called with the number of contexts that could not be written, and are removed
   */
  constructor(
    private readonly redis: Redis,
    private readonly lifetime: ContextLifetime = {},
    private readonly limits: CommandLimits = commandLimits,
    onDropped: (count: number) => void = () => undefined,
  ) {
    this.refused = new RefusedContexts(onDropped);
    defineScripts(redis);
  }

  /** Whether Redis had no memory left for a context within the last second. */
  get isFull(): boolean {
    return this.refused.isFull;
  }

  /** The session at the stored revision with its latest commands, or undefined when it is not kept. */
  async load(sessionId: string): Promise<Session | undefined> {
    const [session] = await this.loadMany([sessionId], commandsKept);
    return session;
  }

  /** Loads several sessions in one round trip, each with so many of its latest commands. */
  async loadMany(sessionIds: readonly string[], commands: number): Promise<(Session | undefined)[]> {
    if (sessionIds.length === 0) return [];
    const calls = sessionIds.flatMap((id) => [
      ['hmget', contextKey(id), ...sectionFields],
      ['turnstreamLatest', commandsKey(id), commands],
    ]);
    const replies = await this.redis.pipeline(calls).exec();
    return sessionIds.map((id, index) =>
      toSession(id, reply(replies, 2 * index) as Texts, reply(replies, 2 * index + 1) as Texts),
    );
  }

  /**
   * The context as JSON text, or undefined when it is not kept. Costs little more than a plain GET of the text.
   * @throws SessionSetAsideError
   */
  async document(sessionId: string): Promise<ContextDocument | undefined> {
    const texts = await this.redis.hmget(contextKey(sessionId), ...documentFields, 'set_aside');
    const note = texts.pop();
    if (note) throw new SessionSetAsideError(sessionId, JSON.parse(note) as SetAsideNote);
    if (texts[1] !== contextFormat || texts.includes(null)) return undefined;
    return joinDocument(sessionId, texts);
  }

  /** The revisions that the contexts of several sessions stand at; -1: not kept. */
  async revisions(sessionIds: readonly string[]): Promise<number[]> {
    const pipeline = this.redis.pipeline();
    for (const id of sessionIds) pipeline.hget(contextKey(id), 'revision');
    const replies = await pipeline.exec();
    return sessionIds.map((_, index) => Number((reply(replies, index) as string | null) ?? -1));
  }

  /** Looks for a command under any of its ids. `revision`: the last one up to which all commands are kept, -1 when none are. */
  async findCommand(sessionId: string, ids: readonly string[]): Promise<CommandLookup> {
    const [revision, ...records] = await this.redis.hmget(commandsKey(sessionId), '', ...ids);
    const at = typeof revision === 'string' ? Number(revision) : -1;
    const index = records.findIndex((record) => typeof record === 'string');
    const record = records[index];
    const id = ids[index];
    if (typeof record !== 'string' || id === undefined) return { revision: at };
    return { revision: at, command: parseCommand(id, record) };
  }

  /** Writes the sections changed since revision `before` (-1: none was there), which has to be stored, or a later one. */
  async apply(
    before: number,
    after: Session,
    changed: readonly Section[],
    commands: readonly ProcessedCommand[],
  ): Promise<ApplyResult> {
    const [result] = await this.applyMany([{ before, after, changed, commands }]);
    return result ?? 'missing_predecessor';
  }

  /** As `apply` for several sessions, in one round trip. The checkpoint is stored behind them: see `checkpoint`. */
  async applyMany(changes: readonly ContextChange[], checkpoint?: ContextCheckpoint): Promise<ApplyResult[]> {
    const calls: Call[] = [];
    const places = changes.map((change) => this.unlessRefused(() => calls.push(this.callOf(change)) - 1));
    if (checkpoint) calls.push(checkpointCall(checkpoint));
    const replies = calls.length === 0 ? null : await this.redis.pipeline(calls).exec();
    if (checkpoint) reply(replies, calls.length - 1);
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
   * Writes a whole session with all its commands, unless a later state stands there.
   * @throws SessionSetAsideError
   */
  async replace(session: Session, commands: readonly ProcessedCommand[]): Promise<void> {
    if ((await this.writeOrDrop(session, commands, 'rebuild')) !== setAside) return;
    await this.document(session.session_id);
  }

  /** Writes a session that is not set aside any more. */
  async restore(session: Session, commands: readonly ProcessedCommand[]): Promise<void> {
    await this.writeOrDrop(session, commands, 'restore');
  }

  /** Writes a session that is set aside, as it was before that event. */
  async restoreBefore(
    entry: SetAside,
    session: Session,
    commands: readonly ProcessedCommand[],
  ): Promise<void> {
    if (entry.revision === 0) await this.noteSetAside([entry]);
    else await this.write(session, commands, JSON.stringify(noteOf(entry)));
  }

  /** Notes in their contexts that sessions are set aside; returns those whose context is not the one before the event. */
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

  /** Removes contexts that cannot be written: what is not there is folded on demand. */
  async drop(sessionIds: readonly string[]): Promise<void> {
    if (sessionIds.length === 0) return;
    await this.delete(sessionIds);
    this.refused.onDropped(sessionIds.length);
  }

  /** Removes the contexts and command records of a partition's sessions, then its checkpoint. */
  async deletePartition(prefixes: readonly string[]): Promise<void> {
    await deletePartition(this.redis, prefixes);
  }

  /**
   * Up to where the contexts of a partition are written, kept in Redis itself: if Redis loses writes, it goes back too.
   * With another division of the streams before, the least of the positions that its prefixes had.
   */
  async checkpoint(prefixes: readonly string[]): Promise<bigint | undefined> {
    return readCheckpoint(this.redis, prefixes);
  }

  /** Moves the checkpoint when there is nothing to write. */
  async saveCheckpoint(checkpoint: ContextCheckpoint): Promise<void> {
    await this.call(checkpointCall(checkpoint));
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

  /** The records that do not fit into one call are gathered under a key of this write alone, and come in with the last. */
  private async write(
    session: Session,
    processed: readonly ProcessedCommand[],
    how: string,
  ): Promise<unknown> {
    const { session_id, revision, state } = session;
    const commands = processed.slice(-this.limits.commands);
    const partial = partialCommandsKey(session_id, randomUUID());
    const keys = [contextKey(session_id), commandsKey(session_id), partial];
    const texts = sectionTexts(state, sections);
    const last = Math.max(0, commands.length - recordsPerCall);
    for (let from = 0; from < last; from += recordsPerCall) {
      const some = commandTexts(commands.slice(from, Math.min(last, from + recordsPerCall)), this.limits);
      await this.call(['turnstreamRemember', partial, partialTtl, ...some]);
    }
    const rest = commandTexts(commands.slice(last), this.limits);
    const head = [revision, this.ttlOf(session), how, texts.length / 2, last];
    return this.call(['turnstreamReplace', ...keys, ...head, ...texts, ...rest]);
  }

  private callOf(change: ContextChange): Call {
    return applyCall(change, this.ttlOf(change.after), this.limits);
  }

  private ttlOf({ state }: Session): number {
    return timeToLive(state, Date.now(), this.lifetime);
  }

  private async call(call: Call): Promise<unknown> {
    return reply(await this.redis.pipeline([call]).exec(), 0);
  }
}
