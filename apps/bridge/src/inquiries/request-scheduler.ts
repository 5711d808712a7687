import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '#platform';
import { InjectLogger, sleep } from '#platform';
import { OutboundPartitions } from '../outbound/partitions.ts';
import { Circuits } from './circuits.ts';
import { InquiryCommands } from './commands.ts';
import type { Due, OpenInquiry } from './open-inquiries.ts';
import { RequestSender } from './request-sender.ts';
import { requestMessage } from './request.ts';
import type { RefusedRequest } from './source-requests.ts';
import { UrgentTasks } from '../common/urgent-tasks.ts';

/** Sends the requests of inquiries when they are due. */
@Injectable()
export class RequestScheduler {
  /** The requests that wait here for their time. */
  private readonly waiting = new WeakSet<Due>();

  constructor(
    @Inject(RequestSender) private readonly sender: Pick<RequestSender, 'add'>,
    @Inject(OutboundPartitions) private readonly partitions: Pick<OutboundPartitions, 'owns'>,
    private readonly circuits: Circuits,
    private readonly commands: InquiryCommands,
    private readonly urgent: UrgentTasks,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Sends a request at its time, if this instance owns the session and the request still has no reply. */
  schedule(inquiry: OpenInquiry, due: Due, signal: AbortSignal): void {
    if (!this.partitions.owns(inquiry.session_id)) return;
    const wait = due.at - Date.now();
    if (wait <= 0) return this.send(inquiry, due);
    if (this.waiting.has(due)) return;
    this.waiting.add(due);
    void sleep(wait, signal).then(() => !signal.aborted && this.send(inquiry, due));
  }

  /**
   * Sends a request whose time has passed again. It may have been sent before: while its circuit is open it waits for
   * its reply until the deadline.
   */
  resume(inquiry: OpenInquiry, due: Due, signal: AbortSignal): void {
    const now = Date.now();
    if (due.at > now) return this.schedule(inquiry, due, signal);
    if (!this.partitions.owns(inquiry.session_id)) return;
    if (this.circuits.allows(due.source, now)) this.add(inquiry, due);
  }

  private send(inquiry: OpenInquiry, due: Due): void {
    if (inquiry.due.get(due.source) !== due) return;
    if (this.circuits.allows(due.source, Date.now())) this.add(inquiry, due);
    else this.giveUp(inquiry, due, 'circuit_open');
  }

  private add(inquiry: OpenInquiry, due: Due): void {
    this.sender.add({
      source: due.source,
      message: requestMessage(inquiry, due),
      until: Date.parse(inquiry.deadline),
      onSent: () => {
        due.sent = true;
      },
      onRefused: (reason) => this.giveUp(inquiry, due, reason),
    });
  }

  /** The source cannot be asked now: the inquiry continues without it at once. */
  private giveUp(inquiry: OpenInquiry, due: Due, reason: RefusedRequest | 'circuit_open'): void {
    const { inquiry_id, session_id } = inquiry;
    this.urgent
      .run(() => this.commands.giveUpSource(inquiry, due, reason))
      .catch((err: unknown) => this.logger.warn({ err, inquiry_id, session_id }, 'cannot end the source'));
  }
}
