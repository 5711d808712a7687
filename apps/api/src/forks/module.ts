import { Module } from '@nestjs/common';
import { CommandsModule } from '../sessions/module.ts';
import { ForksController } from './controller.ts';
import { ForkSessionHandler } from './fork-session.ts';

/** Forks of sessions. */
@Module({ imports: [CommandsModule], controllers: [ForksController], providers: [ForkSessionHandler] })
export class ForksModule {}
