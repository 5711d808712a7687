import type { Actor } from '../kernel/event.ts';

/** Who requested the erasure of a partner, when and why. The reason is an identifier, so that it may outlive the partner's key. */
export interface ErasureRequest {
  readonly erasure_id: string;
  readonly reason: string;
  readonly requested_at: string;
  readonly requested_by: Actor;
}

/**
 * An unfinished erasure. `announced`: the partner was told of it, and any contact cancels it. `restricted`: the law
 * demands that the data be kept until `due_at`, and only the role RESTRICTED_ROLE reads them. `requested`: it is in progress.
 */
export type Erasure = ErasureRequest &
  (
    | { readonly status: 'announced' | 'restricted'; readonly due_at: string }
    | { readonly status: 'requested'; readonly after: 'request' | 'announcement' | 'restriction' }
  );

/** While it is in place, no data of the partner is erased or expires. */
export interface LegalHold {
  readonly reason: string;
  readonly placed_at: string;
  readonly placed_by: Actor;
}

/** The result of querying a store after the erasure: how much it still has of the partner. */
export interface CheckedStore {
  readonly store: string;
  readonly what: string;
  readonly left: number;
  readonly checked_at: string;
}

/** An export that held personal data of a partner. Turnstream cannot know who has the data now. */
export interface NamedExport {
  readonly export_id: string;
  /** The form of its rows, such as `turns`. */
  readonly form: string;
  readonly requested_at: string;
  readonly role: string;
  readonly subject: string;
}

/** The proof that a partner was erased. It contains no personal data. */
export interface ErasureReceipt extends ErasureRequest {
  readonly receipt_id: string;
  readonly erased_at: string;
  /** What the erasure waited for: nothing, the announced time, or the end of a restriction. */
  readonly after: 'request' | 'announcement' | 'restriction';
  readonly sessions: number;
  /** Keys that this erasure destroyed, without those of an earlier one. */
  readonly keys_destroyed: number;
  /** The day on which the last backup that holds the key expires (ISO 8601 date); null: nothing was encrypted. */
  readonly last_key_copy_gone_on: string | null;
  readonly checked: readonly CheckedStore[];
  /** The unmasked exports that held data of the partner, newest first, 500 at most. Absent in receipts of earlier releases. */
  readonly exports?: readonly NamedExport[];
}

/** The privacy requests concerning a partner. Part of the partner's state. */
export interface PartnerPrivacy {
  readonly erasure?: Erasure;
  readonly hold?: LegalHold;
  /** Of the last erasure. */
  readonly receipt?: ErasureReceipt;
}
