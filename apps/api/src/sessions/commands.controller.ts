import { Body, Controller, Delete, Param, Patch, Post, Put, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { SessionCommand } from '#domain';
import { deduplicationIds } from '#domain';
import { Config, UuidPipe } from '#platform';
import { CommandsDto } from './command-items.dto.ts';
import {
  ChangePreferencesDto,
  EndSessionDto,
  ExternalUpdateDto,
  HandoffDto,
  RaiseFlagDto,
  RecordTurnDto,
  SetGoalDto,
  StartSessionDto,
  SwitchChannelDto,
  UpdateGoalDto,
} from './commands.dto.ts';
import { ExecuteCommands } from './execute-commands.ts';
import { ApiCommand } from '../common/openapi.decorators.ts';
import { FlagPipe, GoalPipe } from './params.ts';
import type { CommandHeaders } from '../common/request-headers.ts';
import { Headers } from '../common/request-headers.ts';
import { commandRequest, sendResult } from '../common/requests.ts';
import type { CommandResultDto } from '../common/responses.dto.ts';
import { newSessionId, startId, StartSession } from './start-session.ts';
import * as to from './to-command.ts';

/** The commands of a conversation. Each handler names its commands and its body; the rest is the same for all. */
@ApiTags('commands')
@Controller('v1/sessions')
export class CommandsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly config: Config,
  ) {}

  @Post()
  @ApiCommand('Start a session', { status: 201 })
  async start(
    @Body() dto: StartSessionDto,
    @Headers() headers: CommandHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResultDto> {
    const sessionId = dto.session_id?.toLowerCase() ?? newSessionId(dto.partner_id, headers.key);
    const start = to.startSession(dto, this.config.sessionIdleS);
    const request = commandRequest(sessionId, headers, dto, [startId(sessionId, dto)]);
    const result = await this.commands.execute(new StartSession(start, request));
    void reply.header('location', `/v1/sessions/${sessionId}/context`);
    return sendResult(reply, result);
  }

  @Post(':session_id/turns')
  @ApiCommand('Record a turn, with the bot’s reply if there is one', { status: 201 })
  recordTurn(
    @Param('session_id', UuidPipe) id: string,
    @Body() dto: RecordTurnDto,
    @Headers() headers: CommandHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResultDto> {
    const ids = deduplicationIds(dto);
    const turnId = to.turnIdOf(dto, id, headers.key ?? ids[0]);
    return this.execute(id, headers, reply, [to.recordTurn(dto, turnId)], dto, ids);
  }

  @Post(':session_id/goals')
  @ApiCommand('Set the current goal; the one before it is suspended')
  setGoal(
    @Param('session_id', UuidPipe) id: string,
    @Body() dto: SetGoalDto,
    @Headers() headers: CommandHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResultDto> {
    return this.execute(id, headers, reply, [to.setGoal(dto)], dto);
  }

  @Patch(':session_id/goals/:goal')
  @ApiCommand('Move a goal’s step or status; a finished goal brings the suspended one back')
  updateGoal(
    @Param('session_id', UuidPipe) id: string,
    @Param('goal', GoalPipe) goal: string,
    @Body() dto: UpdateGoalDto,
    @Headers() headers: CommandHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResultDto> {
    return this.execute(id, headers, reply, [to.updateGoal(goal, dto)], { ...dto, goal });
  }

  @Put(':session_id/flags/:flag')
  @ApiCommand('Raise a flag')
  raiseFlag(
    @Param('session_id', UuidPipe) id: string,
    @Param('flag', FlagPipe) flag: string,
    @Body() dto: RaiseFlagDto,
    @Headers() headers: CommandHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResultDto> {
    const value = dto.value ?? true;
    return this.execute(id, headers, reply, [{ type: 'RaiseFlag', flag, value }], { flag, value });
  }

  @Delete(':session_id/flags/:flag')
  @ApiCommand('Clear a flag')
  clearFlag(
    @Param('session_id', UuidPipe) id: string,
    @Param('flag', FlagPipe) flag: string,
    @Headers() headers: CommandHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResultDto> {
    return this.execute(id, headers, reply, [{ type: 'ClearFlag', flag }], { cleared: flag });
  }

  @Post(':session_id/channel')
  @ApiCommand('Continue the conversation on another channel')
  switchChannel(
    @Param('session_id', UuidPipe) id: string,
    @Body() dto: SwitchChannelDto,
    @Headers() headers: CommandHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResultDto> {
    return this.execute(id, headers, reply, [{ type: 'SwitchChannel', channel: dto.channel }], dto);
  }

  @Post(':session_id/preferences')
  @ApiCommand('Change preferences')
  changePreferences(
    @Param('session_id', UuidPipe) id: string,
    @Body() dto: ChangePreferencesDto,
    @Headers() headers: CommandHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResultDto> {
    const { preferences } = dto;
    return this.execute(id, headers, reply, [{ type: 'ChangePreferences', preferences }], dto);
  }

  @Post(':session_id/handoff')
  @ApiCommand('Request, accept or return a handoff to a human')
  handoff(
    @Param('session_id', UuidPipe) id: string,
    @Body() dto: HandoffDto,
    @Headers() headers: CommandHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResultDto> {
    return this.execute(id, headers, reply, [to.handoff(dto, headers.actor.id)], dto);
  }

  @Post(':session_id/external-updates')
  @ApiCommand('Record news of another system', { status: 201 })
  externalUpdate(
    @Param('session_id', UuidPipe) id: string,
    @Body() dto: ExternalUpdateDto,
    @Headers() headers: CommandHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResultDto> {
    return this.execute(id, headers, reply, [to.externalUpdate(dto)], dto, deduplicationIds(dto));
  }

  @Post(':session_id/end')
  @ApiCommand('End the session')
  end(
    @Param('session_id', UuidPipe) id: string,
    @Body() dto: EndSessionDto,
    @Headers() headers: CommandHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResultDto> {
    return this.execute(id, headers, reply, [{ type: 'EndSession', reason: dto.reason ?? null }], dto);
  }

  @Post(':session_id/commands')
  @ApiCommand('Several commands in one append: all of them or none')
  several(
    @Param('session_id', UuidPipe) id: string,
    @Body() dto: CommandsDto,
    @Headers() headers: CommandHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandResultDto> {
    const ids = dto.commands.flatMap((item) =>
      item.type === 'RecordTurn' || item.type === 'RecordExternalUpdate' ? deduplicationIds(item) : [],
    );
    const commands = dto.commands.map((item, index) =>
      to.itemCommand(item, (turn) => to.turnIdOf(turn, id, headers.key ?? ids[0], index), headers.actor.id),
    );
    return this.execute(id, headers, reply, commands, dto, ids);
  }

  private async execute(
    sessionId: string,
    headers: CommandHeaders,
    reply: FastifyReply,
    commands: readonly SessionCommand[],
    body: object,
    deduplicationIds: readonly string[] = [],
  ): Promise<CommandResultDto> {
    const request = { ...commandRequest(sessionId, headers, body, deduplicationIds), commands };
    return sendResult(reply, await this.commands.execute(new ExecuteCommands(request)));
  }
}
