import type { Redis } from 'ioredis';
import type { DataKeys } from '#privacy';
import { contextKey } from '../context/records.ts';
import { formatOf } from '../context/scripts.ts';
import { sections } from '../context/document.ts';
import type { Reading } from '../context/section-seals.ts';
import { SectionSeals } from '../context/section-seals.ts';

const fields = ['revision', 'format', ...sections];

/** A context as it is stored in Redis. */
export interface StoredContext {
  readonly revision: number;
  /** The opened JSON text of each stored section; undefined: one cannot be opened. */
  readonly texts: ReadonlyMap<string, string> | undefined;
}

/** Reads contexts as they are stored in Redis, without changing them. */
export class StoredContexts {
  private readonly reading: Reading;
  private readonly format: string;

  constructor(
    readonly redis: Redis,
    keys?: DataKeys,
  ) {
    const seals = new SectionSeals(keys);
    this.reading = seals.reading(fields);
    this.format = formatOf(seals.isOn);
  }

  /** Undefined: none is stored, or one in another format, which counts as none. @throws KeyStoreUnavailableError */
  async read(sessionId: string): Promise<StoredContext | undefined> {
    const stored = await this.redis.hmget(contextKey(sessionId), ...this.reading.stored);
    const [revision, format] = stored;
    if (typeof revision !== 'string' || format !== this.format) return undefined;
    const opened = await this.reading.open(sessionId, stored);
    const texts =
      opened &&
      new Map(
        sections.flatMap((section, index) => {
          const text = opened[index + 2];
          return typeof text === 'string' ? [[section, text] as const] : [];
        }),
      );
    return { revision: Number(revision), texts };
  }
}
