import { Command, CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import type { InquiryOpened, JsonObject, OpenInquiry as OpenInquiryCommand } from '#domain';
import { canonicalJson } from '#domain';
import type { CommandRequest, CommandResult } from '#sessions';
import { EventStore, readEvents } from '#sessions';
import { ExecuteCommands } from '../sessions/execute-commands.ts';
import { Owners } from './owners.ts';

/** The inquiry that a command opened, or the one that it joined. */
interface OpenedInquiry {
  readonly inquiry_id: string;
  readonly deadline: string;
  readonly joined: boolean;
}

export type OpenInquiryResult = CommandResult & { readonly opened: OpenedInquiry };

/** Opens an inquiry, or joins an open one with the same question. */
export class OpenInquiry extends Command<OpenInquiryResult> {
  constructor(
    readonly inquiry: OpenInquiryCommand,
    readonly request: Omit<CommandRequest, 'commands'>,
  ) {
    super();
  }
}

@CommandHandler(OpenInquiry)
export class OpenInquiryHandler implements ICommandHandler<OpenInquiry> {
  constructor(
    private readonly store: EventStore,
    private readonly commands: CommandBus,
    private readonly owners: Owners,
  ) {}

  async execute({ inquiry, request }: OpenInquiry): Promise<OpenInquiryResult> {
    const command = { ...inquiry, owners: await this.owners.of(inquiry) };
    const result = await this.commands.execute(new ExecuteCommands({ ...request, commands: [command] }));
    return { ...result, opened: opened(result) ?? (await this.joined(inquiry, result)) };
  }

  /**
   * Read from the state, or from the stream when the request is repeated so late that the state no longer has the
   * inquiry.
   */
  private async joined(inquiry: OpenInquiryCommand, result: CommandResult): Promise<OpenedInquiry> {
    const { open, closed } = result.session.state.inquiries;
    const known = [...open, ...closed.toReversed()].find((item) => isSame(item, inquiry));
    const found = known ?? (await this.lastOpened(inquiry, result));
    if (found === undefined) throw new Error('The command opened no inquiry and joined none.');
    return { inquiry_id: found.inquiry_id, deadline: found.deadline, joined: true };
  }

  private async lastOpened(
    inquiry: OpenInquiryCommand,
    { session, revision }: CommandResult,
  ): Promise<InquiryOpened['data'] | undefined> {
    let last: InquiryOpened['data'] | undefined;
    for await (const event of readEvents(this.store, session.session_id, { limit: revision + 1 }))
      if (event.type === 'InquiryOpened' && isSame(event.data, inquiry)) last = event.data;
    return last;
  }
}

function opened({ events }: CommandResult): OpenedInquiry | undefined {
  for (const event of events) {
    if (event.type !== 'InquiryOpened') continue;
    return { inquiry_id: event.data.inquiry_id, deadline: event.data.deadline, joined: false };
  }
  return undefined;
}

interface Question {
  readonly kind: string;
  readonly subject: JsonObject;
}

function isSame(one: Question, other: Question): boolean {
  return one.kind === other.kind && canonicalJson(one.subject) === canonicalJson(other.subject);
}
