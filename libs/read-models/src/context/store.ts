import type { Redis } from 'ioredis';
import type { ProcessedCommand, Section, Session } from '#domain';
import type { ContextDocument } from './document.ts';
import { documentFields, joinDocument, parseCommand, sections, sectionTexts } from './document.ts';
import type { ApplyResult, ContextChange, Texts } from './records.ts';
import { commandsKey, commandTexts, contextKey, markKey, reply, toResult, toSession } from './records.ts';
import { applyScript, contextFormat, rememberScript, replaceScript } from './scripts.ts';

const sectionFields = ['revision', 'format', ...sections];
/** Command records in one call of a script: more would hold Redis up for the others. */
const recordsPerCall = 1_000;

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
    redis.defineCommand('turnstreamRemember', { numberOfKeys: 1, lua: rememberScript });
  }

  /** The session at the stored revision, or undefined when it is not kept. */
  async load(sessionId: string): Promise<Session | undefined> {
    return toSession(sessionId, await this.redis.hmget(contextKey(sessionId), ...sectionFields));
  }

  /** The context as JSON text, or undefined when it is not kept. Costs little more than a plain GET of the text. */
  async document(sessionId: string): Promise<ContextDocument | undefined> {
    const texts = await this.redis.hmget(contextKey(sessionId), ...documentFields);
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

  /** Looks for a command under any of its ids. `revision`: up to where all commands are kept, -1 when none are. */
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
    return result ?? 'gap';
  }

  /** As `apply` for several sessions, in one round trip. `mark` is stored behind them: see `mark`. */
  async applyMany(
    changes: readonly ContextChange[],
    mark?: { name: string; position: bigint },
  ): Promise<ApplyResult[]> {
    const calls: (string | number)[][] = changes.map(({ before, after, changed, commands }) => {
      const texts = sectionTexts(after.state, changed);
      const keys = [contextKey(after.session_id), commandsKey(after.session_id)];
      const head = [before, after.revision, this.ttl, texts.length / 2];
      return ['turnstreamApply', ...keys, ...head, ...texts, ...commandTexts(commands)];
    });
    if (mark) calls.push(['set', markKey(mark.name), String(mark.position)]);
    if (calls.length === 0) return [];
    const replies = await this.redis.pipeline(calls).exec();
    if (mark) reply(replies, changes.length);
    return changes.map((_, index) => toResult(reply(replies, index)));
  }

  /** Writes a whole session with all its commands, unless a later state stands there. */
  async replace(session: Session, commands: readonly ProcessedCommand[]): Promise<void> {
    const { session_id, revision, state } = session;
    const keys = [contextKey(session_id), commandsKey(session_id)];
    const texts = sectionTexts(state, sections);
    const last = Math.max(0, commands.length - recordsPerCall);
    for (let from = 0; from < last; from += recordsPerCall) {
      const some = commandTexts(commands.slice(from, Math.min(last, from + recordsPerCall)));
      await this.call('turnstreamRemember', [commandsKey(session_id), this.ttl, ...some]);
    }
    const rest = commandTexts(commands.slice(last));
    await this.call('turnstreamReplace', [...keys, revision, this.ttl, texts.length / 2, ...texts, ...rest]);
  }

  /** Up to where the contexts of a slot are written, kept in Redis itself: if Redis loses writes, it goes back too. */
  async mark(name: string): Promise<bigint | undefined> {
    const position = await this.redis.get(markKey(name));
    return position === null ? undefined : BigInt(position);
  }

  /** Moves the mark when there is nothing to write. */
  async setMark(name: string, position: bigint): Promise<void> {
    await this.redis.set(markKey(name), String(position));
  }

  private async call(script: string, args: (string | number)[]): Promise<void> {
    reply(await this.redis.pipeline([[script, ...args]]).exec(), 0);
  }
}
