import { randomUUID } from 'node:crypto';
import { ContextStore, listSetAside } from '#read-models';
import { ProjectorHarness, turn } from '../test-harness.ts';

/** Valid data of a turn. */
const turnData = {
  turn_id: randomUUID(),
  message_id: null,
  sender: 'user',
  message_text: 'Hello',
  parsed_intent: null,
  intent_confidence: null,
  extracted_entities: {},
  in_reply_to: null,
  bot_action: null,
};

/** Appends an event that cannot be projected; returns its revision. */
type Bad = (harness: ProjectorHarness, id: string) => Promise<number>;
export const newerVersion: Bad = (harness, id) =>
  harness.append(id, 'TurnRecorded', turnData, { schema_version: 2 });
/** Rows can store it, but its sources are missing. */
export const unfoldable: Bad = (harness, id) => harness.append(id, 'InquiryOpened', { subject: {} });
const malformedId: Bad = (harness, id) => harness.append(id, 'TurnRecorded', { ...turnData, turn_id: 'x' });
/** Longer than an index entry may be, and hardly compressible. */
const tooLong = Array.from({ length: 200 }, () => randomUUID()).join('');
export const refused: Bad = (harness, id) =>
  harness.append(id, 'TurnRecorded', { ...turnData, parsed_intent: tooLong });

/** The kinds of such events, each with a part of the listed reason. */
export const kinds: [string, Bad, string][] = [
  ['of a newer schema version', newerVersion, 'newer_schema_version'],
  ['that cannot be folded', unfoldable, 'malformed_event'],
  ['with a malformed id', malformedId, 'turn_id is not a UUID'],
  ['that PostgreSQL refuses', refused, 'index row'],
];

/** A session with a bad event among good ones. */
export interface Conversation {
  readonly id: string;
  /** Of the bad event. */
  readonly revision: number;
  /** Good sessions. */
  readonly others: readonly string[];
}

/** A harness with helpers for specs of set-aside sessions. */
export class SetAsideHarness {
  readonly contexts: ContextStore;

  private constructor(readonly projector: ProjectorHarness) {
    this.contexts = new ContextStore(projector.redis);
  }

  static async create(): Promise<SetAsideHarness> {
    return new SetAsideHarness(await ProjectorHarness.create());
  }

  async say(...ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.projector.send(id, turn(randomUUID()))));
  }

  /** Six sessions, one of them with a bad event between two good ones. */
  async conversations(bad: Bad): Promise<Conversation> {
    const ids = await this.projector.sessions(6);
    await this.say(...ids);
    const [id, ...others] = ids as [string, ...string[]];
    const revision = await bad(this.projector, id);
    await this.projector.append(id, 'FlagRaised', { flag: 'later', value: true });
    await this.say(...others);
    return { id, revision, others };
  }

  async rowRevision(id: string): Promise<number | undefined> {
    const { rows } = await this.projector.pool.query<{ revision: number }>(
      'SELECT revision::int FROM conversation_session WHERE session_id = $1',
      [id],
    );
    return rows[0]?.revision;
  }

  async contextRevision(id: string): Promise<number | undefined> {
    return (await this.contexts.load(id))?.revision;
  }

  /** Whether a session is not in the list. */
  async isBack(id: string): Promise<boolean> {
    return (await listSetAside(this.projector.pool)).every(({ session_id }) => session_id !== id);
  }

  /** Whether the context of a session says that it is set aside. */
  async saysSo(id: string): Promise<boolean> {
    return this.contexts.document(id).then(
      () => false,
      (error: unknown) => error instanceof Error && 'code' in error && error.code === 'session_set_aside',
    );
  }
}
