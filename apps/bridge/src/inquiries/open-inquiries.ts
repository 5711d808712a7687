import type { InquiryEvent, InquiryRequest, Origin, RecordedEvent } from '#domain';

/** A request to a source that is due at a time (milliseconds). */
export interface Due extends InquiryRequest {
  readonly at: number;
  /** Whether this instance has sent it, and Kafka has accepted it. */
  sent: boolean;
}

/** An open inquiry, according to its own events. */
export interface OpenInquiry extends Origin {
  readonly session_id: string;
  readonly inquiry_id: string;
  readonly kind: string;
  readonly key: string;
  readonly deadline: string;
  /** When it was opened (milliseconds). */
  readonly opened: number;
  /** A position before the event that opened it. */
  readonly before: bigint | undefined;
  /** The requests without a reply, by source. */
  readonly due: Map<string, Due>;
}

/** The change by an event, for the sender of requests and the timers of deadlines. */
export interface Change {
  readonly inquiry: OpenInquiry;
  readonly due: readonly Due[];
  readonly opened: boolean;
  readonly closed: boolean;
}

/** The open inquiries of all sessions: a fold of their events, which every instance can repeat. */
export class OpenInquiries {
  private readonly open = new Map<string, OpenInquiry>();
  private position: bigint | undefined;

  get size(): number {
    return this.open.size;
  }

  /** When the oldest open inquiry was opened (milliseconds). */
  get oldest(): number | undefined {
    return this.open.values().next().value?.opened;
  }

  find(inquiryId: string): OpenInquiry | undefined {
    return this.open.get(inquiryId);
  }

  all(): Iterable<OpenInquiry> {
    return this.open.values();
  }

  /** Forgets an inquiry whose session was deleted, or has moved to another cell. */
  remove(inquiryId: string): void {
    this.open.delete(inquiryId);
  }

  clear(): void {
    this.open.clear();
    this.position = undefined;
  }

  /** A position up to which all opened inquiries are closed. */
  checkpoint(): bigint | undefined {
    const [oldest] = this.open.values();
    return oldest === undefined ? this.position : oldest.before;
  }

  /** All events up to this position are applied. */
  pass(position: bigint): void {
    this.position = position;
  }

  /**
   * The change by an event after the position that was passed last; undefined when it belongs to no open inquiry of its
   * session. An inquiry that is opened again, as one that was read when its session arrived, becomes the latest.
   */
  apply(session_id: string, event: RecordedEvent<InquiryEvent>): Change | undefined {
    const before = this.position;
    const at = Date.parse(event.metadata.occurred_at);
    if (event.type === 'InquiryOpened') {
      const { inquiry_id, kind, deadline, subject, requests } = event.data;
      const { $correlationId: correlation_id, traceparent = null } = event.metadata;
      const key = Object.values(subject).find((value) => typeof value === 'string') ?? inquiry_id;
      const origin = { correlation_id, traceparent };
      const due = new Map<string, Due>();
      const inquiry = { session_id, inquiry_id, kind, key, deadline, opened: at, before, due, ...origin };
      this.open.delete(inquiry_id);
      this.open.set(inquiry_id, inquiry);
      return { inquiry, due: ask(inquiry, requests, at), opened: true, closed: false };
    }
    const inquiry = this.open.get(event.data.inquiry_id);
    if (inquiry?.session_id !== session_id) return undefined;
    if (event.type === 'InquiryClosed') {
      this.open.delete(inquiry.inquiry_id);
      inquiry.due.clear();
    }
    return {
      inquiry,
      due: dueAfter(inquiry, event, at),
      opened: false,
      closed: event.type === 'InquiryClosed',
    };
  }
}

function dueAfter(inquiry: OpenInquiry, event: InquiryEvent, at: number): Due[] {
  if (event.type === 'InquiryAnswered') {
    inquiry.due.delete(event.data.source);
    return ask(inquiry, event.data.requests, at);
  }
  if (event.type !== 'InquiryFailed') return [];
  const { source, retry } = event.data;
  inquiry.due.delete(source);
  return retry === null ? [] : ask(inquiry, [retry.request], Date.parse(retry.at));
}

function ask(inquiry: OpenInquiry, requests: readonly InquiryRequest[], at: number): Due[] {
  const due = requests.map((request) => ({ ...request, at, sent: false }));
  for (const item of due) inquiry.due.set(item.source, item);
  return due;
}
