import type { Redis } from 'ioredis';
import type { DataKeys } from '#privacy';
import { contextKey } from '../context/records.ts';
import { formatOf } from '../context/scripts.ts';
import { sections } from '../context/document.ts';
import { SectionSeals } from '../context/section-seals.ts';

/** A context as it is stored in Redis. */
export interface StoredContext {
  readonly revision: number;
  /** The opened JSON text of each stored section; undefined: one cannot be opened. */
  readonly texts: ReadonlyMap<string, string> | undefined;
}

/** Reads contexts as they are stored in Redis, without changing them. */
export class StoredContexts {
  private readonly seals: SectionSeals;

  constructor(
    readonly redis: Redis,
    keys?: DataKeys,
  ) {
    this.seals = new SectionSeals(keys);
  }

  /** Undefined: none is stored, or one in another format, which counts as none. @throws KeyStoreUnavailableError */
  async read(sessionId: string): Promise<StoredContext | undefined> {
    const hash = await this.redis.hgetall(contextKey(sessionId));
    const { revision, format } = hash;
    if (revision === undefined || format !== formatOf(this.seals.isOn)) return undefined;
    const fields = sections.filter((section) => hash[section] !== undefined);
    const stored = fields.map((section) => hash[section] ?? '');
    const opened = await this.seals.open(sessionId, fields, stored);
    const texts = opened && new Map(fields.map((field, index) => [field as string, opened[index] ?? '']));
    return { revision: Number(revision), texts };
  }
}
