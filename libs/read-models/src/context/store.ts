import type { Redis } from 'ioredis';
import type { ProcessedCommand, Section, Session } from '#domain';
import type { ContextDocument } from './document.ts';
import { documentFields, joinDocument, parseCommand, sections, sectionTexts } from './document.ts';
import type { ApplyResult, ContextChange, Texts } from './records.ts';
import {
  commandsKey,
  commandTexts,
  contextKey,
  checkpointKey,
  leastCheckpoint,
  partitionKeys,
  reply,
  toResult,
  toSession,
} from './records.ts';
import {
  applyScript,
  contextFormat,
  missingPredecessor,
  rememberScript,
  replaceScript,
  setAside,
  setAsideScript,
} from './scripts.ts';
import type { SetAside } from '../tables/set-aside.ts';
import { noteOf, SessionSetAsideError } from './errors.ts';
import type { SetAsideNote } from './errors.ts';

const sectionFields = ['revision', 'format', ...sections];
/** Command records in one call of a script: more would block Redis for the others. */
const recordsPerCall = 1_000;

/** Up to where the contexts of a partition are written. */
export interface ContextCheckpoint {
  /** Beginnings of the names of the partition's streams: each keeps the position, so that it survives another division. */
  readonly prefixes: readonly string[];
  readonly position: bigint;
}

/** Keys looked at in one step of a scan. */
const keysPerScan = 1_000;

/**
 * The working contexts in Redis: `ctx:{session}` holds the sections, `cmd:{session}` the record of the commands that
 * are in the stream. Both expire together, `ttlSeconds` after the last write.
 */
export class ContextStore {
  private readonly ttl: number;

  constructor(
    private readonly redis: Redis,
    { ttlSeconds }: { ttlSeconds: number },
  ) {
    this.ttl = ttlSeconds * 1_000;
    redis.defineCommand('turnstreamApply', { numberOfKeys: 2, lua: applyScript });
    redis.defineCommand('turnstreamReplace', { numberOfKeys: 2, lua: replaceScript });
    redis.defineCommand('turnstreamSetAside', { numberOfKeys: 2, lua: setAsideScript });
    redis.defineCommand('turnstreamRemember', { numberOfKeys: 1, lua: rememberScript });
  }

  /** The session at the stored revision, or undefined when it is not kept. */
  async load(sessionId: string): Promise<Session | undefined> {
    return toSession(sessionId, await this.redis.hmget(contextKey(sessionId), ...sectionFields));
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
  async findCommand(
    sessionId: string,
    ids: readonly string[],
  ): Promise<{ revision: number; command?: ProcessedCommand }> {
    const [revision, ...records] = await this.redis.hmget(commandsKey(sessionId), '', ...ids);
    const at = typeof revision === 'string' ? Number(revision) : -1;
    const index = records.findIndex((record) => typeof record === 'string');
    const record = records[index];
    const id = ids[index];
    if (typeof record !== 'string' || id === undefined) return { revision: at };
    return { revision: at, command: parseCommand(id, record) };
  }

  /**
   * Loads several sessions in one round trip, each with the record of one of its commands (of the event that comes
   * next, to see whether that command began before).
   */
  async loadMany(
    wanted: readonly { sessionId: string; commandId: string | undefined }[],
  ): Promise<{ session: Session | undefined; command: ProcessedCommand | undefined }[]> {
    if (wanted.length === 0) return [];
    const pipeline = this.redis.pipeline();
    for (const { sessionId, commandId } of wanted) {
      pipeline.hmget(contextKey(sessionId), ...sectionFields).hget(commandsKey(sessionId), commandId ?? '');
    }
    const replies = await pipeline.exec();
    return wanted.map(({ sessionId, commandId }, index) => {
      const record = reply(replies, 2 * index + 1) as string | null;
      return {
        session: toSession(sessionId, reply(replies, 2 * index) as Texts),
        command: record && commandId ? parseCommand(commandId, record) : undefined,
      };
    });
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
    const calls: (string | number)[][] = changes.map(({ before, after, changed, commands }) => {
      const texts = sectionTexts(after.state, changed);
      const keys = [contextKey(after.session_id), commandsKey(after.session_id)];
      const head = [before, after.revision, this.ttl, texts.length / 2];
      return ['turnstreamApply', ...keys, ...head, ...texts, ...commandTexts(commands)];
    });
    if (checkpoint) calls.push(['mset', ...checkpointTexts(checkpoint)]);
    if (calls.length === 0) return [];
    const replies = await this.redis.pipeline(calls).exec();
    if (checkpoint) reply(replies, changes.length);
    return changes.map((_, index) => toResult(reply(replies, index)));
  }

  /**
   * Writes a whole session with all its commands, unless a later state stands there.
   * @throws SessionSetAsideError
   */
  async replace(session: Session, commands: readonly ProcessedCommand[]): Promise<void> {
    if ((await this.write(session, commands, 'rebuild')) !== setAside) return;
    await this.document(session.session_id);
  }

  /** Writes a session that is not set aside any more. */
  async restore(session: Session, commands: readonly ProcessedCommand[]): Promise<void> {
    await this.write(session, commands, 'restore');
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
      return ['turnstreamSetAside', ...keys, entry.revision, JSON.stringify(noteOf(entry)), this.ttl];
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

  /** Removes the contexts and command records of a partition's sessions, then its checkpoint. */
  async deletePartition(prefixes: readonly string[]): Promise<void> {
    const match = partitionKeys(prefixes);
    for await (const keys of this.redis.scanStream({ match, count: keysPerScan }))
      if ((keys as string[]).length > 0) await this.redis.unlink(keys as string[]);
    await this.redis.del(...prefixes.map(checkpointKey), checkpointKey(prefixes.join()));
  }

  /**
   * Up to where the contexts of a partition are written, kept in Redis itself: if Redis loses writes, it goes back too.
   * With another division of the streams before, the least of the positions that its prefixes had.
   */
  async checkpoint(prefixes: readonly string[]): Promise<bigint | undefined> {
    // Before, a checkpoint had the names of all its prefixes.
    const keys = [...prefixes.map(checkpointKey), checkpointKey(prefixes.join())];
    const texts = await this.redis.mget(keys);
    const before = texts.pop();
    return leastCheckpoint(texts) ?? leastCheckpoint([before ?? null]);
  }

  /** Moves the checkpoint when there is nothing to write. */
  async saveCheckpoint(checkpoint: ContextCheckpoint): Promise<void> {
    await this.redis.mset(...checkpointTexts(checkpoint));
  }

  private async write(
    { session_id, revision, state }: Session,
    commands: readonly ProcessedCommand[],
    how: string,
  ): Promise<unknown> {
    const keys = [contextKey(session_id), commandsKey(session_id)];
    const texts = sectionTexts(state, sections);
    const last = Math.max(0, commands.length - recordsPerCall);
    for (let from = 0; from < last; from += recordsPerCall) {
      const some = commandTexts(commands.slice(from, Math.min(last, from + recordsPerCall)));
      await this.call('turnstreamRemember', [commandsKey(session_id), this.ttl, ...some]);
    }
    const rest = commandTexts(commands.slice(last));
    const head = [revision, this.ttl, how, texts.length / 2];
    return this.call('turnstreamReplace', [...keys, ...head, ...texts, ...rest]);
  }

  private async call(script: string, args: (string | number)[]): Promise<unknown> {
    return reply(await this.redis.pipeline([[script, ...args]]).exec(), 0);
  }
}

function checkpointTexts({ prefixes, position }: ContextCheckpoint): string[] {
  return prefixes.flatMap((prefix) => [checkpointKey(prefix), String(position)]);
}
