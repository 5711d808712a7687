import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { Logger } from '#platform';
import { InjectLogger, repeat } from '#platform';
import type { Caller } from '#privacy';
import { AccessConfig } from '#privacy';

/** One token, or all tokens of a subject that were issued before a time. */
type Revocation = { readonly token_id: string } | { readonly subject: string; readonly issued_before: Date };

interface Row {
  readonly token_id: string | null;
  readonly subject: string | null;
  readonly issued_before: Date;
}

/** How often each node reads the revocations of other nodes, in milliseconds. */
const everyMs = 1_000;

/**
 * Revoked tokens that have not expired. They are in PostgreSQL, and each node keeps all of them in memory: they are
 * few, since none is kept longer than the maximum age of a token.
 */
@Injectable()
export class Revocations implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private tokens: ReadonlySet<string> = new Set();
  /** By subject, the earliest time at which a valid token was issued (ms). */
  private subjects: ReadonlyMap<string, number> = new Map();
  private readonly stopping = new AbortController();

  constructor(
    private readonly pool: Pool,
    private readonly config: AccessConfig,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.issuer === undefined) return;
    const onError = (err: unknown) => this.logger.warn({ err }, 'revoked tokens could not be read');
    await this.load().catch(onError);
    const { signal } = this.stopping;
    void repeat(() => this.load(), { everyMs, signal, onError });
  }

  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  includes({ token_id, subject, issued_at }: Caller): boolean {
    if (token_id !== null && this.tokens.has(token_id)) return true;
    const since = this.subjects.get(subject);
    return since !== undefined && (issued_at ?? 0) < since;
  }

  /** Records a revocation and applies it here at once; the other nodes apply it within a second or two. */
  async add(revocation: Revocation, by: string): Promise<void> {
    const { token_id, subject, issued_before } = { ...none, ...revocation };
    await this.pool.query(
      `WITH outdated AS (DELETE FROM revoked_token WHERE expires_at < now())
       INSERT INTO revoked_token (token_id, subject, issued_before, expires_at, revoked_by)
       VALUES ($1, $2, coalesce($3, now()), now() + make_interval(secs => $4), $5)`,
      [token_id, subject, issued_before, this.config.issuer?.maxAgeS ?? 0, by],
    );
    await this.load();
  }

  private async load(): Promise<void> {
    const { rows } = await this.pool.query<Row>(
      'SELECT token_id, subject, issued_before FROM revoked_token WHERE expires_at >= now()',
    );
    this.tokens = new Set(rows.flatMap(({ token_id }) => token_id ?? []));
    const subjects = new Map<string, number>();
    for (const { subject, issued_before } of rows)
      if (subject !== null)
        subjects.set(subject, Math.max(issued_before.getTime(), subjects.get(subject) ?? 0));
    this.subjects = subjects;
  }
}

const none = { token_id: null, subject: null, issued_before: null };
