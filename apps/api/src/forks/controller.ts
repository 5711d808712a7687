import { Body, Controller, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { slotIn } from '#cells';
import { Config } from '#platform';
import type { CommandResult } from '#sessions';
import type { RequestHeaders } from '../common/command-headers.ts';
import { CommandHeaders } from '../common/command-headers.ts';
import { commandRequest } from '../common/command-request.ts';
import { CommandRoute } from '../common/command-route.ts';
import { SessionParams } from '../common/params.ts';
import { newSessionId, startId } from '../sessions/start-session.ts';
import { ForkDto } from './dto.ts';
import { ForkSession } from './fork-session.ts';

/** Forks of conversations. */
@ApiTags('commands')
@Controller('v1/sessions/:session_id/fork')
export class ForksController {
  constructor(
    private readonly commands: CommandBus,
    private readonly config: Config,
  ) {}

  @Post()
  @ApiBody({
    type: ForkDto,
    examples: {
      what_if: { summary: 'As it is', value: { purpose: 'what_if' } },
      bug_report: { summary: 'As it was', value: { purpose: 'bug_report:4711', at_revision: 1 } },
    },
  })
  @CommandRoute({
    summary: 'Fork a session: a new one with its state, now or at a revision',
    description:
      'For what-if runs, evaluations and bug reports. The fork takes commands like any session, and is independent: ' +
      'later events of the original session do not change it. It is not part of the partner’s memory, gets no updates of ' +
      'other systems, opens no inquiries, is not published, and is left out of lists by default. An erasure of the ' +
      'partner includes it. Each fork is recorded.',
    status: 201,
    access: 'fork',
    problems: ['history_gone'],
    location: ({ session }) => `/v1/sessions/${session.session_id}/context`,
  })
  forkSession(
    @Param() { session_id }: SessionParams,
    @CommandHeaders() headers: RequestHeaders,
    @Body() dto: ForkDto,
  ): Promise<CommandResult> {
    const forkId =
      dto.session_id ?? newSessionId(session_id, headers.key, this.config.cell && slotIn(session_id));
    const body = { ...dto, forked_from: session_id };
    const request = commandRequest(forkId, headers, body, [startId(forkId, body)]);
    return this.commands.execute(new ForkSession(session_id, dto, headers.caller, request));
  }
}
