import { Module } from '@nestjs/common';
import { CommandsController } from './controller.ts';
import { ExecuteCommandsHandler } from './execute-commands.ts';
import { PartnerSessions } from './partner-sessions.ts';
import { StartSessionHandler } from './start-session.ts';

/** The commands of conversations. */
@Module({
  controllers: [CommandsController],
  providers: [PartnerSessions, ExecuteCommandsHandler, StartSessionHandler],
})
export class CommandsModule {}
