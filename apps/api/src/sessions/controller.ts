import { Body, Controller, Delete, Param, Patch, Post, Put } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { CommandResult } from '#sessions';
import { slotOf } from '#cells';
import { Config } from '#platform';
import { assertMayStart } from '../common/reach.ts';
import type { RequestHeaders } from '../common/command-headers.ts';
import { CommandHeaders } from '../common/command-headers.ts';
import { commandRequest } from '../common/command-request.ts';
import { CommandRoute } from '../common/command-route.ts';
import { SessionParams } from '../common/params.ts';
import { switchChannel, SwitchChannelDto } from './commands/channel.ts';
import type { CommandDefinition } from './commands/definition.ts';
import { conversionOf } from './commands/definition.ts';
import { endSession, EndSessionDto } from './commands/end.ts';
import { externalUpdate, ExternalUpdateDto } from './commands/external-updates.ts';
import { clearFlag, FlagParams, raiseFlag, RaiseFlagDto } from './commands/flags.ts';
import { GoalParams, setGoal, SetGoalDto, updateGoal, UpdateGoalDto } from './commands/goals.ts';
import { handoff, HandoffDto, handoffExamples } from './commands/handoff.ts';
import { changePreferences, ChangePreferencesDto } from './commands/preferences.ts';
import { CommandsDto, deduplicationIdsOf, toCommands } from './commands/several.ts';
import { StartSessionDto, toStartSession } from './commands/start.ts';
import { recordTurn, RecordTurnDto } from './commands/turns.ts';
import { ExecuteCommands } from './execute-commands.ts';
import { newSessionId, startId, StartSession } from './start-session.ts';

/** The commands of a conversation. Each command is defined in commands/. */
@ApiTags('commands')
@Controller('v1/sessions')
export class CommandsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly config: Config,
  ) {}

  @Post()
  @CommandRoute({
    summary: 'Start a session',
    status: 201,
    location: ({ session }) => `/v1/sessions/${session.session_id}/context`,
  })
  start(@CommandHeaders() headers: RequestHeaders, @Body() dto: StartSessionDto): Promise<CommandResult> {
    const sessionId =
      dto.session_id ?? newSessionId(dto.partner_id, headers.key, this.config.cell && slotOf(dto.partner_id));
    const request = commandRequest(sessionId, headers, dto, [startId(sessionId, dto)]);
    const start = toStartSession(dto, this.config.sessionIdleS);
    assertMayStart(headers.caller, start);
    return this.commands.execute(new StartSession(start, request, headers.caller));
  }

  @Post(':session_id/turns')
  @CommandRoute(recordTurn)
  recordTurn(
    @Param() { session_id }: SessionParams,
    @CommandHeaders() headers: RequestHeaders,
    @Body() dto: RecordTurnDto,
  ): Promise<CommandResult> {
    return this.execute(recordTurn, session_id, headers, dto);
  }

  @Post(':session_id/goals')
  @CommandRoute(setGoal)
  setGoal(
    @Param() { session_id }: SessionParams,
    @CommandHeaders() headers: RequestHeaders,
    @Body() dto: SetGoalDto,
  ): Promise<CommandResult> {
    return this.execute(setGoal, session_id, headers, dto);
  }

  @Patch(':session_id/goals/:goal')
  @CommandRoute(updateGoal)
  updateGoal(
    @Param() { session_id, goal }: GoalParams,
    @CommandHeaders() headers: RequestHeaders,
    @Body() dto: UpdateGoalDto,
  ): Promise<CommandResult> {
    return this.execute(updateGoal, session_id, headers, { ...dto, goal });
  }

  @Put(':session_id/flags/:flag')
  @CommandRoute(raiseFlag)
  raiseFlag(
    @Param() { session_id, flag }: FlagParams,
    @CommandHeaders() headers: RequestHeaders,
    @Body() dto: RaiseFlagDto,
  ): Promise<CommandResult> {
    return this.execute(raiseFlag, session_id, headers, { ...dto, flag });
  }

  @Delete(':session_id/flags/:flag')
  @CommandRoute(clearFlag)
  clearFlag(
    @Param() { session_id, flag }: FlagParams,
    @CommandHeaders() headers: RequestHeaders,
  ): Promise<CommandResult> {
    return this.execute(clearFlag, session_id, headers, { flag });
  }

  @Post(':session_id/channel')
  @CommandRoute(switchChannel)
  switchChannel(
    @Param() { session_id }: SessionParams,
    @CommandHeaders() headers: RequestHeaders,
    @Body() dto: SwitchChannelDto,
  ): Promise<CommandResult> {
    return this.execute(switchChannel, session_id, headers, dto);
  }

  @Post(':session_id/preferences')
  @CommandRoute(changePreferences)
  changePreferences(
    @Param() { session_id }: SessionParams,
    @CommandHeaders() headers: RequestHeaders,
    @Body() dto: ChangePreferencesDto,
  ): Promise<CommandResult> {
    return this.execute(changePreferences, session_id, headers, dto);
  }

  @Post(':session_id/handoff')
  @ApiBody({ type: HandoffDto, examples: handoffExamples })
  @CommandRoute(handoff)
  handoff(
    @Param() { session_id }: SessionParams,
    @CommandHeaders() headers: RequestHeaders,
    @Body() dto: HandoffDto,
  ): Promise<CommandResult> {
    return this.execute(handoff, session_id, headers, dto);
  }

  @Post(':session_id/external-updates')
  @CommandRoute(externalUpdate)
  externalUpdate(
    @Param() { session_id }: SessionParams,
    @CommandHeaders() headers: RequestHeaders,
    @Body() dto: ExternalUpdateDto,
  ): Promise<CommandResult> {
    return this.execute(externalUpdate, session_id, headers, dto);
  }

  @Post(':session_id/end')
  @CommandRoute(endSession)
  end(
    @Param() { session_id }: SessionParams,
    @CommandHeaders() headers: RequestHeaders,
    @Body() dto: EndSessionDto,
  ): Promise<CommandResult> {
    return this.execute(endSession, session_id, headers, dto);
  }

  @Post(':session_id/commands')
  @CommandRoute({ summary: 'Several commands in one append: all of them or none' })
  several(
    @Param() { session_id }: SessionParams,
    @CommandHeaders() headers: RequestHeaders,
    @Body() dto: CommandsDto,
  ): Promise<CommandResult> {
    const ids = deduplicationIdsOf(dto);
    const commands = toCommands(dto, (index) => conversionOf(session_id, headers, ids, index));
    const request = { ...commandRequest(session_id, headers, dto, ids), commands };
    return this.commands.execute(new ExecuteCommands(request));
  }

  private execute<Input extends object>(
    definition: CommandDefinition<string, Input>,
    sessionId: string,
    headers: RequestHeaders,
    input: Input,
  ): Promise<CommandResult> {
    const ids = definition.deduplicationIds(input);
    const commands = [definition.toCommand(input, conversionOf(sessionId, headers, ids))];
    const request = commandRequest(sessionId, headers, definition.fingerprint(input), ids);
    return this.commands.execute(new ExecuteCommands({ ...request, commands }));
  }
}
