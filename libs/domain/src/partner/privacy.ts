import type { Actor } from '../kernel/event.ts';

/** Who asked for the erasure of a partner, when and why. The reason is an identifier, so that it may outlive the partner's key. */
export interface ErasureRequest {
  readonly erasure_id: string;
  readonly reason: string;
  readonly requested_at: string;
  readonly requested_by: Actor;
}

/**
 * An erasure that is not done. `announced`: the partner was told of it, and any contact cancels it. `restricted`: law
 * demands that the data be kept until `due_at`, and only the named role reads them. `requested`: it is under way.
 */
export type Erasure = ErasureRequest &
  (
    | { readonly status: 'announced' | 'restricted'; readonly due_at: string }
    | { readonly status: 'requested'; readonly after: 'request' | 'announcement' | 'restriction' }
  );

/** As long as it is in place, nothing of the partner is erased or expires. */
export interface LegalHold {
  readonly reason: string;
  readonly placed_at: string;
  readonly placed_by: Actor;
}

/** That a store was queried after the erasure: how much of the partner it has. */
export interface CheckedStore {
  readonly store: string;
  readonly what: string;
  readonly left: number;
  readonly checked_at: string;
}

/** An export that held personal data of a partner: who has them now, Turnstream cannot know. */
export interface NamedExport {
  readonly export_id: string;
  /** What its rows were, as `turns`. */
  readonly form: string;
  readonly requested_at: string;
  readonly role: string;
  readonly subject: string;
}

/** What shows that a partner was erased. It holds no personal data. */
export interface ErasureReceipt extends ErasureRequest {
  readonly receipt_id: string;
  readonly erased_at: string;
  /** What the data waited for: nothing, the announced time, or the end of a restriction. */
  readonly after: 'request' | 'announcement' | 'restriction';
  readonly sessions: number;
  readonly keys_destroyed: number;
  /** The day on which the last backup that holds the key has expired (ISO 8601 date); null: nothing was encrypted. */
  readonly last_key_copy_gone_on: string | null;
  readonly checked: readonly CheckedStore[];
  /** The unmasked exports that held data of the partner, the newest first, 500 at most. Receipts of earlier releases name none. */
  readonly exports?: readonly NamedExport[];
}

/** What is asked for with a partner's data. Part of the partner's state. */
export interface PartnerPrivacy {
  readonly erasure?: Erasure;
  readonly hold?: LegalHold;
  /** Of the last erasure. */
  readonly receipt?: ErasureReceipt;
}
