import { Module } from '@nestjs/common';
import { CommandsController } from './controller.ts';
import { ExecuteCommandsHandler } from './execute-commands.ts';
import { PartnerController } from './partner-controller.ts';
import { PartnerSessions } from './partner-sessions.ts';
import { ResumeOrStartHandler } from './resume-or-start.ts';
import { StartSessionHandler } from './start-session.ts';

/** The commands of conversations. */
@Module({
  controllers: [CommandsController, PartnerController],
  providers: [PartnerSessions, ExecuteCommandsHandler, StartSessionHandler, ResumeOrStartHandler],
  exports: [PartnerSessions],
})
export class CommandsModule {}
