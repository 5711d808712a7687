/** The simplest model of a stream; the store is compared with it. */
interface ModelStream {
  /** Ids by revision. */
  readonly ids: string[];
  /** One entry per metadata event; the newest is current. */
  readonly metadata: ModelMetadata[];
  tombstoned: boolean;
}

export interface ModelMetadata {
  readonly maxCount?: number;
  /** MAX means softly deleted. */
  readonly truncateBefore?: number | 'max';
  readonly custom?: string;
}

export type ModelExpected = 'any' | 'no_stream' | 'stream_exists' | number;

export type ModelOutcome =
  | { readonly ok: true; readonly revision: number }
  | { readonly ok: false; readonly error: string };

const WRONG: ModelOutcome = { ok: false, error: 'wrong-expected-version' };
const DELETED: ModelOutcome = { ok: false, error: 'stream-deleted' };

/** An event store in memory that follows the EventStoreDB documentation. */
export class Model {
  private readonly streams = new Map<string, ModelStream>();
  /** The events of $all as `stream@revision`; metadata as `$$stream@revision`. */
  readonly all: string[] = [];

  stream(name: string): ModelStream {
    const known = this.streams.get(name);
    if (known) return known;
    const stream: ModelStream = { ids: [], metadata: [], tombstoned: false };
    this.streams.set(name, stream);
    return stream;
  }

  append(name: string, expected: ModelExpected, ids: readonly string[]): ModelOutcome {
    const stream = this.stream(name);
    if (stream.tombstoned) return DELETED;
    const last = stream.ids.length - 1;
    const deleted = isSoftDeleted(stream);
    if (expected === 'stream_exists') {
      if (deleted) return DELETED;
      if (last < 0 && stream.metadata.length === 0) return WRONG;
    }
    if (expected === 'any' || expected === 'stream_exists') {
      const places = ids.map((id) => stream.ids.lastIndexOf(id));
      const known = places.filter((place) => place >= 0).length;
      if (ids.length > 0 && known === ids.length) return { ok: true, revision: places.at(-1) ?? -1 };
      if ((places[0] ?? -1) >= 0) return WRONG;
      return this.store(name, ids, deleted);
    }
    const at = expected === 'no_stream' ? -1 : expected;
    if (at > last) return WRONG;
    if (at === last) return this.store(name, ids, deleted);
    if (ids.length > 0 && ids.every((id, i) => stream.ids[at + 1 + i] === id)) {
      return { ok: true, revision: at + ids.length };
    }
    const firstMatches = stream.ids[at + 1] === ids[0];
    return expected === 'no_stream' && deleted && ids.length > 0 && !firstMatches
      ? this.store(name, ids, deleted)
      : WRONG;
  }

  delete(name: string, expected: ModelExpected): ModelOutcome {
    const stream = this.stream(name);
    const refusal = this.checkDelete(stream, expected);
    if (refusal) return refusal;
    if (stream.ids.length === 0 && stream.metadata.length === 0) return WRONG;
    this.writeMetadata(name, { truncateBefore: 'max' });
    return { ok: true, revision: -1 };
  }

  tombstone(name: string, expected: ModelExpected): ModelOutcome {
    const stream = this.stream(name);
    const refusal = this.checkDelete(stream, expected);
    if (refusal) return refusal;
    stream.tombstoned = true;
    this.all.push(`${name}@tombstone`);
    return { ok: true, revision: -1 };
  }

  setMetadata(name: string, metadata: ModelMetadata): ModelOutcome {
    const stream = this.stream(name);
    const undeletes = isSoftDeleted(stream) && !stream.tombstoned;
    this.writeMetadata(name, metadata);
    const revision = stream.metadata.length - 1;
    if (undeletes) this.writeMetadata(name, { ...metadata, truncateBefore: stream.ids.length });
    return { ok: true, revision };
  }

  /** The revisions that a reader sees, or why there are none. */
  visible(name: string): readonly number[] | 'stream-not-found' | 'stream-deleted' {
    const stream = this.stream(name);
    if (stream.tombstoned) return 'stream-deleted';
    if (stream.ids.length === 0 || isSoftDeleted(stream)) return 'stream-not-found';
    const { maxCount, truncateBefore } = stream.metadata.at(-1) ?? {};
    const cut = typeof truncateBefore === 'number' ? truncateBefore : 0;
    const first = Math.max(cut, maxCount === undefined ? 0 : stream.ids.length - maxCount);
    return stream.ids.map((_id, revision) => revision).filter((revision) => revision >= first);
  }

  private store(name: string, ids: readonly string[], undeletes: boolean): ModelOutcome {
    const stream = this.stream(name);
    const first = stream.ids.length;
    for (const id of ids) this.all.push(`${name}@${stream.ids.push(id) - 1}`);
    if (undeletes && ids.length > 0)
      this.writeMetadata(name, { ...stream.metadata.at(-1), truncateBefore: first });
    return { ok: true, revision: stream.ids.length - 1 };
  }

  private writeMetadata(name: string, metadata: ModelMetadata): void {
    this.all.push(`$$${name}@${this.stream(name).metadata.push(metadata) - 1}`);
  }

  private checkDelete(stream: ModelStream, expected: ModelExpected): ModelOutcome | undefined {
    if (stream.tombstoned) return DELETED;
    const last = stream.ids.length - 1;
    if (expected === 'any' || expected === last) return undefined;
    if (expected === 'no_stream') return last < 0 || isSoftDeleted(stream) ? undefined : WRONG;
    return WRONG;
  }
}

const isSoftDeleted = (stream: ModelStream): boolean => stream.metadata.at(-1)?.truncateBefore === 'max';
