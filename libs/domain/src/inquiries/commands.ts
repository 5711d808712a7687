import type { Command } from '../kernel/command.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { ReplyOrigin } from './events.ts';
import type { InquiryKind } from './kinds.ts';

export type OpenInquiry = Command<
  'OpenInquiry',
  {
    inquiry_id: string;
    kind: string;
    declared: InquiryKind;
    subject: JsonObject;
    /** Null: as declared by the kind. */
    timeout_ms: number | null;
    /** The partners that events have named with the references; fetched before deciding. */
    owners?: readonly string[];
    now: string;
  }
>;
export type AnswerInquiry = Command<
  'AnswerInquiry',
  {
    inquiry_id: string;
    source: string;
    attempt: number;
    data: JsonObject;
    reply_id: string;
    origin?: ReplyOrigin;
    now: string;
  }
>;
export type FailInquirySource = Command<
  'FailInquirySource',
  {
    inquiry_id: string;
    source: string;
    attempt: number;
    reason: string;
    /** Whether a retry may help. */
    retryable: boolean;
    reply_id: string | null;
    origin?: ReplyOrigin;
    now: string;
  }
>;
/** Closes an inquiry that has reached its deadline; any other inquiry stays unchanged. */
export type CloseInquiry = Command<
  'CloseInquiry',
  {
    inquiry_id: string;
    /** The sources whose requests are in Kafka. */
    sent?: readonly string[];
    now: string;
  }
>;
export type CancelInquiry = Command<'CancelInquiry', { inquiry_id: string }>;

export type InquiryCommand = OpenInquiry | AnswerInquiry | FailInquirySource | CloseInquiry | CancelInquiry;
