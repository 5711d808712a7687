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
    if (wait <= 0) this.send(inquiry, due);
    else void sleep(wait, signal).then(() => !signal.aborted && this.send(inquiry, due));
  }

  private send(inquiry: OpenInquiry, due: Due): void {
    if (inquiry.due.get(due.source) !== due) return;
    if (!this.circuits.allows(due.source, Date.now())) return this.giveUp(inquiry, due, 'circuit_open');
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
